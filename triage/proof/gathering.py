"""This module counts what is to be known of a fix: its signature while the trouble lasted, before it, and since it is live."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Min, Q, QuerySet
from django.utils.translation import gettext as _

from feedback.models import MACHINE_CHANNELS, Feedback
from gateway_ingest.evidence import Signature, Span
from gateway_ingest.evidence.failures import Rate, Watched, release_name
from gateway_ingest.evidence.rises import Rise, rises
from hypercare.core.models import Deployment
from triage import tree
from triage.models import Fix, Issue, Word
from triage.proof.judging import LEAST_CALLS, Facts, Judgement
from triage.proof.places import is_live
from triage.proof.symptoms import symptom_of, watching

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
FIRST_LOOK, LAST_LOOK = DAY, 7 * DAY
_LONGEST_TROUBLE = 7
_SLACK, _SETTLES = 5 * MINUTE, 10 * MINUTE
_JUST_BEFORE = 30 * MINUTE
FIXED, UNNAMED, EARLIER = "fixed", "unnamed", "earlier"
_RISES_SOUGHT = timedelta(hours=1)


@dataclass(frozen=True)
class Live:
    """Since when a fix is live, or since when and by what it is no more."""

    since: datetime
    gone_at: datetime | None = None
    gone_by: str = ""


@dataclass(frozen=True)
class Gathered:
    """The facts of a fix, or the word that stands without counting."""

    signatures: list[Signature]
    found: Facts | Judgement


def gather(fix: Fix, *, now: datetime, length: timedelta = FIRST_LOOK) -> Gathered:
    """Counts what there is to count; `fix` comes with its issue and deployment."""
    issue, row = fix.issue, fix.deployment
    live = live_of(row)
    if live.gone_at:
        reason = _("%(version)s went live in its place at %(at)s and is older.") % {
            "version": live.gone_by, "at": f"{live.gone_at.astimezone(ZoneInfo(issue.launch.zone)):%d.%m. %H:%M}"}  # fmt: skip
        return Gathered([], Judgement(Word.TAKEN_BACK, 0.9, reason))
    symptom, signatures = symptom_of(issue)
    if not signatures:
        reason = _("What it is about does not show in traffic; ask those who reported it.")
        return Gathered([], Judgement(Word.UNSEEN, None, reason))
    watched = Watched.of(issue.launch, signatures, row.environment.name)
    if watched.refusal or not watched.kinds:
        reason = watched.refusal or _("No calls of these routes are known.")
        return Gathered(signatures, Judgement(Word.UNSEEN, None, reason))
    begins = _first_signal(issue)
    if begins >= row.deployed_at:
        reason = _("Its first report came after this deployment, so there is nothing to hold it against.")
        return Gathered(signatures, Judgement(Word.UNSEEN, None, reason))
    after = Span.of(live.since + MINUTE, max(min(now, live.since + length), live.since + 2 * MINUTE))
    trouble = Span.of(max(begins, _minute(row.deployed_at) - _LONGEST_TROUBLE * DAY), _minute(row.deployed_at))
    counted = watching(symptom, watched, usual=Span.of(begins - DAY, begins))
    if counted is None:
        reason = _("Too little was called in the day before the trouble to say what is slow.")
        return Gathered(signatures, Judgement(Word.UNSEEN, None, reason))
    return Gathered(signatures, replace(_facts(fix, counted, trouble, after), symptom=symptom))


def _facts(fix: Fix, watched: Watched, trouble: Span, after: Span) -> Facts:
    row = fix.deployment
    whole = watched.rate(trouble)
    during = watched.rate_of_all(same_hours(after, trouble, zone=row.launch.zone))
    at_same_hours = during.calls >= LEAST_CALLS and during.minutes >= after.length / MINUTE / 2
    fixed, earlier = by_release(watched, row, after)
    reports = _reports_of(fix.issue)
    return Facts(
        trouble=whole,
        during=during if at_same_hours else whole,
        at_same_hours=at_same_hours,
        just_before=watched.rate(Span(max(trouble.begins, trouble.ends - _JUST_BEFORE), trouble.ends)),
        normal=watched.rate(Span(trouble.begins - DAY, trouble.begins)),
        after=fixed,
        earlier_releases=earlier,
        release=row.release.version,
        reports_before=reports.filter(occurred_at__lt=after.begins).count(),
        reports_after=reports.filter(occurred_at__gte=after.begins + _SETTLES).count(),
        rises=_rises(row, watched, after),
    )


def live_of(row: Deployment) -> Live:
    """Whether the release is still there: a rollback ends it, putting it live again begins anew, a later one holds it."""
    same = Deployment.objects.filter(launch=row.launch_id, environment=row.environment_id)
    same = same.filter(release__component=row.release.component_id).select_related("release")
    older = set(same.filter(deployed_at__lt=row.deployed_at).values_list("release_id", flat=True)) - {row.release_id}
    live = Live(row.deployed_at)
    later = same.filter(Q(deployed_at__gt=row.deployed_at) | Q(deployed_at=row.deployed_at, pk__gt=row.pk))
    for other in later.order_by("deployed_at", "pk"):
        if other.release_id in older:
            live = Live(live.since, live.gone_at or other.deployed_at, other.release.version)
        elif live.gone_at:
            live = Live(other.deployed_at)
    return live


def by_release(watched: Watched, row: Deployment, span: Span) -> tuple[Rate, Rate]:
    """What was called of the fixed release and later ones, and of earlier ones, which prove nothing of the fix.

    A release that nobody told us of counts, and so do calls that name none; of a canary only those that name it.
    """
    parts = parts_by_release(watched, row, span)
    counted = parts[FIXED].beside(parts[UNNAMED]) if is_live(row.environment.name) else parts[FIXED]
    return counted, parts[EARLIER]


def parts_by_release(watched: Watched, row: Deployment, span: Span) -> dict[str, Rate]:
    """The calls of the fixed release and later ones, of earlier ones, and of those that name none that is known here."""
    earlier, own = _names(row)
    found = watched.rates(span, lambda kind: _part(release_name(kind.release), earlier, own))
    nothing = Rate(0, 0, span.length / MINUTE, span.begins, span.ends)
    return {part: found.get(part, nothing) for part in (FIXED, UNNAMED, EARLIER)}


def _names(row: Deployment) -> tuple[set[str], set[str]]:
    """What the component's releases are called that went live only before this one, and this and those that came after."""
    rows = Deployment.objects.filter(launch=row.launch_id, release__component=row.release.component_id)
    versions = rows.values_list("release__version", "deployed_at")
    own = {release_name(version) for version, at in versions if at >= row.deployed_at} | {
        release_name(row.release.version)
    }
    return {release_name(version) for version, _at in versions} - own, own


