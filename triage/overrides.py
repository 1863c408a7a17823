"""This module lets a person overrule the machine, on a report or an issue, and take the overruling back."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from feedback.models import Feedback
from feedback.report import MAX_TITLE
from hypercare.core import rows
from hypercare.core.given_reasons import given_reason
from hypercare.core.models import Component, Launch, Team, User
from hypercare.core.problem import Problem, wrong
from hypercare.core.redaction import redact
from hypercare.core.roles import Right, roles_with
from hypercare.core.strict_json import clean_text
from hypercare.core.timeline import Actor, Entry, record
from triage import closing, decisions, tree
from triage.board import changes
from triage.called import called, with_names
from triage.categories import CATEGORIES, SENTIMENTS
from triage.classify import spam
from triage.classify.ai_failures import AI_FAILURES
from triage.classify.governance import GOVERNANCE
from triage.classify.languages import LANGUAGES
from triage.lifecycle import lock
from triage.locks import lock_issues, lock_launch
from triage.models import Issue, Match, Moscow, Origin
from triage.nature import judgement as nature
from triage.recount import recount
from triage.score import rescore
from triage.sifting import aside

ISSUE_FIELDS = (
    "title",
    "severity",
    "category",
    "moscow",
    "rice_impact",
    "rice_confidence",
    "rice_effort",
    "impact_level",
    "urgency",
    "business_value",
    "rpn_severity",
    "rpn_occurrence",
    "rpn_detection",
    "component",
    "team",
    "owner",
    *nature.FIELDS,
)
SCORED = set(ISSUE_FIELDS) - {"title", "component", "team", "owner", *nature.FIELDS}
ROUTED = {"component", "team"}
RELATED = {"component", "team", "owner"}
FEEDBACK_FIELDS = ("category", "severity", "sentiment", "component", "ai_failure", "governance", "language", "spam")
# The answer that takes a machine's finding away.
NONE = "none"
_TENTHS = tuple(str(number) for number in range(1, 11))
_IMPACTS = {3.0, 2.0, 1.0, 0.5, 0.25}


def _one_of(*allowed: str) -> Callable[[Any], str]:
    def check(value: Any) -> str:
        if str(value) not in allowed:
            raise wrong("/value", _("Use one of %(known)s.") % {"known": ", ".join(allowed)})
        return str(value)

    return check


def _number(low: float, high: float) -> Callable[[Any], str]:
    def check(value: Any) -> str:
        try:
            number = float(value)
        except (TypeError, ValueError):
            number = float("nan")
        if isinstance(value, bool) or not low <= number <= high:
            raise wrong("/value", _("Use a number from %(low)s to %(high)s.") % {"low": low, "high": high})
        return str(number)

    return check


def _severity(value: Any) -> str:
    text = str(value).upper().removeprefix("SEV")
    return _one_of("1", "2", "3", "4", "5")(text)


def _title(value: Any) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > MAX_TITLE:
        raise wrong("/value", _("Write a title of 1 to %(limit)s characters.") % {"limit": MAX_TITLE})
    for problem in clean_text(value):
        raise wrong("/value", problem)
    return redact(" ".join(value.split())).text[:MAX_TITLE]


_CHECKS: dict[str, Callable[[Any], str]] = {
    "title": _title,
    "severity": _severity,
    "category": _one_of(*CATEGORIES),
    "sentiment": _one_of(*SENTIMENTS),
    "ai_failure": _one_of(*AI_FAILURES, NONE),
    "governance": _one_of(*GOVERNANCE, NONE),
    "language": _one_of(*LANGUAGES),
    "spam": _one_of(*spam.VERDICTS),
    "moscow": _one_of(*Moscow.values),
    "rice_impact": _one_of(*(str(impact) for impact in sorted(_IMPACTS, reverse=True))),
    "rice_confidence": _number(0.01, 1),
    "rice_effort": _number(0.1, 520),
    "impact_level": _one_of("1", "2", "3"),
    "urgency": _one_of("1", "2", "3"),
    "business_value": _number(0, 10),
    "rpn_severity": _one_of(*_TENTHS),
    "rpn_occurrence": _one_of(*_TENTHS),
    "rpn_detection": _one_of(*_TENTHS),
} | {field: _one_of(*answers) for field, answers in nature.ANSWERS.items()}


@transaction.atomic
def override_issue(
    issue_id: int,
    *,
    field: str,
    value: Any,
    reason: str,
    actor: Actor,
    now: datetime,
    version: int | None = None,
) -> Issue:
    """Sets a field of an issue by hand; it stands against the machines until released."""
    issue, reason = _locked_root(issue_id, version=version), given_reason(reason)
    stored = stored_value(issue.launch, field, value, about=issue)
    override_all([issue], field=field, words={issue.pk: (stored, reason)}, actor=actor, now=now)
    changes.publish(issue.launch_id, [issue.pk])
    issue.refresh_from_db()
    return issue


def stored_value(launch: Launch, field: str, value: Any, *, about: Issue | None = None) -> str:
    """The value as it is kept; 400 for a field or a value that issues of this launch do not have."""
    if field not in ISSUE_FIELDS:
        raise wrong("/field", _("Use one of %(known)s.") % {"known": ", ".join(ISSUE_FIELDS)})
    if field in RELATED:
        found = _related(launch, field, value)
        return _name_of(found)
    if field == nature.CAUSE and about is not None and str(value) not in nature.ANSWERS[field]:
        return _cause(about, value)
    return _CHECKS[field](_canonical(field, value))


def override_all(
    issues: Sequence[Issue], *, field: str, words: Mapping[int, tuple[str, str]], actor: Actor, now: datetime
) -> None:
    """Sets a field of issues of one launch, each to its own value for its own reason.

    The values are stored ones; the caller holds the locks and publishes the board.
    """
    old = {issue.pk: shown_value(issue, field) for issue in issues}
    if field in RELATED:
        values = {value for value, _reason in words.values()}
        named = {value: _related(issues[0].launch, field, value) for value in values}
        for issue in issues:
            setattr(issue, field, named[words[issue.pk][0]])
    elif field == "title":
        for issue in issues:
            issue.title = words[issue.pk][0]
    decisions.hold_all(issues, field=field, words=words, actor=actor, now=now)
    said = {pk: {"old": old[pk], "new": value, "reason": reason} for pk, (value, reason) in words.items()}
    _after(issues, field, said, actor=actor, now=now)


@transaction.atomic
def release_issue(issue_id: int, *, field: str, actor: Actor, now: datetime, version: int | None = None) -> Issue:
    """Gives a field back to the machines."""
    issue = _locked_root(issue_id, version=version)
    if not issue.decisions.filter(Q(origin=Origin.PERSON) | Q(holds=True), field=field, ended_at=None).exists():
        raise wrong("/field", _("Nobody holds this field, so there is nothing to release."))
    release_all([issue], field=field, actor=actor, now=now)
    changes.publish(issue.launch_id, [issue.pk])
    issue.refresh_from_db()
    return issue


def set_by_rule(issue: Issue, *, field: str, value: str, reason: str, actor: Actor, now: datetime) -> None:
    """A launch's own rule sets a field to a stored value; the caller holds the locks and publishes the board."""
    old = shown_value(issue, field)
    if field in RELATED:
        setattr(issue, field, _related(issue.launch, field, value))
    decisions.hold_by_rule(issue, field=field, value=value, reason=reason, decider=actor.name, now=now)
    said = {issue.pk: {"old": old, "new": value, "reason": reason}}
    _after([issue], field, said, actor=actor, now=now)


