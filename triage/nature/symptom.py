"""This module tells a symptom from a cause: where the failed requests of an issue failed first in what another is about."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from feedback.models import Feedback
from gateway_ingest import evidence
from hypercare.core.models import Launch
from triage import tree
from triage.models import OPEN_STATUSES, Issue
from triage.nature.judgement import CAUSE, Judgement

_REPORTS_READ, _TRACES_READ = 50, 20
_LEAST_TRACES, _CLEAR_SHARE = 2, 0.6
# What no request fails by, however often it is reported of the same component.
_NO_FAILURE = (
    "enhancement",
    "usability",
    "documentation",
    "training_gap",
    "question",
    "praise",
    "compliance",
    "ai_cost",
)


def failures_of(issues: Sequence[Issue], *, now: datetime) -> Mapping[int, Counter[str]]:
    """How many requests of each issue failed first in which component, by the issue's id; their traces are followed
    by one statement a launch."""
    members = tree.members_of([issue.pk for issue in issues])
    traces = {issue.pk: _traces(issue, members[issue.pk]) for issue in issues}
    by_launch: dict[Launch, list[str]] = defaultdict(list)
    for issue in issues:
        by_launch[issue.launch] += traces[issue.pk]
    failed = {launch: evidence.innermost_failures(launch, found, now=now) for launch, found in by_launch.items()}
    return {
        issue.pk: Counter(slug for trace in traces[issue.pk] if (slug := failed[issue.launch].get(trace)))
        for issue in issues
    }


def judge(issue: Issue, failed: Counter[str]) -> Judgement | None:
    """None where no request of it could be followed, or where they failed in different places."""
    if not failed:
        return None
    slug, times = failed.most_common(1)[0]
    if times < _LEAST_TRACES or times < _CLEAR_SHARE * failed.total():
        return None
    told = {"times": times, "all": failed.total(), "component": slug}
    if issue.component is not None and slug == issue.component.slug:
        reason = _("%(times)s of %(all)s failed requests failed first in %(component)s itself") % told
        return Judgement(CAUSE, CAUSE, _sure(failed), reason)
    other = _issue_about(issue, slug)
    if other is None:
        return None
    reason = _("%(times)s of %(all)s failed requests failed first in %(component)s, which %(key)s is about")
    return Judgement(CAUSE, other.key, _sure(failed), reason % (told | {"key": other.key}))


def _sure(failed: Counter[str]) -> float:
    """More for more requests that agree: of two that agree one may be chance."""
    times = failed.most_common(1)[0][1]
    return round((times + 1) / (failed.total() + 2), 2)


def _traces(issue: Issue, members: Sequence[int]) -> Sequence[str]:
    keys = [f"IS-{member}" for member in members]
    reports = Feedback.objects.filter(launch=issue.launch, issue_key__in=keys).select_related("reporter")
    found = [trace for report in reports.order_by("-pk")[:_REPORTS_READ] for trace in evidence.traces_of(report)]
    return list(dict.fromkeys(found))[:_TRACES_READ]


def _issue_about(issue: Issue, slug: str) -> Issue | None:
    """The worst open issue of the same launch that may be a failure of that component, of the worst the newest."""
    others = Issue.objects.filter(
        launch=issue.launch_id, component__slug=slug, merged_into=None, status__in=OPEN_STATUSES
    ).exclude(pk=issue.pk)
    others = others.exclude(category__in=_NO_FAILURE)
    return others.order_by("severity", "-last_seen_at", "-pk").first()