def _part(name: str, earlier: set[str], own: set[str]) -> str:
    return EARLIER if name in earlier else FIXED if name in own else UNNAMED


def same_hours(after: Span, trouble: Span, *, zone: str) -> Iterator[Span]:
    """The same hours where people live of the days before, as far as they lie in the trouble."""
    if after.length > DAY:
        return
    span = after
    for _day in range(_LONGEST_TROUBLE + 1):
        span = span.day_before(zone)
        begins, ends = max(span.begins, trouble.begins), min(span.ends, trouble.ends)
        if begins < ends:
            yield Span(begins, ends)


def _rises(row: Deployment, watched: Watched, after: Span) -> list[Rise]:
    """What else fails more since then, looked for in the first hour; a canary's part cannot be told from the rest."""
    if not is_live(row.environment.name):
        return []
    classes = {kind.status_class for kind in watched.kinds if kind.pk in watched.failing}
    mended = frozenset((*place, status_class) for place in watched.places for status_class in classes)
    return rises(row, Span(after.begins, min(after.ends, after.begins + _RISES_SOUGHT)), except_for=mended)


def _first_signal(issue: Issue) -> datetime:
    first = _all_reports_of(issue).aggregate(first=Min("occurred_at"))["first"] or issue.opened_at
    return min(first, issue.opened_at) - _SLACK


def _all_reports_of(issue: Issue) -> QuerySet[Feedback]:
    return Feedback.objects.filter(launch=issue.launch_id, issue_key__in=tree.keys_of(issue.pk))


def _reports_of(issue: Issue) -> QuerySet[Feedback]:
    return _all_reports_of(issue).exclude(channel__in=MACHINE_CHANNELS)


def _minute(moment: datetime) -> datetime:
    return Span.of(moment, moment).begins