def release_all(issues: Sequence[Issue], *, field: str, actor: Actor, now: datetime) -> None:
    """Gives a field of issues of one launch back to the machines; the caller holds the locks and publishes the board."""
    old = {issue.pk: shown_value(issue, field) if field in ISSUE_FIELDS else "" for issue in issues}
    decisions.release_all(issues, field=field, now=now)
    for issue in issues:
        if field == "title":
            issue.title = _first_title(issue)
        elif field == "owner":
            issue.owner = None
    said = {pk: {"old": value, "new": "released", "reason": ""} for pk, value in old.items()}
    _after(issues, field, said, actor=actor, now=now)


def _locked_root(issue_id: int, *, version: int | None) -> Issue:
    issue = lock(issue_id, version=version)
    if refusal := merged_away(issue):
        raise refusal
    return issue


def merged_away(issue: Issue, *, root: int | None = None) -> Problem | None:
    """Why an issue takes no verdict of its own: nobody would see it on one that is merged; its root is read, unless given."""
    if not issue.merged_into_id:
        return None
    root = root or tree.roots_of([issue.pk])[issue.pk]
    return Problem(409, _("%(key)s is merged; decide on IS-%(root)s.") % {"key": issue.key, "root": root})


def _first_title(issue: Issue) -> str:
    """What the machine called it: the title of its first report."""
    first = issue.first_report
    return first.title if first else issue.title


