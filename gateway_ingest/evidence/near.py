"""This module finds calls and errors near a report: by trace, then request, then consumer, then component and time.

Each piece has a score from 0 to 1 and the reasons for it in words. The ids lead to single calls; component and time lead
to minute windows.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from feedback.models import MACHINE_CHANNELS, Feedback
from gateway_ingest.calls import STORE, FoundCall, Wanted
from gateway_ingest.evidence import reading
from gateway_ingest.evidence.signature import MINUTE, Signature, Span, kinds_of, resolved
from gateway_ingest.formats.calls.values import trace_of
from gateway_ingest.models import CallKind, KeptEvidence
from gateway_ingest.routes import route_of
from hypercare.core.models import Launch

BEFORE, AFTER = timedelta(minutes=30), timedelta(minutes=10)
FADES_IN = timedelta(minutes=10)
SHOWN_CALLS = 5
SHOWN_ROUTES = 3
_MOST_IDS = 3
_MOST_CALLS = 200
_BY_ID = ("trace", "request", "consumer")
_LEAST_SCORE = 0.02
_NEEDED = ("calls", "errors")


@dataclass(frozen=True)
class NearCall:
    """One call as a piece of evidence shows it; its consumer is not named."""

    at: str
    component: str
    method: str
    route: str
    status: int
    duration_ms: float | None
    trace_id: str

    @classmethod
    def of(cls, call: FoundCall) -> "NearCall":
        """The call as it is stored."""
        took = call.duration_ms
        return cls(call.at.isoformat(), call.component, call.method, call.route, call.status, took, call.trace_id)


@dataclass(frozen=True)
class Piece:
    """One piece of evidence: how it was found, how telling it is and why; `examples` are single calls, errors first."""

    by: str
    score: float
    reasons: list[str]
    calls: int
    errors: int
    trace_id: str = ""
    component: str = ""
    route: str = ""
    examples: list[NearCall] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """The shape machines read, and that is kept."""
        return asdict(self)

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> "Piece":
        """What was kept of it."""
        return cls(**kept | {"examples": [NearCall(**call) for call in kept["examples"]]})


@dataclass(frozen=True)
class _Hints:
    """What a report says of the calls behind it."""

    traces: list[str]
    requests: list[str]
    consumers: list[str]
    failed: list[Signature]


def near(report: Feedback, *, now: datetime) -> list[Piece]:
    """The evidence that can be found now, the most telling first; nothing for what machines said."""
    if report.channel in MACHINE_CHANNELS or not CallKind.objects.filter(launch_id=report.launch_id).exists():
        return []
    hints = _hints_of(report)
    pieces = [*_by_trace(report, hints, now), *_by_request(report, hints, now)]
    known = {call.trace_id for piece in pieces for call in piece.examples if call.trace_id}
    pieces += _by_consumer(report, hints, known, now)
    pieces += _by_component(report, hints)
    return sorted((piece for piece in pieces if piece.score >= _LEAST_SCORE), key=lambda piece: -piece.score)


def evidence_of(report: Feedback, *, now: datetime) -> list[Piece]:
    """What is found now, and what was found while its single calls were still there."""
    found = near(report, now=now)
    kept = KeptEvidence.objects.filter(feedback=report).first()
    have = {(piece.by, piece.trace_id) for piece in found}
    for each in kept.pieces if kept else []:
        piece = Piece.from_json(each)
        if (
            piece.by in _BY_ID
            and (piece.by, piece.trace_id) not in have
            and not (piece.by == "consumer" and any(by == "consumer" for by, _trace in have))
        ):
            found.append(piece)
    return sorted(found, key=lambda piece: -piece.score)


def _hints_of(report: Feedback) -> _Hints:
    context = report.context if isinstance(report.context, dict) else {}
    calls = context.get("requests")
    seen = [call for call in calls if isinstance(call, dict)] if isinstance(calls, list) else []
    traces = [report.trace_id, *(_text(call.get("traceparent")) for call in reversed(seen))]
    requests = [_text(context.get("request_id")), *(_text(call.get("x-request-id")) for call in reversed(seen))]
    person = report.reporter
    names = [person.external_id, person.email] if person else []
    return _Hints(
        traces=_first_few(trace_of(each) or each.lower() for each in traces if each),
        requests=_first_few(requests),
        consumers=_first_few(names),
        failed=[failed for call in reversed(seen) if (failed := _failed(call))][:_MOST_IDS],
    )


def failed_requests(report: Feedback) -> list[Signature]:
    """The failed requests that the reporter's browser noted, as signatures of calls; `resolved` finds their routes."""
    return _hints_of(report).failed


