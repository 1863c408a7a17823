"""This module compares traffic before and after a deployment, and says what of the difference is more than chance."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gateway_ingest.evidence import reading
from gateway_ingest.evidence.chance import Ratio, chance_of_shares, ratio_of_quantiles
from gateway_ingest.evidence.reading import Figures, Wanted
from gateway_ingest.evidence.signature import HOUR, MINUTE, Signature, Span, kinds_of
from hypercare.core.models import Deployment

USUAL_LENGTH = HOUR
LONGEST_COMPARED = timedelta(hours=24)
MINIMUM_CALLS = 50
CERTAIN = 0.01
_DAY = timedelta(days=1)
# Quieter or busier by more than a quarter, and yesterday's same hours are the fairer measure if they are nearer.
_ALIKE = 1.25


class Word(StrEnum):
    """What the comparison comes to."""

    BETTER = "better"
    WORSE = "worse"
    SAME = "no_difference_seen"
    TOO_LITTLE = "too_little_traffic"


WORDS = {
    Word.BETTER: gettext_lazy("Better"),
    Word.WORSE: gettext_lazy("Worse"),
    Word.SAME: gettext_lazy("No difference seen"),
    Word.TOO_LITTLE: gettext_lazy("Too little traffic"),
}


@dataclass(frozen=True)
class Side:
    """One side of the comparison."""

    span: Span
    calls: int
    errors: int
    error_share: float | None
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    consumers: int

    @classmethod
    def of(cls, span: Span, figures: Figures) -> "Side":
        """The figures of a span."""
        durations = figures.durations
        p50, p95, p99 = (reading.milliseconds(durations, share) for share in (0.5, 0.95, 0.99))
        number = figures.consumers.number
        return cls(span, figures.calls, figures.errors, figures.error_share, p50, p95, p99, number)


@dataclass(frozen=True)
class RouteChange:
    """How one route's errors changed; `chance` is not yet weighed by how many routes were looked at."""

    component: str
    method: str
    route: str
    before_calls: int
    before_errors: int
    after_calls: int
    after_errors: int
    chance: float
    word: Word


@dataclass(frozen=True)
class Comparison:
    """Before and after, the verdict and why."""

    deployment: Deployment
    signature: Signature
    before: Side
    after: Side
    word: Word
    reasons: list[str]
    measured_against: str
    error_chance: float
    latency: Ratio | None
    routes: list[RouteChange]
    is_complete: bool

    @property
    def says(self) -> str:
        """The verdict in words."""
        return str(WORDS[self.word])


def before_and_after(
    deployment: Deployment, *, now: datetime, length: timedelta = USUAL_LENGTH, signature: Signature | None = None
) -> Comparison:
    """The traffic of a deployment's component, or of a signature, before and after it."""
    length = min(max(length, MINUTE), LONGEST_COMPARED)
    signature = signature or _about(deployment)
    begins = Span.of(deployment.deployed_at, deployment.deployed_at).begins + MINUTE
    after = Span(begins, max(min(begins + length, Span.of(now, now).begins), begins + MINUTE))
    kinds = dict(enumerate(kinds_of(deployment.launch, signature).select_related("component")))
    groups = {kind.pk: (kind.component.slug if kind.component else kind.hint, kind.method, kind.route)
        for kind in kinds.values()}  # fmt: skip
    new = _by_route(deployment, groups, after)
    old, span, against = _fairer(deployment, groups, after, sum(each.calls for each in new.values()))
    sides = Side.of(span, _sum(old)), Side.of(after, _sum(new))
    error_chance = chance_of_shares(sides[0].errors, sides[0].calls, sides[1].errors, sides[1].calls)
    ratio = ratio_of_quantiles(_sum(old).durations, _sum(new).durations, 0.95)
    word, reasons = verdict(*sides, error_chance=error_chance, latency=ratio)
    return Comparison(
        deployment, signature, *sides, word, reasons, against, error_chance, ratio, _route_changes(old, new),
        is_complete=after.length >= length,
    )  # fmt: skip


def _about(deployment: Deployment) -> Signature:
    """The component's calls; all of the launch where the component has none of its own, as a client app has."""
    component = deployment.release.component
    own = Signature(component=component.slug if component else "")
    return own if kinds_of(deployment.launch, own).exists() else Signature()


_Key = tuple[str, str, str]


def _by_route(deployment: Deployment, groups: Mapping[int, _Key], span: Span) -> dict[_Key, Figures]:
    numbers = {key: number for number, key in enumerate(dict.fromkeys(groups.values()))}
    wanted = Wanted(
        {pk: numbers[key] for pk, key in groups.items()},
        span,
        sketches=("latencies", "consumers"),
        sums=("calls", "errors"),
    )
    names = {number: key for key, number in numbers.items()}
    found = reading.read(deployment.launch_id, wanted)
    return {names[number]: figures for (number, _bucket), figures in found.items()}


