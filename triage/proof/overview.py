"""This module lists a launch's fixes by lane, what fires though it is fixed, and what the launch lets the machine do."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Prefetch

from hypercare.core.models import Launch
from hypercare.core.timeline import Actor, Entry, record
from triage import tree
from triage.models import Firing, Fix, Issue, IssueStatus, Lane, ProofRules, Verdict
from triage.proof.lanes import Laned, lanes_of
from triage.proof.panel import Shown, shown
from triage.proof.standing import OWN_FIRST

SHOWN = 60
STILL_FIXED = (IssueStatus.VERIFIED, IssueStatus.CLOSED)
_IN_LANE = (
    IssueStatus.TRIAGED, IssueStatus.IN_PROGRESS, IssueStatus.MITIGATED, IssueStatus.DEPLOYED, IssueStatus.VERIFIED,
)  # fmt: skip


@dataclass(frozen=True)
class Line:
    """An issue in a lane with its newest deployment."""

    issue: Issue
    laned: Laned
    newest: Shown | None


def by_lane(launch: Launch) -> list[tuple[str, str, list[Line]]]:
    """The open issues of each lane, the most urgent first; a constant number of queries."""
    rows = Issue.objects.filter(launch=launch, merged_into=None, status__in=_IN_LANE)
    issues = list(rows.select_related("component", "owner").order_by("severity", "-priority", "-pk")[: 3 * SHOWN])
    said, newest = lanes_of(issues), newest_of(issues)
    lines: dict[str, list[Line]] = defaultdict(list)
    for issue in issues:
        lines[said[issue.pk].lane].append(Line(issue, said[issue.pk], newest.get(issue.pk)))
    return [(lane.value, str(lane.label), lines[lane][:SHOWN]) for lane in Lane]


def newest_of(issues: list[Issue]) -> dict[int, Shown]:
    """The deployment of each issue, with all merged into it, that went live last."""
    members = tree.members_of([issue.pk for issue in issues])
    root_of = {member: root for root, some in members.items() for member in some}
    live = Prefetch("verdicts", Verdict.objects.filter(ended_at=None))
    rows = Fix.objects.filter(issue__in=root_of, ended_at=None).prefetch_related(live)
    rows = rows.select_related("deployment__release__component", "deployment__environment")
    # The last of each root stays: of the deployment that went live last the one that is in force.
    rows = rows.order_by("deployment__deployed_at", "deployment", OWN_FIRST.desc(), "-pk")
    return {root_of[fix.issue_id]: shown(fix) for fix in rows}


def still_firing(launch: Launch) -> list[Firing]:
    """What fires though it is fixed, the newest first."""
    rows = Firing.objects.filter(issue__launch=launch, issue__status__in=STILL_FIXED, ended_at=None).select_related(
        "issue"
    )
    return list(rows.order_by("-found_at")[:SHOWN])


@transaction.atomic
def change_rules(launch: Launch, *, verifies: bool, tells: bool, actor: Actor, now: datetime) -> ProofRules:
    """What the launch lets the machine do from now on."""
    said = {"verifies": verifies, "tells": tells}
    row, _made = ProofRules.objects.update_or_create(launch=launch, defaults=said)
    record(launch, [Entry("fixes", "fix.rules", dict(said))], actor=actor, now=now)
    return row
