"""This module finds in the traffic when an incident's errors began, were worst and were over."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from gateway_ingest import evidence
from gateway_ingest.evidence import Signature, Span
from hypercare.core.models import Launch
from triage.models import MeasuredReach, WarRoom

LOOKED_BACK = timedelta(hours=1)
LONGEST = timedelta(hours=5)  # with the hour before it, still read minute by minute
# A minute shows the effect from this share of failed calls on; all minutes together, from so many of them.
LEAST_SHARE, LEAST_ERRORS = 0.01, 3
# Two such minutes this far apart belong together, and the last before the first signal belongs to it.
TOGETHER = timedelta(minutes=10)
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Minute:
    """What was called and failed in one minute."""

    at: datetime
    calls: int
    errors: int

    @property
    def share(self) -> float:
        """The share of the calls that failed."""
        return self.errors / self.calls if self.calls else 0.0

    @property
    def shows(self) -> bool:
        """Whether the effect is to be seen in it."""
        return self.share >= LEAST_SHARE


@dataclass(frozen=True)
class Effect:
    """When calls began to fail, when it was worst, and when it was over, if it is; `calls` says which in words."""

    began: datetime
    peak: Minute
    over: datetime | None
    calls: str
    query: dict[str, str]


def effect_of(room: WarRoom, first_signal: datetime, *, now: datetime) -> Effect | None:
    """The effect that the first signal tells of; None where the traffic shows none."""
    signatures = _signatures(room)
    if not signatures:
        return None
    ends = min(room.closed_at or now, first_signal + LONGEST)
    span = Span.of(first_signal - LOOKED_BACK, max(ends, first_signal + MINUTE))
    found = _minutes(room.launch, signatures, span)
    stretch = stretch_around(found, first_signal)
    if not stretch:
        return None
    peak = max(stretch, key=lambda minute: (minute.errors, minute.share))
    last = stretch[-1].at + MINUTE
    words = "; ".join(signature.in_words() for signature in signatures)
    over = last if ends - last >= TOGETHER else None
    return Effect(stretch[0].at, peak, over, words, signatures[0].as_query())


def stretch_around(found: list[Minute], first_signal: datetime) -> list[Minute]:
    """The minutes that show the effect, without a long gap, and with one of them near the first signal."""
    stretches: list[list[Minute]] = []
    for minute in (one for one in found if one.shows):
        if stretches and minute.at - stretches[-1][-1].at <= TOGETHER:
            stretches[-1].append(minute)
        else:
            stretches.append([minute])
    enough = (one for one in stretches if sum(minute.errors for minute in one) >= LEAST_ERRORS)
    near = (one for one in enough if one[0].at - TOGETHER <= first_signal <= one[-1].at + MINUTE + TOGETHER)
    return next(near, [])


def _signatures(room: WarRoom) -> list[Signature]:
    """Which calls the issue is about: those its reach was measured by, else all of its component."""
    measured = MeasuredReach.objects.filter(issue=room.issue_id).first()
    said = [
        Signature(**{name: value for name, value in one.items() if name != "status_class"})
        for one in (measured.signatures if measured else [])
    ]
    if not said and room.issue.component:
        said = [Signature(component=room.issue.component.slug)]
    return list(dict.fromkeys(replace(one, error_type="") for one in said))


def _minutes(launch: Launch, signatures: list[Signature], span: Span) -> list[Minute]:
    calls, errors = (
        evidence.series(launch, measure, span, signature=signatures, step=MINUTE).points
        for measure in ("calls", "errors")
    )
    return [
        Minute(one.at, int(one.value or 0), int(other.value or 0)) for one, other in zip(calls, errors, strict=True)
    ]
