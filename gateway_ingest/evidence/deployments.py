"""This module compares traffic before and after a deployment, and says what of the difference is more than chance."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gateway_ingest.evidence import reading
from gateway_ingest.evidence.alike import Alike, Route
from gateway_ingest.evidence.chance import Ratio, chance_of_shares
from gateway_ingest.evidence.places import belonging_to
from gateway_ingest.evidence.reading import Figures, Wanted
from gateway_ingest.evidence.signature import HOUR, MINUTE, Signature, Span, kinds_of
from hypercare.core import milliseconds
from hypercare.core.models import Deployment

USUAL_LENGTH = HOUR
LONGEST_COMPARED = timedelta(hours=24)
MINIMUM_CALLS = 50
CERTAIN = 0.01
# Quieter or busier by more than a quarter, and yesterday's same hours are the fairer measure if they are nearer.
_ALIKE = 1.25


class Word(StrEnum):
    """What the comparison comes to."""

    BETTER = "better"
    WORSE = "worse"
    SAME = "no_difference_seen"
    TOO_LITTLE = "too_little_traffic"
    ELSEWHERE = "other_environment"


WORDS = {
    Word.BETTER: gettext_lazy("Better"),
    Word.WORSE: gettext_lazy("Worse"),
    Word.SAME: gettext_lazy("No difference seen"),
    Word.TOO_LITTLE: gettext_lazy("Too little traffic"),
    Word.ELSEWHERE: gettext_lazy("Not compared"),
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
    shortened: list[str]
    error_chance: float
    latency: Ratio | None
    routes: list[RouteChange]
    is_complete: bool

    @property
    def is_compared(self) -> bool:
        """Whether there are calls to compare."""
        return self.word is not Word.ELSEWHERE

    @property
    def says(self) -> str:
        """The verdict in words."""
        return str(WORDS[self.word])


def before_and_after(
    deployment: Deployment, *, now: datetime, length: timedelta = USUAL_LENGTH, signature: Signature | None = None
) -> Comparison:
    """The traffic of a deployment's component, or of a signature, before and after it, up to its neighbours.

    Only calls of its own environment are held against it.
    """
    length = min(max(length, MINUTE), LONGEST_COMPARED)
    signature = signature or _about(deployment)
    stretch = _Stretch.around(deployment)
    after = stretch.after(length, now=now)
    found = list(kinds_of(deployment.launch, signature).select_related("component"))
    own = belonging_to(deployment.environment.name, found, deployment.launch)
    if own.refusal:
        return _refused(deployment, signature, stretch, after, own.refusal)
    groups = {kind.pk: (kind.component.slug if kind.component else kind.hint, kind.method, kind.route)
        for kind in own.kinds}  # fmt: skip
    new = _by_route(deployment, groups, after)
    old, span, against = _fairer(deployment, groups, stretch, after, sum(each.calls for each in new.values()))
    sides = Side.of(span, _sum(old)), Side.of(after, _sum(new))
    alike = Alike.of(old, new)
    error_chance, ratio = alike.chance_of_errors, alike.latency(least=MINIMUM_CALLS)
    word, reasons = verdict(*sides, error_chance=error_chance, latency=ratio, alike=alike)
    reasons += [own.remark] if own.remark else []
    return Comparison(
        deployment, signature, *sides, word, reasons, against, stretch.said_of(span, after, length), error_chance, ratio,
        _route_changes(old, new), is_complete=after.length >= length or after.ends == stretch.until,
    )  # fmt: skip


def _refused(deployment: Deployment, signature: Signature, stretch: "_Stretch", after: Span, why: str) -> Comparison:
    before, later = (Side.of(span, Figures()) for span in (stretch.before(after.length), after))
    return Comparison(
        deployment, signature, before, later, Word.ELSEWHERE, [why], "", [], 1.0, None, [], is_complete=True
    )  # fmt: skip


@dataclass(frozen=True)
class _Stretch:
    """The time in which a deployment alone tells old from new: from the one before it up to the one after it."""

    begins: datetime
    previous: Deployment | None
    following: Deployment | None

    @classmethod
    def around(cls, deployment: Deployment) -> "_Stretch":
        """Two that went live in the same minute, or were told by two senders, are one."""
        minute = _minute_of(deployment)
        rows = _neighbours(deployment).filter(environment=deployment.environment_id).select_related("release")
        return cls(
            minute,
            rows.filter(deployed_at__lt=minute).order_by("-deployed_at", "-pk").first(),
            rows.filter(deployed_at__gte=minute + MINUTE).order_by("deployed_at", "pk").first(),
        )

    @property
    def since(self) -> datetime | None:
        """When the one before was live; the minute in which it went live is left out."""
        return _minute_of(self.previous) + MINUTE if self.previous else None

    @property
    def until(self) -> datetime | None:
        """When the next one went live."""
        return _minute_of(self.following) if self.following else None

    def after(self, length: timedelta, *, now: datetime) -> Span:
        """What was live up to now, up to the next one, or as long as was asked for."""
        begins = self.begins + MINUTE
        present = max(Span.of(now, now).begins, begins + MINUTE)
        return Span(begins, min(filter(None, (begins + length, present, self.until))))

    def before(self, length: timedelta) -> Span:
        """As long right before, where the one before was live that long."""
        return Span(max(filter(None, (self.begins - length, self.since))), self.begins)

    def said_of(self, before: Span, after: Span, length: timedelta) -> list[str]:
        """Why a side is shorter than was asked for."""
        said = []
        if self.previous and before.length < length and before.begins == self.since:
            name = {"version": self.previous.release.version}
            said.append(_("The time before begins only where %(version)s had gone live.") % name)
        if self.following and after.length < length and after.ends == self.until:
            name = {"version": self.following.release.version}
            said.append(_("The time after ends where %(version)s went live.") % name)
        return said


def _minute_of(deployment: Deployment) -> datetime:
    return Span.of(deployment.deployed_at, deployment.deployed_at).begins


def _about(deployment: Deployment) -> Signature:
    """The component's calls; all of the launch where the component has none of its own, as a client app has."""
    component = deployment.release.component
    own = Signature(component=component.slug if component else "")
    return own if kinds_of(deployment.launch, own).exists() else Signature()


