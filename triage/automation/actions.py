"""This module names the actions of rules, checks them when they are written and makes them from what is kept."""

from collections.abc import Mapping

from django.utils.translation import gettext as _

from hypercare.core.models import Launch
from hypercare.core.problem import FieldError, Problem, wrong
from triage.automation import acting, labelling, telling
from triage.automation.action import Action

ACTIONS: dict[str, type[Action]] = {
    "set_severity": acting.SetSeverity,
    "set_moscow": acting.SetMoscow,
    "set_business_value": acting.SetValue,
    "set_team": acting.SetTeam,
    "set_owner": acting.SetOwner,
    "set_status": acting.Moving,
    "label": labelling.Labelling,
    "snooze": acting.Sleeping,
    "open_room": acting.OpeningRoom,
    "note": acting.Noting,
    "own_issue": acting.OwnIssue,
    "action_item": acting.ActionItem,
    "mail": telling.Mailing,
    "webhook": telling.Calling,
}
MOST, LONGEST_VALUE, LONGEST_TEXT = 6, 254, 4000
Kept = dict[str, str]


def check(launch: Launch, given: object) -> list[Kept]:
    """The actions as they are kept; Problem 400 naming the one that nothing could come of."""
    if not isinstance(given, list) or not 1 <= len(given) <= MOST:
        raise wrong("/actions", _("Give 1 to %(most)s actions.") % {"most": MOST})
    return [_checked(launch, one, f"/actions/{at}") for at, one in enumerate(given)]


def made(launch: Launch, kept: Mapping[str, str]) -> Action:
    """The action of a rule."""
    return ACTIONS[kept["do"]](launch, kept["value"], kept["text"])


def _checked(launch: Launch, given: object, at: str) -> Kept:
    said = given if isinstance(given, Mapping) else {}
    name, value, text = (str(said.get(part, "")).strip() for part in ("do", "value", "text"))
    if name not in ACTIONS:
        detail = _("Use one of %(known)s.") % {"known": ", ".join(ACTIONS)}
        raise wrong(f"{at}/do", detail)
    if len(value) > LONGEST_VALUE or "\x00" in value:
        detail = _("Write a value of up to %(limit)s characters.") % {"limit": LONGEST_VALUE}
        raise wrong(f"{at}/value", detail)
    try:
        value, text = ACTIONS[name](launch, value, text).check()
    except Problem as problem:
        errors = tuple(FieldError(at + error.pointer, error.detail) for error in problem.errors)
        raise Problem(400, problem.detail, errors=errors) from None
    return {"do": name, "value": value, "text": text}
