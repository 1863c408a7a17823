"""This module says what an action of a rule is: it is checked when it is written, looks before it does, and does."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from hypercare.core.models import Launch
from hypercare.core.timeline import Actor
from triage.automation.facts import Facts
from triage.models import AutomationRule


class Look(StrEnum):
    """What an action would do."""

    WOULD = "would"
    NOTHING = "nothing"
    REFUSED = "refused"


@dataclass(frozen=True)
class Seen:
    """What an action would do, and in words what it is or why not."""

    look: Look
    words: str


@dataclass(frozen=True)
class Doing:
    """By which run of which rule an action is done; `number` is the action's place in it."""

    rule: AutomationRule
    run: int
    number: int
    actor: Actor
    now: datetime

    @property
    def reason(self) -> str:
        """What is written down as why."""
        return _("by the rule “%(name)s”") % {"name": self.rule.name}


class Action:
    """One thing a rule does; `value` and `text` are as a person wrote them, checked."""

    title: ClassVar[str | Promise]
    asks: ClassVar[str | Promise] = ""
    has_text: ClassVar[bool] = False
    needs_issue: ClassVar[bool] = True

    def __init__(self, launch: Launch, value: str, text: str) -> None:
        self.launch, self.value, self.text = launch, value, text

    def check(self) -> tuple[str, str]:
        """The value and the text as they are kept; Problem 400 with the pointers /value and /text."""
        return self.value, self.text

    def choices(self) -> Sequence[str]:
        """The values it may have, where they are few."""
        return []

    @property
    def words(self) -> str:
        """What it does, as people read it."""
        return f"{self.title} {self.value}".strip()

    def look(self, facts: Facts, *, now: datetime) -> Seen:
        """What it would do; reads only."""
        if self.needs_issue and facts.issue is None:
            return self.refused(_("no issue belongs to it"))
        if self.needs_issue and facts.issue is not None and facts.issue.merged_into_id:
            return self.refused(_("%(key)s is merged into another") % {"key": facts.issue.key})
        return self.seen(facts, now=now)

    def seen(self, facts: Facts, *, now: datetime) -> Seen:  # noqa: ARG002 - most actions always have something to do
        """The same for what has an issue where one is needed."""
        return Seen(Look.WOULD, self.words)

    def do(self, facts: Facts, doing: Doing) -> None:
        """Does it in the caller's transaction; raises the Problem that a person would see."""
        raise NotImplementedError

    def refused(self, why: str) -> Seen:
        """It could not, and why."""
        return Seen(Look.REFUSED, f"{self.words}: {why}")

    def nothing(self, why: str) -> Seen:
        """It has nothing to do, and why."""
        return Seen(Look.NOTHING, f"{self.words}: {why}")
