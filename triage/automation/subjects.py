"""This module reads the reports and issues that the subjects of events name: all of a kind at once, when first asked."""

from collections.abc import Iterable
from functools import cached_property

from feedback.models import Feedback
from gateway_ingest.models import Alert
from hypercare.core.models import Launch
from triage import tree
from triage.models import Issue, Match, WarRoom


class Subjects:
    """The subjects of events of one launch; rows of other launches are not there."""

    def __init__(self, launch: Launch, names: Iterable[str]) -> None:
        self._launch, self._names = launch, set(names)

    def report(self, name: str) -> Feedback | None:
        """The report that the subject names."""
        number = _number(name, "HC")
        return self._reports.get(number) if number else None

    def is_in_triage(self, name: str) -> bool:
        """Whether its report, or its alert's, still waits for triage, so that nobody knows its issue."""
        return self._report_behind(name) in self._in_triage

    def issue(self, name: str, *, root: bool) -> Issue | None:
        """The issue that the subject names, or the root above it; or the one that its report, alert or room belongs to."""
        number = _number(name, "IS")
        if number and root:
            number = self._roots.get(number)
        number = number or self._issue_behind(name)
        return self._issues.get(number) if number else None

    @cached_property
    def _reports(self) -> dict[int, Feedback]:
        rows = Feedback.objects.select_related("component", "team", "launch").filter(launch=self._launch)
        return rows.in_bulk(self._numbers("HC"))

    @cached_property
    def _in_triage(self) -> set[int]:
        behind = [number for number in map(self._report_behind, self._names) if number]
        return set(Feedback.objects.filter(pk__in=behind, triaged_at=None).values_list("pk", flat=True))

    @cached_property
    def _reports_of_alerts(self) -> dict[int, int | None]:
        rows = Alert.objects.filter(launch=self._launch, pk__in=self._numbers("AL"))
        return dict(rows.values_list("pk", "feedback_id"))

    @cached_property
    def _issues_of_rooms(self) -> dict[int, int]:
        rows = WarRoom.objects.filter(launch=self._launch, pk__in=self._numbers("WR"))
        return dict(rows.values_list("pk", "issue_id"))

    @cached_property
    def _matched(self) -> dict[int, int]:
        behind = [number for number in map(self._report_behind, self._names) if number]
        rows = Match.objects.filter(feedback__in=behind, ended_at=None)
        return dict(rows.values_list("feedback_id", "issue_id"))

    @cached_property
    def _roots(self) -> dict[int, int]:
        ids = {*self._numbers("IS"), *self._matched.values()}
        return tree.roots_of(ids) if ids else {}

    @cached_property
    def _issues(self) -> dict[int, Issue]:
        numbers = {*self._numbers("IS"), *self._roots.values(), *self._issues_of_rooms.values()}
        rows = Issue.objects.select_related("component", "team", "owner", "launch").filter(launch=self._launch)
        return rows.in_bulk(numbers)

    def _numbers(self, prefix: str) -> set[int]:
        return {number for name in self._names if (number := _number(name, prefix))}

    def _report_behind(self, name: str) -> int | None:
        if number := _number(name, "AL"):
            return self._reports_of_alerts.get(number)
        report = self.report(name)
        return report.pk if report else None

    def _issue_behind(self, name: str) -> int | None:
        if number := _number(name, "WR"):
            return self._issues_of_rooms.get(number)
        matched = self._matched.get(self._report_behind(name) or 0)
        return self._roots[matched] if matched else None


def _number(subject: str, prefix: str) -> int | None:
    name, _dash, number = subject.partition("-")
    return int(number) if name == prefix and number.isascii() and number.isdecimal() and len(number) < 19 else None
