"""This module makes, rotates and ends the machines that may post; a key is shown once and kept as a hash."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from gateway_ingest import ending
from gateway_ingest.models import EarlierKey, Source, SourceRoute
from hypercare.core.models import Launch
from hypercare.core.one_line import has_unseen, one_line
from hypercare.core.problem import Problem, not_found, wrong
from hypercare.core.sealing import seal
from hypercare.core.secrets import digest, hint, new_secret
from hypercare.core.strict_json import clean_text
from hypercare.core.timeline import Actor, Entry, record

OLD_KEY_WORKS_FOR = timedelta(hours=24)
MAX_NAME = 80
# Programs that write times in their server's zone without saying which.
LOCAL_TIMES = frozenset({"zabbix"})


@dataclass(frozen=True)
class Limits:
    """What a source may: networks it sends from (none is everywhere), rows a second (None is the installation's).

    `environment` is empty for what people use.
    """

    networks: list[str]
    rows_a_second: int | None
    zone: str
    environment: str = ""


def create(
    launch: Launch,
    *,
    name: str,
    actor: Actor,
    now: datetime,
    signing_secret: str = "",
    signed_only: bool = False,
    program: str = "",
) -> tuple[Source, str]:
    """A new source and its key; raises Problem 400 for a name missing, unseen or too long, 409 for one that is taken."""
    if clean_text(name) or has_unseen(name):
        raise _bad_name(400, _("The name holds characters that cannot be seen; type it anew."))
    name = one_line(name)
    if not 0 < len(name) <= MAX_NAME:
        raise _bad_name(400, _("Give the source a name of 1 to 80 characters, for example Alertmanager."))
    key = new_secret("hcs")
    try:
        with transaction.atomic():
            source = Source.objects.create(
                launch=launch,
                name=name,
                digest=digest(key),
                hint=hint(key),
                signing_secret=seal(signing_secret),
                signed_only=signed_only,
                program=program,
                zone=launch.zone if program in LOCAL_TIMES else "",
                created_at=now,
            )
            record(launch, [_entry(source, "source.created")], actor=actor, now=now)
    except IntegrityError as error:
        raise _bad_name(409, _("This launch already has a source of that name; choose another.")) from error
    return source, key


@transaction.atomic
def rotate(source: Source, *, actor: Actor, now: datetime) -> tuple[Source, str]:
    """A new key; the present one works for another day, and every earlier one until its own day is over."""
    source = locked(source.pk)
    if source.revoked_at:
        raise Problem(409, _("This source was ended; make a new one."))
    key = new_secret("hcs")
    EarlierKey.objects.filter(source=source, until__lte=now).delete()
    until = now + OLD_KEY_WORKS_FOR
    EarlierKey.objects.create(source=source, digest=source.digest, hint=source.hint, until=until)
    source.digest, source.hint = digest(key), hint(key)
    source.save(update_fields=["digest", "hint"])
    record(source.launch, [_entry(source, "source.rotated")], actor=actor, now=now)
    return source, key


@transaction.atomic
def end_earlier_keys(source: Source, *, actor: Actor, now: datetime) -> int:
    """Ends every key but the present one at once, for one that got into wrong hands; says how many still worked."""
    source = locked(source.pk)
    number = len(earlier_keys(source, now=now))
    source.earlier_keys.all().delete()
    if number:
        entry = Entry(f"source:{source.pk}", "source.keys_ended", {"name": source.name, "number": number})
        record(source.launch, [entry], actor=actor, now=now)
    return number


@transaction.atomic
def end(source: Source, *, actor: Actor, now: datetime) -> int:
    """Ends a source and all its keys at once, and what it has open, which nothing else would end; says how many alerts."""
    source = locked(source.pk)
    if source.revoked_at:
        return 0
    source.revoked_at = now
    source.save(update_fields=["revoked_at"])
    ended = ending.end_all_of(source, actor=actor, now=now)
    entry = Entry(f"source:{source.pk}", "source.ended", {"name": source.name, "alerts": ended})
    record(source.launch, [entry], actor=actor, now=now)
    return ended


@transaction.atomic
def set_signing(
    source: Source,
    *,
    secret: str | None,
    signed_only: bool,
    actor: Actor,
    now: datetime,
    header: str | None = None,
    topics: list[str] | None = None,
) -> None:
    """Sets how a source's messages are signed; None leaves the present secret, header or topics."""
    source = locked(source.pk)
    if secret is not None:
        source.signing_secret = seal(secret)
    if header is not None:
        source.signature_header = header.lower()
    if topics is not None:
        source.topics = topics
    source.signed_only = signed_only
    source.save(update_fields=["signing_secret", "signature_header", "signed_only", "topics"])
    record(source.launch, [_entry(source, "source.signing")], actor=actor, now=now)


@transaction.atomic
def set_limits(source: Source, limits: Limits, *, actor: Actor, now: datetime) -> None:
    """Sets from where a source may send, how much, in which zone its times are and of which environment it tells."""
    source = locked(source.pk)
    source.allowed_networks, source.rows_a_second, source.zone = limits.networks, limits.rows_a_second, limits.zone
    source.environment = limits.environment
    source.save(update_fields=["allowed_networks", "rows_a_second", "zone", "environment"])
    told = {"networks": ", ".join(limits.networks), "rows_a_second": limits.rows_a_second, "zone": limits.zone}
    told |= {"environment": limits.environment} if limits.environment else {}
    entry = Entry(f"source:{source.pk}", "source.limits", {"name": source.name} | told)
    record(source.launch, [entry], actor=actor, now=now)


def source_of_key(key: str, *, now: datetime) -> Source | None:
    """The living source a key opens."""
    living, opens = _with_launch().filter(revoked_at=None), digest(key)
    return (
        living.filter(digest=opens).first()
        or living.filter(earlier_keys__digest=opens, earlier_keys__until__gt=now).first()
    )


def earlier_keys(source: Source, *, now: datetime) -> list[EarlierKey]:
    """The keys before the present one that still work, the first to end first."""
    return list(source.earlier_keys.filter(until__gt=now))


def source_in(launch: Launch, number: int) -> Source:
    """The launch's source with this number; 404 for another launch's."""
    source = Source.objects.select_related("launch").filter(launch=launch, pk=number, traffic_watch=None).first()
    if source is None:
        raise not_found(_("There is no such source in this launch."))
    return source


def zone_of(source: Source) -> tzinfo:
    """The zone of times that say none."""
    return ZoneInfo(source.zone) if source.zone else UTC


def locked_living(source_id: int) -> Source:
    """The source, locked for its next delivery; 404 once its key was ended."""
    source = locked(source_id)
    if source.revoked_at:
        raise not_found(_("This key was ended."))
    return source


def locked(source_id: int) -> Source:
    """The source as it is now, until the end of the caller's transaction."""
    return _with_launch().select_for_update(no_key=True, of=("self",)).get(pk=source_id)


def _with_launch() -> QuerySet[Source]:
    """Sources with their launch, and with whether they have routes, which spares most of them a query."""
    routes = SourceRoute.objects.filter(source=OuterRef("pk"))
    return Source.objects.select_related("launch").annotate(has_routes=Exists(routes))


def _entry(source: Source, kind: str) -> Entry:
    return Entry(f"source:{source.pk}", kind, {"name": source.name})


def _bad_name(status: int, detail: str) -> Problem:
    return wrong("/name", detail, status=status)
