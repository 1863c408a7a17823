"""This module gives each alert of a delivery to the launch it is for, and says why the others were not taken."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from feedback.intake import refuse_closed
from gateway_ingest import routing
from gateway_ingest.formats import IncomingAlert, Reading, Unreadable
from gateway_ingest.models import Alert, AlertStatus, Source
from gateway_ingest.routing import Routing
from hypercare.core.models import Launch

# Where alerts went by their source's number and their key.
Places = dict[tuple[int, str], int]


@dataclass(frozen=True)
class Routed:
    """What each launch gets, with the source as it speaks there, and all in order with why the others were not taken."""

    parts: list[tuple[Source, list[IncomingAlert]]]
    ready: Reading


def routed(source: Source, ready: Reading, found: Routing, before: Places) -> Routed:
    """Raises Problem 409 where the source has one launch only and that is closed.

    `before` is where alerts of deliveries went that are stored together with this one; those of this are added.
    """
    if not found.rules:
        refuse_closed(source.launch)
        good = [one for one in ready if isinstance(one, IncomingAlert)]
        return Routed([(source, good)] if good else [], ready)
    stays = _launches_of_open(source, found, ready) | {key: pk for (of, key), pk in before.items() if of == source.pk}
    placed: list[tuple[Launch, IncomingAlert]] = []
    checked: Reading = []
    for one in ready:
        launch = None if isinstance(one, Unreadable) else _launch_of(one, found, stays)
        if isinstance(one, Unreadable):
            checked.append(one)
        elif launch is None or launch.closed_at:
            checked.append(Unreadable(routing.refusal() if launch is None else _closed(launch)))
        else:
            checked.append(one)
            placed.append((launch, one))
            before[source.pk, one.fingerprint] = launch.pk
    groups = routing.grouped(placed)
    return Routed([(routing.aimed(source, launch), part) for launch, part in groups.items()], checked)


def _launches_of_open(source: Source, found: Routing, ready: Reading) -> dict[str, int]:
    """Where alerts of these keys are open: their end has to reach them there though the routes changed meanwhile."""
    keys = [one.fingerprint for one in ready if isinstance(one, IncomingAlert)]
    known = Alert.objects.filter(source=source, fingerprint__in=keys, launch__in=found.launches)
    return dict(known.exclude(status=AlertStatus.RESOLVED).values_list("fingerprint", "launch_id"))


def _launch_of(alert: IncomingAlert, found: Routing, stays: dict[str, int]) -> Launch | None:
    if alert.fingerprint in stays:
        return next(launch for launch in found.launches if launch.pk == stays[alert.fingerprint])
    return found.launch_of(routing.traits_of_alert(alert))


def _closed(launch: Launch) -> str:
    return _("%(launch)s was closed and takes nothing more.") % {"launch": launch.name}
