"""This module gives each alert of a delivery to the launch it is for, and says why the others were not taken."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from feedback.intake import refuse_closed
from gateway_ingest import routing
from gateway_ingest.formats import IncomingAlert, Reading, Unreadable
from gateway_ingest.models import AlertStatus, Source
from gateway_ingest.routing import Routing
from hypercare.core import prepared
from hypercare.core.models import Launch

_OPEN = """SELECT source_id, fingerprint, launch_id FROM gateway_ingest_alert
WHERE source_id = ANY(%s) AND fingerprint = ANY(%s) AND status <> 'resolved' ORDER BY id"""


@dataclass
class Places:
    """In which launches alerts are open, by their source's number and their key, as deliveries are looked at in turn."""

    launches: dict[tuple[int, str], list[Launch]] = field(default_factory=dict)
    elsewhere: set[int] = field(default_factory=set)

    @classmethod
    def of(cls, said: Iterable[tuple[Source, Reading]], routings: Mapping[int, Routing]) -> "Places":
        """Where the alerts of several deliveries are open; of sources without routes only those that end matter."""
        wanted = [
            (source, one.fingerprint)
            for source, ready in said
            for one in ready
            if isinstance(one, IncomingAlert) and (routings[source.pk].rules or one.status == AlertStatus.RESOLVED)
        ]
        found = cls()
        if wanted:
            found._read(wanted, routings)
        return found

    def _read(self, wanted: list[tuple[Source, str]], routings: Mapping[int, Routing]) -> None:
        homes = {source.pk: source.launch_id for source, _key in wanted}
        with prepared.cursor() as cursor:
            cursor.execute(_OPEN, [list(homes), list({key for _source, key in wanted})])
            rows = cursor.fetchall()
        known = {launch.pk: launch for found in routings.values() for launch in (found.home, *found.launches)}
        known |= Launch.objects.in_bulk({launch_id for *_row, launch_id in rows} - known.keys())
        for source_id, key, launch_id in rows:
            self.launches.setdefault((source_id, key), []).append(known[launch_id])
            if launch_id != homes[source_id]:
                self.elsewhere.add(source_id)

    def where(self, source: Source, alert: IncomingAlert) -> list[Launch]:
        """The launches in which it is open."""
        return self.launches.get((source.pk, alert.fingerprint), [])

    def note(self, source: Source, alert: IncomingAlert, launch: Launch) -> None:
        """What a later delivery finds once this one is in."""
        key = (source.pk, alert.fingerprint)
        others = [one for one in self.launches.get(key, []) if one.pk != launch.pk]
        self.launches[key] = others if alert.status == AlertStatus.RESOLVED else [*others, launch]


@dataclass(frozen=True)
class Routed:
    """What each launch gets, with the source as it speaks there, and all in order with why the others were not taken."""

    parts: list[tuple[Source, list[IncomingAlert]]]
    ready: Reading


def routed(source: Source, ready: Reading, found: Routing, places: Places) -> Routed:
    """Raises Problem 409 where the source has one launch only and that is closed.

    `places` knows of deliveries that are stored together with this one and came before; those of this are added.
    """
    if not found.rules:
        refuse_closed(source.launch)
        if source.pk not in places.elsewhere:
            good = [one for one in ready if isinstance(one, IncomingAlert)]
            return Routed([(source, good)] if good else [], ready)
    placed: list[tuple[Launch, IncomingAlert]] = []
    checked: Reading = []
    for one in ready:
        launches = [] if isinstance(one, Unreadable) else _launches_of(source, one, found, places)
        living = [launch for launch in launches if not launch.closed_at]
        if isinstance(one, Unreadable):
            checked.append(one)
        elif not living:
            checked.append(Unreadable(_closed(launches[0]) if launches else routing.refusal()))
        else:
            checked.append(one)
            placed += [(launch, one) for launch in living]
            for launch in living:
                places.note(source, one, launch)
    groups = routing.grouped(placed)
    return Routed([(routing.aimed(source, launch), part) for launch, part in groups.items()], checked)


def _launches_of(source: Source, alert: IncomingAlert, found: Routing, places: Places) -> list[Launch]:
    """An end goes wherever the alert is open, though the routes changed meanwhile; anything else to one launch.

    An open alert stays where it is as long as that launch is fed; the source's own always may be.
    """
    open_in = places.where(source, alert)
    if open_in and alert.status == AlertStatus.RESOLVED:
        return open_in
    if not found.rules:
        return [found.home]
    fed = {launch.pk for launch in (found.home, *found.launches)}
    stays = [launch for launch in open_in if launch.pk in fed]
    if stays:
        return stays[-1:]
    launch = found.launch_of(routing.traits_of_alert(alert))
    return [launch] if launch else []


def _closed(launch: Launch) -> str:
    return _("%(launch)s was closed and takes nothing more.") % {"launch": launch.name}