_COLUMNS = ("version", "title", "component_id", "team_id", "owner_id")


def _after(
    issues: Sequence[Issue], field: str, said: Mapping[int, dict[str, str]], *, actor: Actor, now: datetime
) -> None:
    for issue in issues:
        issue.version += 1
    rows.update(issues, _COLUMNS)
    numbers = [issue.pk for issue in issues]
    if field in ROUTED:
        recount(numbers, now=now)
    elif field in SCORED:
        rescore(numbers, now=now)
    if field == decisions.END:
        closing.review(numbers, now=now)
    launch = issues[0].launch
    names = called(launch, field, (said[issue.pk][side] for issue in issues for side in ("old", "new")))
    entries = [
        Entry(issue.key, "issue.field", with_names({"field": field} | said[issue.pk], names)) for issue in issues
    ]
    record(launch, entries, actor=actor, now=now)


def _canonical(field: str, value: Any) -> Any:
    if field == "rice_impact":
        try:
            return str(float(value)) if float(value) in _IMPACTS else value
        except (TypeError, ValueError):
            return value
    return value


def _cause(issue: Issue, value: Any) -> str:
    """The key of another issue of the launch, of which this one is a symptom."""
    named = str(value).upper().removeprefix("IS-")
    number = int(named) if named.isascii() and named.isdecimal() and len(named) < 19 else 0
    if not Issue.objects.filter(pk=number, launch=issue.launch_id).exclude(pk=issue.pk).exists():
        known = ", ".join(nature.ANSWERS[nature.CAUSE])
        raise wrong("/value", _("Use one of %(known)s, or the key of another issue of this launch.") % {"known": known})
    return f"IS-{number}"


def shown_value(issue: Issue, field: str) -> str:
    """The value of a field as it is kept."""
    if field in nature.FIELDS:
        live = issue.decisions.filter(field=field, ended_at=None).first()
        return live.value if live else ""
    value = getattr(issue, field)
    return _name_of(value) if field in RELATED else str(value)


def _name_of(value: Component | Team | User | None) -> str:
    if isinstance(value, Component):
        return value.slug
    if isinstance(value, User):
        return value.email
    return "" if value is None else str(value)


def _related(launch: Launch, field: str, value: Any) -> Component | Team | User | None:
    if value in (None, ""):
        return None
    found: Component | Team | User | None
    if "\x00" in str(value):
        found = None
    elif field == "component":
        found = Component.objects.filter(launch=launch, slug=str(value)[:60]).first()
    elif field == "team":
        found = Team.objects.filter(launch=launch, name=str(value)[:80]).first()
    else:
        found = User.objects.filter(
            Q(memberships__launch=launch, memberships__role__in=roles_with(Right.TRIAGE)),
            Q(email=str(value).strip().lower()[:254]),
            is_active=True,
        ).first()
    if found is None:
        raise wrong("/value", _("There is no such %(field)s in this launch.") % {"field": field})
    return found


