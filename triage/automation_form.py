"""This module reads the form of a launch's own rule, rows and all, and shows what was refused beside its field."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from hypercare.core.happenings import EVENTS
from hypercare.core.models import Launch
from hypercare.core.problem import Problem
from triage.automation import actions, conditions
from triage.automation.actions import ACTIONS
from triage.automation.conditions import COMPARISONS, FIELDS, allowed
from triage.models import AutomationRule, Matching

_SPARE = 2
_ASKED, _DONE = ("field", "is", "value"), ("do", "value", "text")
Choices = list[tuple[str, Any]]


@dataclass
class Row:
    """One line of the form, and what is wrong with its parts."""

    number: int
    values: dict[str, str]
    errors: dict[str, str] = field(default_factory=dict)


class RuleForm:
    """A rule as it stands, or as it was sent."""

    def __init__(self, launch: Launch, said: Mapping[str, Any], *, spare: int = _SPARE) -> None:
        self.launch, self.said = launch, said
        self.errors: dict[str, str] = {}
        self.detail = ""
        self.conditions = _rows(said.get("conditions", ()), _ASKED, spare, conditions.MOST)
        self.actions = _rows(said.get("actions", ()), _DONE, spare, actions.MOST)

    @classmethod
    def of(cls, rule: AutomationRule) -> "RuleForm":
        """As it is stored."""
        parts = ("name", "event", "matching", "conditions", "actions", "place", "version")
        return cls(rule.launch, {name: getattr(rule, name) for name in parts})

    @classmethod
    def sent(cls, launch: Launch, post: QueryDict, *, spare: int = _SPARE) -> "RuleForm":
        """As a person sent it; rows without a choice are none."""
        said: dict[str, Any] = {name: post.get(name, "") for name in ("name", "event", "matching", "place", "version")}
        said["conditions"] = _sent(post, {"field": "field", "is": "is", "value": "wanted"}, "field")
        said["actions"] = _sent(post, {"do": "do", "value": "value", "text": "text"}, "do")
        return cls(launch, said, spare=spare)

    def refuse(self, problem: Problem) -> None:
        """Puts each refusal beside the part it is about."""
        for error in problem.errors:
            kind, _slash, rest = error.pointer.removeprefix("/").partition("/")
            number, _slash, part = rest.partition("/")
            rows = {"conditions": self.conditions, "actions": self.actions}.get(kind, [])
            if number.isdecimal() and int(number) < len(rows):
                rows[int(number)].errors[part] = error.detail
            else:
                self.errors[kind] = error.detail
        if not problem.errors:
            self.detail = problem.detail

    @property
    def version(self) -> int | None:
        """The version that the person looked at."""
        text = str(self.said.get("version", ""))
        return int(text) if text.isdecimal() and len(text) < 10 else None

    @property
    def events(self) -> Choices:
        """What it may wait for."""
        return [("", _("Choose")), *((name, event.words) for name, event in EVENTS.items())]

    @property
    def matchings(self) -> Choices:
        """How many conditions must hold."""
        return list(Matching.choices)

    @property
    def fields(self) -> Choices:
        """What may be asked."""
        return [("", _("Nothing")), *((name, field.words) for name, field in FIELDS.items())]

    @property
    def comparisons(self) -> Choices:
        """How it may be compared."""
        return list(COMPARISONS.items())

    @property
    def kinds(self) -> Choices:
        """What may be done."""
        return [("", _("Nothing")), *((name, action.title) for name, action in ACTIONS.items())]

    @property
    def help_of_fields(self) -> list[tuple[Any, str]]:
        """Each field with the values that may be written."""
        return [(one.words, _values(allowed(one, self.launch), one.is_number)) for one in FIELDS.values()]

    @property
    def help_of_actions(self) -> list[tuple[Any, str, bool]]:
        """Each action with the values that may be written, and whether it takes a text."""
        made = [action(self.launch, "", "") for action in ACTIONS.values()]
        return [(one.title, ", ".join(one.choices()) or str(one.asks) or "–", one.has_text) for one in made]


def _values(known: Sequence[str], is_number: bool) -> str:
    return ", ".join(known) or (_("a number") if is_number else _("a text"))


def _rows(given: Sequence[Mapping[str, str]], parts: Sequence[str], spare: int, most: int) -> list[Row]:
    rows = [{part: str(one.get(part, "")) for part in parts} for one in given]
    rows += [dict.fromkeys(parts, "") for _number in range(min(spare, max(most - len(rows), 0)))]
    return [Row(number, values) for number, values in enumerate(rows)]


def _sent(post: QueryDict, names: Mapping[str, str], needed: str) -> list[dict[str, str]]:
    columns = {part: post.getlist(name) for part, name in names.items()}
    length = min(len(values) for values in columns.values())
    rows = [{part: values[number] for part, values in columns.items()} for number in range(length)]
    return [row for row in rows if row[needed]]
