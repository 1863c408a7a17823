"""This module keeps a launch's own rules: written, changed, switched, put in order and removed; each with who and when."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from hypercare.core import happenings
from hypercare.core.access import Principal, check
from hypercare.core.messages import queue_mail
from hypercare.core.models import Launch, Listener, MessageKind, TimelineEntry, User
from hypercare.core.one_line import is_visible, one_line
from hypercare.core.problem import Problem, wrong
from hypercare.core.redaction import redact
from hypercare.core.roles import Right
from hypercare.core.strict_json import clean_text
from hypercare.core.timeline import SYSTEM, Actor, Entry, record
from hypercare.core.webhooks.hooks import who_is_told
from triage.automation import acting, actions, conditions
from triage.models import AutomationRule, Matching

MOST, LONGEST_NAME, LAST_PLACE = 50, 80, 999
# Why a rule is off that nobody switched off.
OWNER, LOOP = "owner", "loop"
_NEEDED = frozenset({Right.MANAGE, Right.TRIAGE})
_WRITTEN = ("name", "event", "matching", "conditions", "actions", "place")


def checked(launch: Launch, said: Mapping[str, Any], *, besides: AutomationRule | None = None) -> dict[str, Any]:
    """A rule's parts as they are kept; Problem 400 with a pointer to each that is wrong."""
    return {
        "name": _name(launch, said.get("name"), besides),
        "event": _one_of(said.get("event"), list(happenings.EVENTS), "event"),
        "matching": _one_of(said.get("matching") or Matching.ALL, Matching.values, "matching"),
        "conditions": conditions.check(launch, said.get("conditions", [])),
        "actions": actions.check(launch, said.get("actions")),
        "place": _place(launch, said.get("place"), besides),
    }


@transaction.atomic
def add(launch: Launch, said: Mapping[str, Any], *, by: Principal, now: datetime) -> AutomationRule:
    """A new rule; it is off until somebody switches it on."""
    _check_rights(launch, by)
    happenings.hold_wishes(launch.pk)  # so that two of one name at once are told so like any two
    if AutomationRule.objects.filter(launch=launch).count() >= MOST:
        raise Problem(409, _("A launch has up to %(most)s rules of its own.") % {"most": MOST})
    parts = checked(launch, said)
    rule = AutomationRule.objects.create(
        launch=launch, owner=by.user, owner_name=by.actor.name, created_at=now, **parts
    )
    _note(rule, "automation.added", _as_told(parts), actor=by.actor, now=now)
    return rule


@transaction.atomic
def change(
    rule: AutomationRule, said: Mapping[str, Any], *, by: Principal, now: datetime, version: int | None = None
) -> AutomationRule:
    """Other parts; whoever says it owns the rule from then on. 409 where somebody changed it meanwhile."""
    _check_rights(rule.launch, by)
    rule = _locked(rule)
    _check_version(rule, version)
    before = {name: getattr(rule, name) for name in _WRITTEN}
    parts = checked(rule.launch, before | dict(said), besides=rule)
    for name, value in parts.items():
        setattr(rule, name, value)
    rule.owner, rule.owner_name, rule.version = by.user, by.actor.name, rule.version + 1
    rule.save()
    old, new = _as_told(before), _as_told(parts)
    told = {name: {"old": old[name], "new": new[name]} for name in new if old[name] != new[name]}
    _note(rule, "automation.changed", {"name": rule.name} | told, actor=by.actor, now=now)
    return rule


@transaction.atomic
def switch(
    rule: AutomationRule, *, on: bool, by: Principal, now: datetime, version: int | None = None
) -> AutomationRule:
    """On with the rights of who says it, or off; what is off hears of nothing, also later. 409 as for a change."""
    rule = _locked(rule)
    _check_version(rule, version)
    if rule.is_on == on:
        return rule
    if on and rule.launch.closed_at:
        raise Problem(409, _("%(launch)s is closed; no rule runs in it.") % {"launch": rule.launch.name})
    if on:
        _check_rights(rule.launch, by)
        rule.owner, rule.owner_name = by.user, by.actor.name
    rule.is_on, rule.off_why = on, ""
    rule.save(update_fields=["is_on", "off_why", "owner", "owner_name"])
    _note(rule, "automation.on" if on else "automation.off", {"name": rule.name}, actor=by.actor, now=now)
    return rule


@transaction.atomic
def remove(rule: AutomationRule, *, actor: Actor, now: datetime) -> None:
    """Removes it with its runs; what it did stays, and so does its history."""
    rule = _locked(rule)
    launch = rule.launch
    record(launch, [Entry(rule.key, "automation.removed", {"name": rule.name})], actor=actor, now=now)
    rule.delete()
    listen(launch)


def stop(rule: AutomationRule, why: str, *, now: datetime) -> None:
    """Switches it off by itself, in the caller's transaction, and tells its owner, or who steers where that one may not."""
    happenings.hold_wishes(rule.launch_id)
    if not AutomationRule.objects.filter(pk=rule.pk, is_on=True).update(is_on=False, off_why=why):
        return
    rule.is_on, rule.off_why = False, why
    _note(rule, "automation.off", {"name": rule.name, "why": why}, actor=SYSTEM, now=now)
    for person in who_is_told(rule.launch, rule.owner):
        _tell(rule, person, now=now)