def _by_route(deployment: Deployment, groups: Mapping[int, Route], span: Span) -> dict[Route, Figures]:
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


def _sum(parts: Mapping[Route, Figures]) -> Figures:
    whole = Figures()
    for each in parts.values():
        whole.add(each)
    return whole


def _fairer(
    deployment: Deployment, groups: Mapping[int, Route], stretch: _Stretch, after: Span, calls: int
) -> tuple[dict[Route, Figures], Span, str]:
    """The time right before, unless traffic was unlike then and the same hours of the day before resemble it more."""
    right_before = stretch.before(after.length)
    old = _by_route(deployment, groups, right_before)
    wanted = _pace(calls, after)
    distance = _distance(wanted, _pace(sum(each.calls for each in old.values()), right_before))
    yesterday = after.day_before(deployment.launch.zone)
    if calls and distance > _ALIKE and not _others(deployment, since=yesterday.begins):
        other = _by_route(deployment, groups, yesterday)
        if _distance(wanted, _pace(sum(each.calls for each in other.values()), yesterday)) < distance:
            return other, yesterday, _("the same hours of the day before, as traffic right before was unlike")
    is_short = right_before.length < after.length
    return old, right_before, _("the shorter time right before") if is_short else _("as long right before")


def _pace(calls: int, span: Span) -> float:
    return calls / (span.length / MINUTE) if calls else 0.0


def _distance(pace: float, other: float) -> float:
    return max(pace, other) / min(pace, other) if pace and other else float("inf")


def _neighbours(deployment: Deployment) -> QuerySet[Deployment]:
    """What else went live of the same component, or of all of them."""
    rows = Deployment.objects.filter(launch=deployment.launch_id).exclude(pk=deployment.pk)
    component = deployment.release.component_id
    return rows.filter(Q(release__component=component) | Q(release__component=None))


