"""This module knows what rules may ask: the fields, how each is compared, and in words why one does not hold."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from feedback.models import Channel
from hypercare.core.models import Launch
from hypercare.core.one_line import one_line
from hypercare.core.problem import wrong
from hypercare.core.roles import Right, roles_with
from hypercare.core.strict_json import clean_text
from triage.automation.facts import Facts
from triage.categories import CATEGORIES
from triage.classify.ai_failures import AI_FAILURES
from triage.classify.governance import GOVERNANCE
from triage.models import IssueStatus, Matching, Moscow, Word
from triage.overrides import ISSUE_FIELDS

MOST, LONGEST = 10, 200
NOBODY = "none"
Choices = Callable[[Launch], Sequence[str]]


@dataclass(frozen=True)
class Field:
    """What can be asked about: its words, and its values where they are few; else it is a number or a text."""

    words: str | Promise
    choices: Choices | None = None
    is_number: bool = False
    may_lack: bool = False

    @property
    def comparisons(self) -> tuple[str, ...]:
        """How it is compared."""
        if self.choices:
            return ("is", "is_not")
        return ("is", "is_not", "at_least", "at_most") if self.is_number else ("contains", "lacks", "is")


def _fixed(values: Sequence[str]) -> Choices:
    return lambda _launch: [str(value) for value in values]


def _members(launch: Launch) -> list[str]:
    rows = launch.memberships.filter(role__in=roles_with(Right.TRIAGE), user__is_active=True)
    return list(rows.order_by("user__email").values_list("user__email", flat=True))


def _components(launch: Launch) -> list[str]:
    return list(launch.components.order_by("slug").values_list("slug", flat=True))


def _teams(launch: Launch) -> list[str]:
    return list(launch.teams.order_by("name").values_list("name", flat=True))


_YES = _fixed(["yes", "no"])
FIELDS: dict[str, Field] = {
    "severity": Field(gettext_lazy("Severity (1 is worst)"), is_number=True),
    "status": Field(gettext_lazy("Status"), _fixed(IssueStatus.values)),
    "category": Field(gettext_lazy("Type"), _fixed(CATEGORIES), may_lack=True),
    "component": Field(gettext_lazy("Component"), _components, may_lack=True),
    "team": Field(gettext_lazy("Team"), _teams, may_lack=True),
    "owner": Field(gettext_lazy("Owner"), _members, may_lack=True),
    "channel": Field(gettext_lazy("Channel"), _fixed(Channel.values)),
    "title": Field(gettext_lazy("Title")),
    "moscow": Field("MoSCoW", _fixed(Moscow.values)),
    "reach": Field(gettext_lazy("Reach"), is_number=True),
    "reports": Field(gettext_lazy("Reports and alerts"), is_number=True),
    "reporters": Field(gettext_lazy("Reports of people"), is_number=True),
    "rice": Field("RICE", is_number=True),
    "business_value": Field(gettext_lazy("Business value"), is_number=True),
    "blocks_must": Field(gettext_lazy("Blocks a must of the exit"), _YES),
    "snoozed": Field(gettext_lazy("Snoozed"), _YES),
    "room": Field(gettext_lazy("Has a live war room"), _YES),
    "ai_failure": Field(gettext_lazy("How an AI answer failed"), _fixed(AI_FAILURES), may_lack=True),
    "governance": Field(gettext_lazy("Flag of API governance"), _fixed(GOVERNANCE), may_lack=True),
    "new_status": Field(gettext_lazy("Event: the new status"), _fixed(IssueStatus.values)),
    "field": Field(gettext_lazy("Event: the field that was set"), _fixed(ISSUE_FIELDS)),
    "verdict": Field(gettext_lazy("Event: what traffic says of the fix"), _fixed(Word.values)),
    "environment": Field(gettext_lazy("Event: where it was deployed")),
    "by": Field(gettext_lazy("Event: done by"), _fixed(["person", "machine", "rule"])),
}
COMPARISONS: dict[str, Promise] = {
    "is": gettext_lazy("is"),
    "is_not": gettext_lazy("is not"),
    "at_least": gettext_lazy("is at least"),
    "at_most": gettext_lazy("is at most"),
    "contains": gettext_lazy("contains"),
    "lacks": gettext_lazy("does not contain"),
}


@dataclass(frozen=True)
class Judged:
    """Whether a condition holds, and what it saw in words."""

    holds: bool
    words: str


def check(launch: Launch, given: object) -> list[dict[str, str]]:
    """The conditions as they are kept; Problem 400 naming the one that nothing could meet."""
    if not isinstance(given, list) or len(given) > MOST:
        raise wrong("/conditions", _("Give a list of up to %(most)s conditions.") % {"most": MOST})
    return [_checked(launch, one, f"/conditions/{at}") for at, one in enumerate(given)]


def _checked(launch: Launch, given: object, at: str) -> dict[str, str]:
    said = given if isinstance(given, Mapping) else {}
    name, compare, value = (one_line(str(said.get(part, ""))) for part in ("field", "is", "value"))
    field = FIELDS.get(name)
    if field is None:
        raise wrong(f"{at}/field", _("Use one of %(known)s.") % {"known": ", ".join(FIELDS)})
    if compare not in field.comparisons:
        raise wrong(f"{at}/is", _("Use one of %(known)s.") % {"known": ", ".join(field.comparisons)})
    if not value or len(value) > LONGEST or clean_text(value):
        raise wrong(f"{at}/value", _("Write a value of 1 to %(limit)s characters.") % {"limit": LONGEST})
    for part in _parts(value, field):
        _check_value(launch, field, part, f"{at}/value")
    return {"field": name, "is": compare, "value": value}


def _check_value(launch: Launch, field: Field, value: str, at: str) -> None:
    if field.is_number and _as_number(value) is None:
        raise wrong(at, _("Write a number."))
    if field.choices and value not in (known := allowed(field, launch)):
        shown = ", ".join(known[:40]) or _("nothing yet")
        raise wrong(at, _("There is no “%(value)s”; possible are: %(known)s.") % {"value": value[:40], "known": shown})


def allowed(field: Field, launch: Launch) -> list[str]:
    """The values that a field may have; none for numbers and texts."""
    known = list(field.choices(launch)) if field.choices else []
    return [*known, NOBODY] if field.may_lack else known


def judge(condition: Mapping[str, str], facts: Facts) -> Judged:
    """Whether it holds; what nobody knows holds in no comparison but “is not”."""
    field, compare, wanted = FIELDS[condition["field"]], condition["is"], condition["value"]
    seen = facts.value(condition["field"])
    words = _("%(field)s is %(seen)s, wanted: %(compare)s %(value)s") % {
        "field": field.words, "seen": _shown(seen), "compare": COMPARISONS[compare], "value": wanted}  # fmt: skip
    return Judged(_holds(field, compare, _parts(wanted, field), seen), words)


def met(rule_matching: str, judged: Sequence[Judged]) -> bool:
    """Whether enough of them hold; a rule without conditions always acts."""
    if not judged:
        return True
    holds = [one.holds for one in judged]
    return any(holds) if rule_matching == Matching.ANY else all(holds)


def as_words(condition: Mapping[str, str]) -> str:
    """A condition as people read it."""
    return f"{FIELDS[condition['field']].words} {COMPARISONS[condition['is']]} {condition['value']}"


def _holds(field: Field, compare: str, wanted: Sequence[str], seen: Any) -> bool:
    if compare == "is_not":
        return not _holds(field, "is", wanted, seen)
    if field.is_number:
        number = _as_number(seen)
        return number is not None and any(_compared(compare, number, _as_number(one) or 0.0) for one in wanted)
    values = {str(one).casefold() for one in (seen if isinstance(seen, list) else [seen]) if one not in (None, "")}
    if compare == "is":
        plain = {one.casefold() for one in wanted}
        return bool(values & plain) or (field.may_lack and NOBODY in plain and not values)
    has = any(one.casefold() in value for one in wanted for value in values)
    return has if compare == "contains" else not has


def _compared(compare: str, number: float, limit: float) -> bool:
    return {"is": number == limit, "at_least": number >= limit, "at_most": number <= limit}[compare]


def _parts(value: str, field: Field) -> list[str]:
    """The values that commas divide, each of which will do; a number's comma would be a decimal sign to some."""
    if field.is_number:
        return [value]
    return [part for one in value.split(",") if (part := one.strip())]


def _as_number(value: Any) -> float | None:
    try:
        number = float(str(value).upper().removeprefix("SEV"))
    except ValueError:
        return None
    return number if abs(number) < 1e12 else None  # neither infinite nor no number


def _shown(seen: Any) -> str:
    if isinstance(seen, list):
        return ", ".join(seen) or _("none")
    return _("none") if seen in (None, "") else f"{seen:g}" if isinstance(seen, float) else str(seen)[:80]