def _sum(parts: Mapping[_Key, Figures]) -> Figures:
    whole = Figures()
    for each in parts.values():
        whole.add(each)
    return whole


def _fairer(
    deployment: Deployment, groups: Mapping[int, _Key], after: Span, calls: int
) -> tuple[dict[_Key, Figures], Span, str]:
    """The time right before, unless traffic was unlike then and the same hours of the day before resemble it more."""
    right_before = Span.of(deployment.deployed_at - after.length, deployment.deployed_at)
    right_before = Span(right_before.begins, right_before.begins + after.length)
    old = _by_route(deployment, groups, right_before)
    distance = _distance(calls, sum(each.calls for each in old.values()))
    if calls and distance > _ALIKE and not _others(deployment, after.moved(-_DAY).begins):
        yesterday = after.moved(-_DAY)
        other = _by_route(deployment, groups, yesterday)
        if _distance(calls, sum(each.calls for each in other.values())) < distance:
            return other, yesterday, _("the same hours of the day before, as traffic right before was unlike")
    return old, right_before, _("as long right before")


def _distance(calls: int, others: int) -> float:
    return max(calls, others) / min(calls, others) if calls and others else float("inf")


def _others(deployment: Deployment, since: datetime) -> bool:
    """Whether something else of the component went live since, which would make the day before another product."""
    rows = Deployment.objects.filter(launch=deployment.launch, deployed_at__gte=since)
    rows = rows.filter(deployed_at__lt=deployment.deployed_at).exclude(pk=deployment.pk)
    component = deployment.release.component_id
    return rows.filter(Q(release__component=component) | Q(release__component=None)).exists()


def verdict(before: Side, after: Side, *, error_chance: float, latency: Ratio | None) -> tuple[Word, list[str]]:
    """One word and the reasons for it; what got worse outweighs what got better."""
    if min(before.calls, after.calls) < MINIMUM_CALLS:
        said = _("%(before)d calls before and %(after)d after; it takes %(minimum)d on each side.")
        return Word.TOO_LITTLE, [said % {"before": before.calls, "after": after.calls, "minimum": MINIMUM_CALLS}]
    found: list[tuple[Word, str]] = []
    if error_chance < CERTAIN:
        rose = (after.error_share or 0) > (before.error_share or 0)
        said = (
            _("Errors rose from %(old)s to %(new)s of calls")
            if rose
            else _("Errors fell from %(old)s to %(new)s of calls")
        )
        shares = {"old": _percent(before.error_share), "new": _percent(after.error_share)}
        found.append((Word.WORSE if rose else Word.BETTER, f"{said % shares} ({_chance(error_chance)})."))
    if latency and latency.is_certain:
        slower = latency.value > 1
        said = _("p95 rose from %(old)d to %(new)d ms") if slower else _("p95 fell from %(old)d to %(new)d ms")
        times = {"old": round(before.p95_ms or 0), "new": round(after.p95_ms or 0)}
        found.append((Word.WORSE if slower else Word.BETTER, f"{said % times}."))
    if not found:
        return Word.SAME, [_("Neither errors nor p95 differ by more than chance would make them.")]
    words = {word for word, _reason in found}
    return (Word.WORSE if Word.WORSE in words else Word.BETTER), [reason for _word, reason in found]


def _percent(share: float | None) -> str:
    return f"{100 * (share or 0):.2f}%"


def _chance(chance: float) -> str:
    if chance < 0.0001:
        return _("chance alone: less than 1 in 10,000")
    return _("chance alone: %(chance)s") % {"chance": f"{chance:.4f}"}


def _route_changes(old: Mapping[_Key, Figures], new: Mapping[_Key, Figures]) -> list[RouteChange]:
    """Each route's errors, the surest change first; the more routes are looked at, the surer a change must be."""
    keys = sorted({*old, *new})
    found = [_route_change(key, old.get(key, Figures()), new.get(key, Figures()), tests=len(keys)) for key in keys]
    return sorted(found, key=lambda each: (each.chance, -each.after_calls))


def _route_change(key: _Key, before: Figures, after: Figures, *, tests: int) -> RouteChange:
    chance = chance_of_shares(before.errors, before.calls, after.errors, after.calls)
    word = Word.SAME
    if min(before.calls, after.calls) < MINIMUM_CALLS:
        word = Word.TOO_LITTLE
    elif chance < CERTAIN / tests:
        word = Word.WORSE if (after.error_share or 0) > (before.error_share or 0) else Word.BETTER
    return RouteChange(*key, before.calls, before.errors, after.calls, after.errors, chance, word)
