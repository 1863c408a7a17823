"""This module gathers what a rule may ask of a thing that happened: the issue and the report it is about, and the event."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

from feedback.models import Feedback
from hypercare.core.models import Happening, Launch
from triage import snooze, tree
from triage.automation.subjects import Subjects
from triage.models import Decision, Issue, Origin, WarRoom

MOST_REPORTS = 500


class About:
    """An issue or a report with all that rules ask of it, each read once; with others where their subjects are given."""

    def __init__(
        self, launch: Launch, subject: str, *, of_root: bool = False, subjects: Subjects | None = None
    ) -> None:
        self.launch, self.subject, self._of_root = launch, subject, of_root
        self._subjects = subjects or Subjects(launch, [subject])

    @classmethod
    def of(cls, happening: Happening, subjects: Subjects | None = None) -> Self:
        """What a thing that happened is about; a merge is about the issue that is left."""
        of_root = happening.kind == "issue.merged"
        return cls(happening.launch, happening.subject, of_root=of_root, subjects=subjects)

    @property
    def report(self) -> Feedback | None:
        """The report that the subject names."""
        return self._subjects.report(self.subject)

    @property
    def issue(self) -> Issue | None:
        """The issue that the subject names, or that its report, alert or room belongs to."""
        return self._subjects.issue(self.subject, root=self._of_root)

    @cached_property
    def held(self) -> dict[str, Decision]:
        """What people or rules decided of the issue's fields and stands."""
        if self.issue is None:
            return {}
        live = Decision.objects.filter(issue=self.issue, ended_at=None)
        return {one.field: one for one in live if one.holds or one.origin == Origin.PERSON}

    @cached_property
    def room(self) -> WarRoom | None:
        """The live room of the issue."""
        return WarRoom.objects.filter(issue=self.issue, closed_at=None).first() if self.issue else None

    @cached_property
    def found_in_reports(self) -> dict[str, set[str]]:
        """How AI answers failed, and the flags of governance, of the report or of all reports of the issue."""
        if self.report:
            said = [(self.report.ai_failure, self.report.governance)]
        elif self.issue:
            rows = Feedback.objects.filter(launch=self.launch, issue_key__in=tree.keys_of(self.issue.pk))
            said = list(rows.order_by("-pk").values_list("ai_failure", "governance")[:MOST_REPORTS])
        else:
            said = []
        return {"ai_failure": {one for one, _two in said if one}, "governance": {two for _one, two in said if two}}


@dataclass(frozen=True)
class Facts:
    """One thing that happened, and what it is about."""

    happening: Happening
    about: About

    @property
    def issue(self) -> Issue | None:
        """The issue it is about."""
        return self.about.issue

    def value(self, field: str) -> Any:
        """What a condition compares; None where there is none."""
        data, issue, report = self.happening.data, self.about.issue, self.about.report
        if field in ("ai_failure", "governance"):
            return sorted(self.about.found_in_reports[field])
        if self.happening.kind == "issue.scored" and field in _AS_SCORED:
            return data.get(field)  # what the change made of it, whatever came later
        if field in _OF_EVENT:
            return _OF_EVENT[field](self.happening, data)
        if report is not None and field in _OF_REPORT:
            return _OF_REPORT[field](report)
        return _OF_ISSUE[field](issue, self.about) if issue is not None else None


def _by(happening: Happening) -> str:
    return "rule" if happening.cause else "person" if happening.by_person else "machine"


_AS_SCORED = frozenset({"severity", "moscow"})
_OF_EVENT: dict[str, Any] = {
    "new_status": lambda _happening, data: data.get("new") if "transition" in data else None,
    "field": lambda _happening, data: data.get("field"),
    "verdict": lambda _happening, data: data.get("word"),
    "environment": lambda _happening, data: data.get("environment"),
    "by": lambda happening, _data: _by(happening),
}
_OF_REPORT: dict[str, Any] = {
    "severity": lambda row: row.severity,
    "category": lambda row: row.category,
    "channel": lambda row: [row.channel],
    "component": lambda row: row.component.slug if row.component else "",
    "team": lambda row: row.team.name if row.team else "",
    "title": lambda row: row.title,
}
_OF_ISSUE: dict[str, Any] = {
    "severity": lambda issue, _about: issue.severity,
    "status": lambda issue, _about: issue.status,
    "category": lambda issue, _about: issue.category,
    "component": lambda issue, _about: issue.component.slug if issue.component else "",
    "team": lambda issue, _about: issue.team.name if issue.team else "",
    "owner": lambda issue, _about: issue.owner.email if issue.owner else "",
    "channel": lambda issue, _about: sorted(issue.sources),
    "title": lambda issue, _about: issue.title,
    "moscow": lambda issue, _about: issue.moscow,
    "reach": lambda issue, _about: issue.reach_value,
    "reports": lambda issue, _about: issue.feedback_count,
    "reporters": lambda issue, _about: snooze.reports_of(issue),
    "rice": lambda issue, _about: issue.rice_score,
    "business_value": lambda issue, _about: issue.business_value,
    "blocks_must": lambda issue, _about: "yes" if issue.blocks_must else "no",
    "snoozed": lambda issue, _about: "yes" if issue.snoozed_until else "no",
    "room": lambda _issue, about: "yes" if about.room else "no",
}