def traces_of(report: Feedback) -> list[str]:
    """The traces that a report carries."""
    return _hints_of(report).traces


def _failed(call: dict[str, Any]) -> Signature | None:
    path = _text(call.get("path")).partition("?")[0]
    if "//" in path:
        path = "/" + path.partition("//")[2].partition("/")[2]
    status = call.get("status")
    status_class = status // 100 if isinstance(status, int) and 400 <= status < 600 else 0
    if not path.startswith("/"):
        return None
    return Signature(route=route_of(path), method=_text(call.get("method"))[:20].upper(), status_class=status_class)


def _text(value: object) -> str:
    return value[:200] if isinstance(value, str) else ""


def _first_few(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(filter(None, values)))[:_MOST_IDS]


def _find(launch: Launch, wanted: Wanted, now: datetime) -> list[FoundCall]:
    return STORE.find([launch], wanted, limit=_MOST_CALLS, skip=0, now=now)


def _by_trace(report: Feedback, hints: _Hints, now: datetime) -> Iterator[Piece]:
    for trace_id in hints.traces:
        if calls := _find(report.launch, Wanted(trace_id=trace_id), now):
            yield _of_id("trace", calls, 0.9, _("The report carries the trace of these calls."))


def _by_request(report: Feedback, hints: _Hints, now: datetime) -> Iterator[Piece]:
    for request_id in hints.requests:
        calls = _find(report.launch, Wanted(request_id=request_id), now)
        if calls and calls[0].trace_id not in hints.traces:
            yield _of_id("request", calls, 0.85, _("The report carries the id of this request."))


def _of_id(by: str, calls: list[FoundCall], score: float, reason: str) -> Piece:
    errors = _errors(calls)
    return Piece(
        by, score + (0.1 if errors else 0), [reason, *_told(calls, errors)], len(calls), len(errors),
        trace_id=calls[0].trace_id, component=(errors or calls)[0].component, examples=_examples(calls),
    )  # fmt: skip


def _by_consumer(report: Feedback, hints: _Hints, known: set[str], now: datetime) -> Iterator[Piece]:
    begins, ends = report.occurred_at - BEFORE, report.occurred_at + AFTER
    for consumer in hints.consumers:
        calls = _find(report.launch, Wanted(consumer=consumer, begins=begins, ends=ends), now)
        calls = [call for call in calls if call.trace_id not in known]
        if not calls:
            continue
        errors = _errors(calls)
        nearest = min(errors or calls, key=lambda call: abs(call.at - report.occurred_at))
        score = (0.8 if errors else 0.4) * _nearness(nearest.at, report.occurred_at)
        reasons = [_("The reporter made these calls around that time."), *_told(calls, errors)]
        reasons.append(_distance(nearest.at, report.occurred_at, is_error=bool(errors)))
        yield Piece(
            "consumer", round(score, 3), reasons, len(calls), len(errors),
            trace_id=nearest.trace_id, component=nearest.component, examples=_examples(calls),
        )  # fmt: skip
        return


def _by_component(report: Feedback, hints: _Hints) -> list[Piece]:
    """The routes with errors around the report, by minute windows; a route the browser saw fail tells the most."""
    span = Span.of(report.occurred_at - BEFORE, report.occurred_at + AFTER)
    weight, reason, signature = _where(report, hints)
    kinds = list(kinds_of(report.launch, signature).select_related("component"))
    if not kinds:
        return []
    places = [(kind.component.slug if kind.component else kind.hint, kind.method, kind.route) for kind in kinds]
    numbers = {place: number for number, place in enumerate(dict.fromkeys(places))}
    groups = {kind.pk: numbers[place] for kind, place in zip(kinds, places, strict=True)}
    whole = reading.read(report.launch_id, reading.Wanted(groups, span, sums=_NEEDED))
    failing = {number for (number, _at), figures in whole.items() if figures.errors}
    groups = {pk: number for pk, number in groups.items() if number in failing}
    minutes = reading.read(report.launch_id, reading.Wanted(groups, span, step=MINUTE, sums=_NEEDED))
    usual = reading.read(report.launch_id, reading.Wanted(groups, span.day_before(report.launch.zone), sums=_NEEDED))
    by_number: dict[int, dict[datetime, reading.Figures]] = defaultdict(dict)
    for (number, at), figures in minutes.items():
        if at:
            by_number[number][at] = figures
    pieces = []
    for place, number in numbers.items():
        around = by_number[number]
        day_before = usual.get((number, None)) or reading.Figures()
        piece = _of_route(place, around, day_before, report.occurred_at, weight=weight, reason=reason)
        pieces += [piece] if piece else []
    return sorted(pieces, key=lambda piece: -piece.score)[:SHOWN_ROUTES]