def _others(deployment: Deployment, *, since: datetime) -> bool:
    """Whether anything went live since, wherever: the day before would be another product, and calls name no place."""
    return _neighbours(deployment).filter(deployed_at__gte=since, deployed_at__lt=deployment.deployed_at).exists()


def verdict(
    before: Side, after: Side, *, error_chance: float, latency: Ratio | None, alike: Alike | None = None
) -> tuple[Word, list[str]]:
    """One word and the reasons for it; what got worse outweighs what got better.

    `alike` knows what would have been before, had the same routes been called as after.
    """
    if min(before.calls, after.calls) < MINIMUM_CALLS:
        said = _("%(before)d calls before and %(after)d after; it takes %(minimum)d on each side.")
        return Word.TOO_LITTLE, [said % {"before": before.calls, "after": after.calls, "minimum": MINIMUM_CALLS}]
    old_share, old_p95, unlike = before.error_share, before.p95_ms, list[str]()
    if alike and alike.is_unlike(old_share, old_p95):
        old_share, old_p95 = alike.error_share, alike.p95_ms
        unlike = [_unlike(old_share, old_p95)]
    found: list[tuple[Word, str]] = []
    if error_chance < CERTAIN:
        rose = (after.error_share or 0) > (old_share or 0)
        said = (
            _("Errors rose from %(old)s to %(new)s of calls")
            if rose
            else _("Errors fell from %(old)s to %(new)s of calls")
        )
        shares = {"old": _percent(old_share), "new": _percent(after.error_share)}
        found.append((Word.WORSE if rose else Word.BETTER, f"{said % shares} ({_chance(error_chance)})."))
    if latency and latency.is_certain:
        slower = latency.value > 1
        said = _("p95 rose from %(old)s to %(new)s") if slower else _("p95 fell from %(old)s to %(new)s")
        old, new = (milliseconds.in_words(p95 or 0.0) for p95 in (old_p95, after.p95_ms))
        times = {"old": old, "new": new}
        found.append((Word.WORSE if slower else Word.BETTER, f"{said % times}."))
    if not found and latency:
        return Word.SAME, [_("Neither errors nor p95 differ by more than chance would make them."), *unlike]
    if not found:
        return Word.SAME, [
            _(
                "Errors do not differ by more than chance would make them; how long calls took is known of too few on one side."
            ),
            *unlike,
        ]
    words = {word for word, _reason in found}
    return (Word.WORSE if Word.WORSE in words else Word.BETTER), [*(reason for _word, reason in found), *unlike]


def _unlike(error_share: float | None, p95_ms: float | None) -> str:
    text = _(
        "Other routes were called than before: called as after, it would have had %(share)s errors and a p95 of %(p95)s."
    )
    p95 = "–" if p95_ms is None else milliseconds.in_words(p95_ms)
    return text % {"share": _percent(error_share), "p95": p95}


def _percent(share: float | None) -> str:
    return f"{100 * (share or 0):.2f}%"


def _chance(chance: float) -> str:
    if chance < 0.0001:
        return _("chance alone: less than 1 in 10,000")
    return _("chance alone: %(chance)s") % {"chance": f"{chance:.4f}"}


def _route_changes(old: Mapping[Route, Figures], new: Mapping[Route, Figures]) -> list[RouteChange]:
    """Each route's errors, the surest change first; the more routes are looked at, the surer a change must be."""
    keys = sorted({*old, *new})
    found = [_route_change(key, old.get(key, Figures()), new.get(key, Figures()), tests=len(keys)) for key in keys]
    return sorted(found, key=lambda each: (each.chance, -each.after_calls))


def _route_change(key: Route, before: Figures, after: Figures, *, tests: int) -> RouteChange:
    chance = chance_of_shares(before.errors, before.calls, after.errors, after.calls)
    word = Word.SAME
    if min(before.calls, after.calls) < MINIMUM_CALLS:
        word = Word.TOO_LITTLE
    elif chance < CERTAIN / tests:
        word = Word.WORSE if (after.error_share or 0) > (before.error_share or 0) else Word.BETTER
    return RouteChange(*key, before.calls, before.errors, after.calls, after.errors, chance, word)