def owner_may(rule: AutomationRule) -> bool:
    """Whether its owner may do now what writing a rule, and what rules do, needs."""
    owner = rule.owner
    return bool(owner and owner.is_active and Principal(owner).rights_in(rule.launch) >= _NEEDED)


def _check_rights(launch: Launch, by: Principal) -> None:
    """A token that may manage and not triage must not triage by way of a rule."""
    for right in sorted(_NEEDED):
        check(by, launch, right=right)


def why_off(rule: AutomationRule) -> str:
    """In words why it is off by itself; empty where a person wanted it so."""
    if rule.off_why == OWNER:
        said = _("It stopped: %(owner)s, with whose rights it acted, may no longer manage this launch.")
        return said % {"owner": rule.owner_name}
    if rule.off_why == LOOP:
        return _("It stopped: it was held back too often for running in circles. Its runs say where.")
    return ""


def listen(launch: Launch) -> None:
    """Waits for what the launch's rules that are on wait for."""
    happenings.hold_wishes(launch.pk)
    wanted = AutomationRule.objects.filter(launch=launch, is_on=True).values_list("event", flat=True)
    happenings.listen(launch, Listener.RULES, wanted)


def history_of(rule: AutomationRule, *, most: int) -> list[TimelineEntry]:
    """Who changed what and when, newest first."""
    rows = TimelineEntry.objects.filter(launch=rule.launch, subject=rule.key).order_by("-id")
    return list(rows[:most])


def _locked(rule: AutomationRule) -> AutomationRule:
    happenings.hold_wishes(rule.launch_id)  # before the row, as `stop` does for several rows of one transaction
    rows = AutomationRule.objects.select_for_update(of=("self",)).select_related("launch", "owner")
    return rows.get(pk=rule.pk)


def _check_version(rule: AutomationRule, version: int | None) -> None:
    if version is not None and version != rule.version:
        detail = _("“%(name)s” was changed by %(who)s meanwhile. Look at it again.")
        raise Problem(409, detail % {"name": rule.name, "who": rule.owner_name}, version=rule.version)


def _note(rule: AutomationRule, kind: str, data: dict[str, Any], *, actor: Actor, now: datetime) -> None:
    listen(rule.launch)
    record(rule.launch, [Entry(rule.key, kind, data)], actor=actor, now=now)


def _as_told(parts: Mapping[str, Any]) -> dict[str, Any]:
    """The parts as the history keeps them: what people wrote into actions only by its place."""
    told = [f"{one['do']} {one['value']}".strip() for one in parts["actions"]]
    asked = [f"{one['field']} {one['is']} {one['value']}" for one in parts["conditions"]]
    return {
        "name": parts["name"],
        "event": parts["event"],
        "matching": str(parts["matching"]),
        "conditions": asked,
        "actions": told,
        "place": parts["place"],
    }


def _name(launch: Launch, given: object, besides: AutomationRule | None) -> str:
    name = one_line(given) if isinstance(given, str) and not clean_text(given) else ""
    if not is_visible(name) or len(name) > LONGEST_NAME or redact(name).text != name:
        raise wrong("/name", _("Write a name of 1 to %(limit)s characters.") % {"limit": LONGEST_NAME})
    same = AutomationRule.objects.filter(launch=launch, name=name).exclude(pk=besides.pk if besides else 0)
    if same.exists():
        raise wrong("/name", _("There is a rule of this name already."))
    return name


def _place(launch: Launch, given: object, besides: AutomationRule | None) -> int:
    if given in (None, ""):
        if besides:
            return besides.place
        last: int = AutomationRule.objects.filter(launch=launch).aggregate(last=Max("place"))["last"] or 0
        return min(last + 1, LAST_PLACE)
    text = str(given)
    is_number = (
        not isinstance(given, bool) and text.isascii() and text.isdecimal() and len(text) <= acting.LONGEST_NUMBER
    )
    if not is_number or not 1 <= int(text) <= LAST_PLACE:
        raise wrong("/place", _("Write a number from 1 to %(most)s.") % {"most": LAST_PLACE})
    return int(text)


def _one_of(given: object, known: list[str], field: str) -> str:
    if str(given) not in known:
        raise wrong(f"/{field}", _("Use one of %(known)s.") % {"known": ", ".join(known)})
    return str(given)


def _tell(rule: AutomationRule, person: User, *, now: datetime) -> None:
    with override(person.language):
        link = settings.PUBLIC_URL + reverse("triage:automation_rule", args=[rule.launch.slug, rule.key])
        said = {"name": rule.name, "launch": rule.launch.name}
        parts = [
            _("The rule “%(name)s” of %(launch)s was switched off.") % said,
            why_off(rule),
            _("Its runs, and the switch: %(link)s") % {"link": link},
        ]
        queue_mail(
            launch=rule.launch, kind=MessageKind.SWITCHED_OFF, about=rule.key, to_address=person.email,
            language=person.language, subject=_("Rule “%(name)s” was switched off") % said,
            text="\n\n".join(parts), once_key=f"rule-off:{rule.pk}:{now.timestamp()}:{person.pk}", now=now,
        )  # fmt: skip