@transaction.atomic
def override_feedback(row: Feedback, *, field: str, value: Any, reason: str, actor: Actor, now: datetime) -> Feedback:
    """Sets a verdict of a report by hand; its issue is scored again."""
    reason = given_reason(reason)
    row, roots = _locked_report(row, field)
    stored = _CHECKS[field](value) if field == spam.FIELD else _set_verdict(row, field, value)
    decisions.hold(row, field=field, value=stored, reason=reason, actor=actor, now=now)
    if field == spam.FIELD:
        aside.obey(row, stored, roots, actor=actor, now=now)
    _after_verdict(row, roots, {"field": field, "new": stored, "reason": reason}, actor=actor, now=now)
    return row


@transaction.atomic
def release_feedback(row: Feedback, *, field: str, actor: Actor, now: datetime) -> Feedback:
    """Gives a report's verdict back to the machine: what it said last stands again."""
    row, roots = _locked_report(row, field)
    if not decisions.release(row, field=field, now=now):
        raise wrong("/field", _("Nobody holds this field, so there is nothing to release."))
    again = decisions.restore(row, field=field, now=now)
    if field == spam.FIELD:
        aside.unsay(row, again, now=now)
        _after_verdict(row, roots, {"field": field, "new": "released"}, actor=actor, now=now)
        return row
    _set_verdict(row, field, again.value if again and again.applied else None)
    _after_verdict(row, roots, {"field": field, "new": "released"}, actor=actor, now=now)
    return row


def _locked_report(row: Feedback, field: str) -> tuple[Feedback, list[int]]:
    """The report and the root of its issue, locked in the order of all others."""
    if field not in FEEDBACK_FIELDS:
        raise wrong("/field", _("Use one of %(known)s.") % {"known": ", ".join(FEEDBACK_FIELDS)})
    lock_launch(row.launch_id)
    match = Match.objects.filter(feedback=row, ended_at=None).first()
    roots = lock_issues(tree.roots_of([match.issue_id]).values()) if match else {}
    row = Feedback.objects.select_for_update(of=("self",)).select_related("launch").get(pk=row.pk)
    if row.triaged_at is None:
        raise Problem(409, _("%(key)s is still in triage; try again in a moment.") % {"key": row.key})
    return row, list(roots)


def _after_verdict(row: Feedback, roots: list[int], data: dict[str, Any], *, actor: Actor, now: datetime) -> None:
    record(row.launch, [Entry(row.key, "issue.field", data)], actor=actor, now=now)
    if roots:
        Issue.objects.filter(pk__in=roots).update(version=F("version") + 1)
        recount(roots, now=now)
        changes.publish(row.launch_id, roots)


def _set_verdict(row: Feedback, field: str, value: Any) -> str:
    """Writes one verdict of a report and says how it is kept; None is no verdict."""
    if value is None and field == "component":
        row.component, row.team, stored = None, None, ""
    elif value is None:
        unsaid: dict[str, Any] = {"severity": None, "language": row.launch.language}
        setattr(row, field, unsaid.get(field, ""))
        stored = ""
    elif field == "component":
        slug = str(value)[:60]
        row.component = Component.objects.filter(launch=row.launch, slug=slug).first() if "\x00" not in slug else None
        if row.component is None:
            raise wrong("/value", _("There is no such %(field)s in this launch.") % {"field": field})
        row.team_id = row.component.team_id
        stored = row.component.slug
    else:
        stored = _CHECKS[field](value)
        setattr(row, field, int(stored) if field == "severity" else stored if stored != NONE else "")
    row.save(update_fields=[*FEEDBACK_FIELDS, "team"])
    return stored
