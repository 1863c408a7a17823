"""This module keeps a launch's rules as rows: makes the default ones, reads them, edits them, arms and resets them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from gateway_ingest.models import AlertSeverity, Rule
from gateway_ingest.rules import rule as pure
from gateway_ingest.rules.defaults import DEFAULT_RULES, DEFAULTS
from hypercare.core.models import Launch
from hypercare.core.problem import FieldError, Problem, not_found
from hypercare.core.timeline import Actor, Entry, record

MAX_MINUTES = 1440
MAX_LEAST = 1_000_000
MAX_LIMIT = 1e9
MAX_CLEAR_MINUTES = 240
EDITABLE = ("steps", "minutes", "least", "clear_at", "clear_minutes")


def ensure(launch: Launch, *, now: datetime) -> None:
    """Gives a launch the default rules it does not have yet."""
    known = set(Rule.objects.filter(launch=launch).values_list("name", flat=True))
    missing = [
        Rule(launch=launch, name=rule.name, changed_at=now, **as_fields(rule))
        for rule in DEFAULT_RULES
        if rule.name not in known
    ]
    if missing:
        Rule.objects.bulk_create(missing, ignore_conflicts=True)


def rules_of(launch: Launch, *, now: datetime) -> list[Rule]:
    """All rules of a launch in the order of the defaults."""
    ensure(launch, now=now)
    rows = {row.name: row for row in Rule.objects.filter(launch=launch)}
    return [rows[rule.name] for rule in DEFAULT_RULES if rule.name in rows]


def rule_in(launch: Launch, name: str, *, now: datetime) -> Rule:
    """The launch's rule of that name; 404 for a name no rule has."""
    found = next((row for row in rules_of(launch, now=now) if row.name == name), None)
    if found is None:
        raise not_found(_("There is no such rule in this launch."))
    return found


def versions(launch: Launch) -> frozenset[tuple[int, int, bool]]:
    """What tells whether any rule of the launch was changed meanwhile."""
    return versions_of(Rule.objects.filter(launch=launch))


def versions_of(rules: Iterable[Rule]) -> frozenset[tuple[int, int, bool]]:
    """The same of rules at hand."""
    return frozenset((row.pk, row.version, row.armed) for row in rules)


def as_fields(rule: pure.Rule) -> dict[str, Any]:
    """What of a rule may be edited, as columns."""
    return {
        "steps": [[step.limit, str(step.severity)] for step in rule.steps],
        "minutes": rule.minutes,
        "least": rule.least,
        "clear_at": rule.clear_at,
        "clear_minutes": rule.clear_minutes,
    }


def read(row: Rule) -> pure.Rule:
    """The rule as its row says."""
    return _with(row.name, {name: getattr(row, name) for name in EDITABLE})


def _with(name: str, fields: Mapping[str, Any]) -> pure.Rule:
    steps = tuple(pure.Step(float(limit), AlertSeverity(severity)) for limit, severity in fields["steps"])
    return replace(DEFAULTS[name], **{**fields, "steps": steps})


def checked(row: Rule, changes: Mapping[str, Any]) -> pure.Rule:
    """The rule with some changes; raises Problem 400 that names each field that cannot be."""
    fields = {name: changes.get(name, getattr(row, name)) for name in EDITABLE}
    errors = [*_wrong_steps(row, fields["steps"]), *_wrong_numbers(row, fields)]
    if errors:
        raise Problem(400, errors[0].detail, errors=tuple(errors))
    return _with(row.name, fields)


@dataclass(frozen=True)
class _Bounds:
    name: str
    least: float
    most: float
    whole: bool = True


_BOUNDS = (
    _Bounds("minutes", 1, MAX_MINUTES),
    _Bounds("least", 0, MAX_LEAST),
    _Bounds("clear_minutes", 1, MAX_CLEAR_MINUTES),
    _Bounds("clear_at", 0.05, 1.0, whole=False),
)


