"""This module puts labels on issues of an order and takes them off; taking it back leaves what others changed since."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from hypercare.core.models import Launch
from hypercare.core.problem import Problem
from hypercare.core.timeline import Actor
from triage import labels
from triage.models import Issue
from triage.orders.order import Given, Order, Row


class Labelling(Order):
    """Labels put on."""

    entries = ("issue.labels",)

    @classmethod
    def check(cls, launch: Launch, given: Given, *, now: datetime) -> dict[str, Any]:  # noqa: ARG003
        return {"labels": labels.kept_labels(given.get("labels"))}

    @property
    def _labels(self) -> list[str]:
        return list(self.given["labels"])

    def refusal(self, issue: Issue) -> Problem | None:
        if problem := super().refusal(issue) or labels.too_many(issue, self._labels):
            return problem
        if set(self._labels) <= set(issue.labels):
            return Problem(409, _("%(key)s is labelled so already.") % {"key": issue.key})
        return None

    def memory(self, issues: Sequence[Issue]) -> dict[int, dict[str, Any]]:
        return {issue.pk: {"labels": [one for one in self._labels if one not in issue.labels]} for issue in issues}

    def apply(self, issues: Sequence[Issue], *, actor: Actor, now: datetime) -> dict[int, Problem]:
        labels.put_on(issues, {issue.pk: self._labels for issue in issues}, actor=actor, now=now)
        return {}

    def stands(self, issues: Sequence[Issue], rows: Mapping[int, Row]) -> set[int]:
        return {issue.pk for issue in issues if set(rows[issue.pk].before["labels"]) & set(issue.labels)}

    def take_back(self, issues: Sequence[Issue], rows: Mapping[int, Row], *, actor: Actor, now: datetime) -> int:
        before = {issue.pk: rows[issue.pk].before["labels"] for issue in issues}
        labels.take_off(issues, before, actor=actor, now=now, undo=True)
        return 0


class Unlabelling(Labelling):
    """Labels taken off."""

    def refusal(self, issue: Issue) -> Problem | None:
        if problem := Order.refusal(self, issue):
            return problem
        if not set(self._labels) & set(issue.labels):
            return Problem(409, _("%(key)s has no such label.") % {"key": issue.key})
        return None

    def memory(self, issues: Sequence[Issue]) -> dict[int, dict[str, Any]]:
        return {issue.pk: {"labels": [one for one in self._labels if one in issue.labels]} for issue in issues}

    def apply(self, issues: Sequence[Issue], *, actor: Actor, now: datetime) -> dict[int, Problem]:
        labels.take_off(issues, {issue.pk: self._labels for issue in issues}, actor=actor, now=now)
        return {}

    def stands(self, issues: Sequence[Issue], rows: Mapping[int, Row]) -> set[int]:
        """Where something can be given back that nobody gave back since, and where there is room for it."""
        gone = {issue.pk: set(rows[issue.pk].before["labels"]) - set(issue.labels) for issue in issues}
        return {issue.pk for issue in issues if gone[issue.pk] and not labels.too_many(issue, gone[issue.pk])}

    def take_back(self, issues: Sequence[Issue], rows: Mapping[int, Row], *, actor: Actor, now: datetime) -> int:
        before = {issue.pk: rows[issue.pk].before["labels"] for issue in issues}
        labels.put_on(issues, before, actor=actor, now=now, undo=True)
        return 0
