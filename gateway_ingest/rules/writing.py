"""This module writes what the rules saw: states, firings, alerts and heartbeats, inside the caller's transaction."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Q

from feedback.models import Channel
from gateway_ingest import absences, alerts
from gateway_ingest.formats import IncomingAlert
from gateway_ingest.models import Alert, Firing, Heartbeat, RuleState, SeriesMemory, Source
from gateway_ingest.models import Rule as RuleRow
from gateway_ingest.rules import rows
from gateway_ingest.rules.keys import Key, as_text, fingerprint, shown
from gateway_ingest.rules.looking import Seen
from gateway_ingest.rules.state import Change, State
from gateway_ingest.rules.telling import figures_of, said
from gateway_ingest.rules.watching import Found
from hypercare.core.models import Launch
from hypercare.core.timeline import SYSTEM, Entry, record

GOES_ON_WITHIN = timedelta(minutes=5)
_SPOKEN = frozenset({Change.FIRED, Change.WORSE, Change.RESOLVED})


def write(launch: Launch, source: Source, seen: Seen, *, now: datetime) -> None:
    """Everything that some minutes changed. The number of statements does not grow with that of keys."""
    found = sorted((one for watched in seen.watched.values() for one in watched.found), key=lambda one: one.look.at)
    spoken = [one for one in found if one.change in _SPOKEN]
    if spoken:
        tell(source, [said(launch, one, seen.facts.get((one.rule.name, one.key), {})) for one in spoken], now=now)
    _write_firings(source, seen, found)
    _write_states(seen)
    held = [one for one in found if one.change is Change.HELD]
    record(launch, [_held(seen.rules[one.rule.name], one) for one in held], actor=SYSTEM, now=now)
    _write_memories(launch, seen)
    absences.keep(launch, seen.absent, now=now)


def tell(source: Source, words: list[IncomingAlert], *, now: datetime) -> None:
    """Stores the alerts of rules; each finding is one row of feedback."""
    ready = [alerts.prepared(word, now=now) for word in words]
    good = [word for word in ready if isinstance(word, IncomingAlert)]
    alerts.store(source, good, now=now, channel=Channel.GATEWAY_RULE)
    Source.objects.filter(pk=source.pk).update(last_event_at=now)


def _held(row: RuleRow, one: Found) -> Entry:
    return rows.entry(row, "rule.held", {"key": shown(one.key)})


def _write_states(seen: Seen) -> None:
    changed: list[RuleState] = []
    for name, watched in seen.watched.items():
        row, before = seen.rules[name], seen.before[name]
        changed += [_state_row(row, key, state) for key, state in watched.states.items() if before.get(key) != state]
        if gone := [as_text(key) for key in before if key not in watched.states]:
            RuleState.objects.filter(rule=row, key__in=gone).delete()
    if changed:
        RuleState.objects.bulk_create(
            changed,
            update_conflicts=True,
            unique_fields=["rule", "key"],
            update_fields=["state", "firing"],
            batch_size=1000,
        )


def _state_row(row: RuleRow, key: Key, state: State) -> RuleState:
    return RuleState(rule=row, key=as_text(key), state=state.as_json(), firing=state.firing)


def _write_firings(source: Source, seen: Seen, found: list[Found]) -> None:
    """One row for each time that a rule fires about a key; what is not told because something is mended is counted too."""
    if not found:
        return
    names = {fingerprint(one.rule.name, one.key) for one in found}
    alert_of = dict(Alert.objects.filter(source=source, fingerprint__in=names).values_list("fingerprint", "pk"))
    lately = Q(ended_at=None) | Q(suppressed=True, ended_at__gte=found[0].look.at - GOES_ON_WITHIN)
    rows_of_rules = Firing.objects.filter(lately, rule__in=[row.pk for row in seen.rules.values()])
    known = {(row.rule_id, row.key, row.suppressed): row for row in rows_of_rules}
    new: list[Firing] = []
    for one in found:
        silent = one.change is Change.SUPPRESSED
        place = (seen.rules[one.rule.name].pk, as_text(one.key), silent)
        if one.change is Change.FIRED or (silent and place not in known):
            known[place] = _firing(seen, one, alert_of.get(fingerprint(one.rule.name, one.key)), suppressed=silent)
            new.append(known[place])
        _go_on(known.get(place), one)
    Firing.objects.bulk_create(new, ignore_conflicts=True)
    old = [row for row in known.values() if row.pk]
    Firing.objects.bulk_update(old, ["ended_at", "severity", "value"], batch_size=1000)


def _go_on(row: Firing | None, one: Found) -> None:
    """What a change does to a firing that is known."""
    if row is None:
        return
    if one.change in {Change.RESOLVED, Change.SUPPRESSED}:
        row.ended_at = one.look.at
    elif one.change is Change.WORSE and one.state.severity:
        row.severity, row.value = one.state.severity, figures_of(one.rule, one.look).value


def _firing(seen: Seen, one: Found, alert_id: int | None, *, suppressed: bool) -> Firing:
    figures = figures_of(one.rule, one.look)
    return Firing(
        rule=seen.rules[one.rule.name],
        key=as_text(one.key),
        began_at=one.look.at,
        severity=one.state.severity or one.rule.steps[0].severity,
        value=figures.value,
        limit=figures.limit,
        usual=figures.usual,
        suppressed=suppressed,
        alert_id=alert_id,
    )


_BEAT = """UPDATE gateway_ingest_heartbeat AS known SET last_at = greatest(known.last_at, beat.last_at),
    interval = CASE WHEN known.declared THEN known.interval ELSE beat.interval END, gaps = greatest(known.gaps, beat.gaps),
    hours = beat.hours, steady_since = beat.steady_since
FROM unnest(%s::bigint[], %s::timestamptz[], %s::float8[], %s::int[], %s::text[], %s::timestamptz[])
    AS beat (id, last_at, interval, gaps, hours, steady_since)
WHERE known.id = beat.id AND known.last_at <= beat.last_at"""


def _write_heartbeats(beats: Sequence[Heartbeat]) -> None:
    """Adds to what stands now: one that was told, declared or removed since the look began stays so."""
    known = [one for one in beats if one.pk]
    with connection.cursor() as cursor:
        names = ("pk", "last_at", "interval", "gaps", "hours", "steady_since")
        columns = [[getattr(one, name) for one in known] for name in names]
        cursor.execute(_BEAT, columns)
    Heartbeat.objects.bulk_create([one for one in beats if not one.pk], ignore_conflicts=True)


def _write_memories(launch: Launch, seen: Seen) -> None:
    if seen.heartbeats:
        _write_heartbeats(seen.heartbeats)
    if seen.forgotten:
        components, series = zip(*seen.forgotten, strict=True)
        with connection.cursor() as cursor:
            cursor.execute(_FORGET, [launch.pk, list(components), list(series)])
    if seen.memories:
        SeriesMemory.objects.bulk_create(
            seen.memories,
            update_conflicts=True,
            unique_fields=["launch", "component", "series"],
            update_fields=["memory", "until", "heard_at", "score", "zone"],
        )


_FORGET = """DELETE FROM gateway_ingest_seriesmemory WHERE launch_id = %s
    AND (component, series) IN (SELECT * FROM unnest(%s::text[], %s::text[]))"""