def _where(report: Feedback, hints: _Hints) -> tuple[float, str, Signature | Sequence[Signature]]:
    if hints.failed:
        routes = resolved(report.launch, [Signature(route=each.route, method=each.method) for each in hints.failed])
        if kinds_of(report.launch, routes).exists():
            return 0.7, _("The reporter's browser saw this route fail."), routes
    if report.component:
        said = _("The report is about %(component)s.") % {"component": report.component.name}
        return 0.5, said, Signature(component=report.component.slug)
    return 0.25, _("Errors at that time; the report names no component."), Signature()


def _of_route(
    place: tuple[str, str, str], around: dict[datetime, reading.Figures], usual: reading.Figures, moment: datetime,
    *, weight: float, reason: str,
) -> Piece | None:  # fmt: skip
    calls = sum(each.calls for each in around.values())
    errors = sum(each.errors for each in around.values())
    failing = [at for at, each in around.items() if each.errors]
    if not errors:
        return None
    nearest = min(failing, key=lambda at: abs(at + MINUTE / 2 - moment))
    share, before = errors / calls, usual.error_share or 0.0
    # Errors that are as many every day say little of this report.
    remarkable = 1 - min(before / share, 1.0)
    component, method, route = place
    said = _("%(method)s %(route)s: errors in %(errors)d of %(calls)d calls from 30 min before to 10 min after.")
    shares = {"now": f"{100 * share:.1f}%", "before": f"{100 * before:.1f}%"}
    return Piece(
        "component", round(weight * _nearness(nearest, moment) * (0.2 + 0.8 * remarkable), 3),
        [
            reason,
            said % {"errors": errors, "calls": calls, "method": method, "route": route or "–"},
            _("That is %(now)s of calls; the same time the day before it was %(before)s.") % shares,
            _distance(nearest, moment, is_error=True),
        ],
        calls, errors, component=component, route=route,
    )  # fmt: skip


def _nearness(at: datetime, moment: datetime) -> float:
    return math.exp(-abs(at - moment) / FADES_IN)


def _distance(at: datetime, moment: datetime, *, is_error: bool) -> str:
    minutes = round(abs(at - moment) / MINUTE)
    if is_error:
        said = _("The nearest error was %(minutes)d min before the report.") if at <= moment else _(
            "The nearest error was %(minutes)d min after the report.")  # fmt: skip
    else:
        said = _("The nearest call was %(minutes)d min before the report.") if at <= moment else _(
            "The nearest call was %(minutes)d min after the report.")  # fmt: skip
    return said % {"minutes": minutes}


def _errors(calls: Iterable[FoundCall]) -> list[FoundCall]:
    """Answers of 500 and above first, then 400 and above."""
    return sorted((call for call in calls if call.status >= 400), key=lambda call: call.status < 500)


def _told(calls: Sequence[FoundCall], errors: Sequence[FoundCall]) -> list[str]:
    if not errors:
        return [ngettext("%(number)d call, none failed.", "%(number)d calls, none failed.", len(calls))
            % {"number": len(calls)}]  # fmt: skip
    worst = errors[0]
    said = _("%(method)s %(route)s of %(component)s answered %(status)d.")
    place = {"method": worst.method, "route": worst.route, "component": worst.component or "–", "status": worst.status}
    return [said % place]


def _examples(calls: Sequence[FoundCall]) -> list[NearCall]:
    errors = _errors(calls)
    shown = [*errors, *(call for call in calls if call.status < 400)][:SHOWN_CALLS]
    return [NearCall.of(call) for call in shown]