def _wrong_numbers(row: Rule, fields: Mapping[str, Any]) -> Iterable[FieldError]:
    for bounds in _BOUNDS:
        value = fields[bounds.name]
        fits = isinstance(value, int if bounds.whole else int | float) and not isinstance(value, bool)
        if not fits or not bounds.least <= value <= bounds.most:
            text = (
                _("Write a whole number from %(least)s to %(most)s.")
                if bounds.whole
                else _("Write a share from %(least)s to %(most)s.")
            )
            numbers = {"least": f"{bounds.least:g}", "most": f"{bounds.most:g}"}
            yield FieldError(f"/{bounds.name}", text % numbers)
        elif bounds.name == "minutes" and DEFAULTS[row.name].sustained and not 2 <= value <= 60:
            yield FieldError("/minutes", _("This rule looks at 2 to 60 minutes, and at each half of them."))
        elif bounds.name == "minutes" and not DEFAULTS[row.name].sustained and value != DEFAULTS[row.name].minutes:
            yield FieldError("/minutes", _("The time of this rule is fixed."))


def _wrong_steps(row: Rule, steps: Any) -> Iterable[FieldError]:
    if not isinstance(steps, list) or not 0 < len(steps) <= 5:
        yield FieldError("/steps", _("A rule has one to five steps of a limit and a severity."))
        return
    for step in steps:
        if not isinstance(step, list | tuple) or len(step) != 2:
            yield FieldError("/steps", _("A step is a limit and a severity."))
            return
        limit, severity = step
        if isinstance(limit, bool) or not isinstance(limit, int | float) or not 0 < limit <= MAX_LIMIT:
            yield FieldError("/steps", _("A limit is a number above zero."))
            return
        if severity not in AlertSeverity.values:
            yield FieldError("/steps", _("We know no such severity; write critical, high, warning, info or low."))
            return
    limits = [limit for limit, _severity in steps]
    if limits != sorted(limits, reverse=DEFAULTS[row.name].below) or len(set(limits)) != len(limits):
        yield FieldError("/steps", _("The limits go from the mildest step to the most severe."))
    if DEFAULTS[row.name].per is pure.Per.BUDGET and len(limits) > len({severity for _limit, severity in steps}):
        yield FieldError("/steps", _("Each step has a severity of its own."))


@transaction.atomic
def edit(row: Rule, changes: Mapping[str, Any], *, actor: Actor, now: datetime) -> Rule:
    """Changes a rule; the timeline keeps what it was and who changed it. No change writes nothing."""
    row = _locked(row)
    wanted = as_fields(checked(row, changes))
    return _write(row, wanted, "rule.changed", actor=actor, now=now)


@transaction.atomic
def reset(row: Rule, *, actor: Actor, now: datetime) -> Rule:
    """Makes a rule what it was when the launch began."""
    row = _locked(row)
    return _write(row, as_fields(DEFAULTS[row.name]), "rule.reset", actor=actor, now=now)


def _write(row: Rule, wanted: Mapping[str, Any], kind: str, *, actor: Actor, now: datetime) -> Rule:
    changed = {name: value for name, value in wanted.items() if getattr(row, name) != value}
    if not changed:
        return row
    data = {name: {"old": getattr(row, name), "new": value} for name, value in changed.items()}
    for name, value in changed.items():
        setattr(row, name, value)
    row.version += 1
    row.changed_at = now
    row.save(update_fields=[*changed, "version", "changed_at"])
    record(row.launch, [entry(row, kind, data)], actor=actor, now=now)
    return row


def _locked(row: Rule) -> Rule:
    return Rule.objects.select_for_update(no_key=True, of=("self",)).select_related("launch").get(pk=row.pk)


def subject(row: Rule) -> str:
    """The name under which the timeline knows a rule."""
    return f"rule:{row.name}"


def entry(row: Rule, kind: str, data: Mapping[str, Any] | None = None) -> Entry:
    """A line of the timeline about a rule."""
    return Entry(subject(row), kind, {"rule": row.name, **(data or {})})
