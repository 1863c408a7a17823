"""This module finds what the story speaks of among the rows: which issue a thread of reports or an alert became."""

import re
from collections.abc import Iterable

from django.db.models import Q

from feedback.models import Feedback
from triage import tree
from triage.demo.stage import Stage
from triage.models import Issue, Match

_NUMBER = re.compile(r"-\d\d$")


def issue_of(stage: Stage, name: str) -> Issue | None:
    """The issue with a thread's first report or an alert's newest episode; None while triage has not come to it."""
    row = report_of(stage, name)
    match = Match.objects.filter(feedback=row, ended_at=None).first() if row else None
    if match is None:
        return None
    root = tree.roots_of([match.issue_id])[match.issue_id]
    return Issue.objects.select_related("component__team").get(pk=root)


def report_of(stage: Stage, name: str) -> Feedback | None:
    """A thread's first report, or an alert's newest episode."""
    first = f"{name}-01"
    told = (
        Q(external_id__in=[name, first])
        | Q(external_id__startswith=f"{name}:")
        | Q(external_id__startswith=f"{first}:")
    )
    return Feedback.objects.filter(told, launch=stage.launch).order_by("-pk").first()


def issues_of_threads(stage: Stage, names: Iterable[str]) -> list[Issue]:
    """All open issues, roots only, that hold nothing but reports of these threads and alerts."""
    wanted = set(names)
    rows = Feedback.objects.filter(launch=stage.launch).exclude(issue_key="").values_list("external_id", "issue_key")
    issue_ids = {int(key.removeprefix("IS-")) for told, key in rows if thread_of(told or "") in wanted}
    roots = set(tree.roots_of(issue_ids).values())
    return [issue for issue in Issue.objects.filter(pk__in=roots).order_by("pk") if threads_in(issue) <= wanted]


def threads_in(issue: Issue) -> set[str]:
    """The threads and alerts an issue's reports belong to."""
    members = tree.members_of([issue.pk])[issue.pk]
    told = Match.objects.filter(issue__in=members, ended_at=None).values_list("feedback__external_id", flat=True)
    return {thread_of(external_id or "") for external_id in told}


def thread_of(external_id: str) -> str:
    """The thread in an external id: `wishlist` in `wishlist-03` and in `wishlist-03:9f2c`."""
    return _NUMBER.sub("", external_id.partition(":")[0])
