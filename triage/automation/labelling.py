"""This module holds the action that puts labels on an issue."""

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hypercare.core.problem import Problem, wrong
from triage import labels
from triage.automation.acting import issue_of
from triage.automation.action import Action, Doing, Seen
from triage.automation.facts import Facts


class Labelling(Action):
    """Puts labels on it; those that are there stay."""

    title = gettext_lazy("Put the labels on it")
    asks = gettext_lazy("words, with commas between them")

    def check(self) -> tuple[str, str]:
        try:
            return ", ".join(labels.kept_labels(self.value)), ""
        except Problem as problem:
            raise wrong("/value", problem.detail) from None

    def seen(self, facts: Facts, *, now: datetime) -> Seen:
        issue, words = issue_of(facts), labels.kept_labels(self.value)
        if refusal := labels.too_many(issue, words):
            return self.refused(refusal.detail)
        return self.nothing(_("it has them")) if {*words} <= {*issue.labels} else super().seen(facts, now=now)

    def do(self, facts: Facts, doing: Doing) -> None:
        labels.add(issue_of(facts).pk, labels.kept_labels(self.value), actor=doing.actor, now=doing.now)
