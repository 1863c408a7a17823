"""This module holds the actions that change an issue: its fields, its status, its sleep, its room, its notes."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from feedback.models import Feedback
from hypercare.core.access import Principal
from hypercare.core.given_reasons import given_reason
from hypercare.core.models import Commitment, Launch, TimelineEntry, User
from hypercare.core.problem import Problem, wrong
from hypercare.core.roles import Right
from triage import lifecycle, notes, overrides, snooze
from triage.automation import own_issue
from triage.automation.action import Action, Doing, Seen
from triage.automation.conditions import FIELDS
from triage.automation.facts import Facts
from triage.automation.vouching import nobody_vouched
from triage.board import changes
from triage.models import Issue, IssueStatus, Moscow, Origin
from triage.warroom import promises, rooms

OWNER, LEAD = "owner", "leads"
LONGEST_WHAT = 500
LONGEST_NUMBER = 6
DUE_IN = timedelta(hours=24)
_NOBODY = "none"


def issue_of(facts: Facts) -> Issue:
    """The issue, of an action that looked before and found one."""
    issue = facts.issue
    if issue is None:
        raise Problem(409, _("No issue belongs to it."))
    return issue


class Setting(Action):
    """Sets a field; a person's word about it stands, another rule's or a machine's gives way."""

    field: ClassVar[str]

    def check(self) -> tuple[str, str]:
        value = "" if self.value == _NOBODY and self.field in overrides.RELATED else self.value
        try:
            stored = overrides.stored_value(self.launch, self.field, value)
        except Problem as problem:
            raise wrong("/value", problem.detail) from None
        return stored or _NOBODY, ""

    def choices(self) -> Sequence[str]:
        known = FIELDS[self.field].choices if self.field in FIELDS else None
        return known(self.launch) if known else []

    @property
    def _stored(self) -> str:
        return "" if self.value == _NOBODY else self.value

    def seen(self, facts: Facts, *, now: datetime) -> Seen:
        issue, held = issue_of(facts), facts.about.held.get(self.field)
        if held and held.origin == Origin.PERSON:
            return self.refused(_("%(person)s decided it, and that stands until released") % {"person": held.decider})
        present = overrides.shown_value(issue, self.field)
        if self.field == "owner" and issue.owner and held is None and present != self._stored:
            return self.refused(_("%(person)s has it") % {"person": issue.owner})
        if held and present == self._stored:
            return self.nothing(_("a rule set it so already"))
        return super().seen(facts, now=now)

    def do(self, facts: Facts, doing: Doing) -> None:
        value = overrides.stored_value(self.launch, self.field, self._stored)  # people leave, and components go
        issue = lifecycle.lock(issue_of(facts).pk)
        overrides.set_by_rule(
            issue, field=self.field, value=value, reason=doing.reason, actor=doing.actor, now=doing.now
        )
        changes.publish(issue.launch_id, [issue.pk])


class SetSeverity(Setting):
    """How bad it is."""

    field = "severity"
    title = gettext_lazy("Set severity to")
    asks = gettext_lazy("1 to 5")

    def choices(self) -> Sequence[str]:
        return ["1", "2", "3", "4", "5"]

    def seen(self, facts: Facts, *, now: datetime) -> Seen:
        if self.value == "1" and nobody_vouched(issue_of(facts)):
            return self.refused(_("only strangers reported it, and no person has looked at it yet"))
        return super().seen(facts, now=now)


class SetMoscow(Setting):
    """What must be done and what waits."""

    field = "moscow"
    title = gettext_lazy("Set MoSCoW to")

    def choices(self) -> Sequence[str]:
        return [str(value) for value in Moscow.values]


class SetValue(Setting):
    """What it is worth to the business."""

    field = "business_value"
    title = gettext_lazy("Set business value to")
    asks = gettext_lazy("0 to 10")


class SetTeam(Setting):
    """Whose it is."""

    field = "team"
    title = gettext_lazy("Give it to the team")


class SetOwner(Setting):
    """Who works on it."""

    field = "owner"
    title = gettext_lazy("Make its owner")
    asks = gettext_lazy("a member’s e-mail")


class Moving(Action):
    """To another status, where the table of transitions allows it and no person moved it meanwhile."""

    title = gettext_lazy("Move it to")
    has_text = True

    def check(self) -> tuple[str, str]:
        if self.value not in self.choices():
            raise wrong("/value", _("Use one of %(known)s.") % {"known": ", ".join(self.choices())})
        return self.value, _reason(self.text)

    def choices(self) -> Sequence[str]:
        return [str(status) for status in IssueStatus if status not in (IssueStatus.NEW, IssueStatus.DUPLICATE)]

    def seen(self, facts: Facts, *, now: datetime) -> Seen:
        issue = issue_of(facts)
        if issue.status == self.value:
            return self.nothing(_("it is there already"))
        if refusal := lifecycle.Move(self.value, self.text or self.value).refusal(issue):
            return self.refused(refusal.detail)
        return super().seen(facts, now=now)

    def do(self, facts: Facts, doing: Doing) -> None:
        issue = issue_of(facts)
        moved = TimelineEntry.objects.filter(launch=self.launch, subject=issue.key, kind="issue.status")
        if moved.filter(recorded_at__gt=facts.happening.recorded_at, actor__isnull=False).exists():
            raise Problem(409, _("A person moved it since."))
        lifecycle.move(issue.pk, to=self.value, reason=self.text or doing.reason, actor=doing.actor, now=doing.now)


class Sleeping(Action):
    """Out of sight for some hours, or until it gets worse."""

    title = gettext_lazy("Snooze it for hours:")
    asks = gettext_lazy("a number of hours")

    def check(self) -> tuple[str, str]:
        most = int(snooze.LONGEST / timedelta(hours=1))
        is_number = self.value.isascii() and self.value.isdecimal() and len(self.value) <= LONGEST_NUMBER
        if not is_number or not 1 <= int(self.value) <= most:
            raise wrong("/value", _("Write a number of hours from 1 to %(most)s.") % {"most": most})
        return str(int(self.value)), ""

    def seen(self, facts: Facts, *, now: datetime) -> Seen:
        issue = issue_of(facts)
        if refusal := snooze.refusal(issue):
            return self.refused(refusal.detail)
        return self.nothing(_("it sleeps already")) if issue.snoozed_until else super().seen(facts, now=now)

    def do(self, facts: Facts, doing: Doing) -> None:
        issue = lifecycle.lock(issue_of(facts).pk)
        until = doing.now + timedelta(hours=int(self.value))
        snooze.lay_to_sleep([issue], until=until, wake_if_worse=True, actor=doing.actor, now=doing.now)
        changes.publish(issue.launch_id, [issue.pk])


class OpeningRoom(Action):
    """Its war room."""

    title = gettext_lazy("Open its war room")

    def seen(self, facts: Facts, *, now: datetime) -> Seen:
        if room := facts.about.room:
            return self.nothing(_("%(room)s is open") % {"room": room.key})
        if not issue_of(facts).is_open:
            return self.refused(_("it is ended"))
        if nobody_vouched(issue_of(facts)):
            return self.refused(_("only strangers reported it, and no person has looked at it yet"))
        if rooms.was_closed_as_it_is(issue_of(facts)):
            return self.refused(_("a person closed its room, and its severity is the same since"))
        return super().seen(facts, now=now)

    def do(self, facts: Facts, doing: Doing) -> None:
        rooms.open_room(issue_of(facts), reason=doing.reason, actor=doing.actor, now=doing.now, origin=Origin.RULE)


class Noting(Action):
    """A note for the team."""

    title = gettext_lazy("Write a note on it")
    has_text = True

    def check(self) -> tuple[str, str]:
        try:
            return "", notes.kept_note(self.text)
        except Problem as problem:
            raise wrong("/text", problem.detail) from None

    def do(self, facts: Facts, doing: Doing) -> None:
        notes.add_note(issue_of(facts), text=self.text, actor=doing.actor, now=doing.now)


class OwnIssue(Action):
    """An issue for the report alone."""

    title = gettext_lazy("Open an issue of its own for the report")
    needs_issue = False

    def seen(self, facts: Facts, *, now: datetime) -> Seen:
        row = facts.about.report
        if row is None:
            return self.refused(_("it is not about a report"))
        if why := own_issue.refusal(row):
            return self.refused(why)
        return self.nothing(_("it has one")) if own_issue.has_own(row) else super().seen(facts, now=now)

    def do(self, facts: Facts, doing: Doing) -> None:
        row = Feedback.objects.select_related("launch").get(pk=facts.about.report.pk if facts.about.report else 0)
        own_issue.open_own(row, reason=doing.reason, actor=doing.actor, now=doing.now)


class ActionItem(Action):
    """Something somebody is to do within a day."""

    title = gettext_lazy("Give an action, due in a day, to")
    asks = gettext_lazy("owner, or a member’s e-mail")
    has_text = True

    def check(self) -> tuple[str, str]:
        if self.value != OWNER:
            member_of(self.launch, self.value)
        return self.value.lower(), line(self.text)

    def choices(self) -> Sequence[str]:
        members = FIELDS["owner"].choices
        return [OWNER, *(members(self.launch) if members else [])]

    def seen(self, facts: Facts, *, now: datetime) -> Seen:
        if self.value == OWNER and issue_of(facts).owner is None:
            return self.refused(_("nobody owns the issue"))
        same = Commitment.objects.filter(launch=self.launch, about=self._about(facts), what=self.text, ended_at=None)
        return self.nothing(_("it is promised already")) if same.exists() else super().seen(facts, now=now)

    def do(self, facts: Facts, doing: Doing) -> None:
        person = issue_of(facts).owner if self.value == OWNER else member_of(self.launch, self.value)
        if person is None:
            raise Problem(409, _("Nobody owns the issue."))
        promises.promise(
            self.launch, about=self._about(facts), what=self.text, owner=person, due_at=doing.now + DUE_IN,
            actor=doing.actor, now=doing.now,
        )  # fmt: skip

    def _about(self, facts: Facts) -> str:
        return facts.about.room.key if facts.about.room else issue_of(facts).key


def member_of(launch: Launch, email: str) -> User:
    """The person of that address who works in the launch; Problem 400 for nobody."""
    found = (
        User.objects.filter(email=email.strip().lower()[:254], is_active=True).first() if email.isprintable() else None
    )
    if found is None or Right.TRIAGE not in Principal(found).rights_in(launch):
        raise wrong("/value", _("Nobody of that address works in this launch."))
    return found


def line(text: str) -> str:
    """What is to be done, in one line."""
    try:
        return given_reason(text, longest=LONGEST_WHAT, has_lines=False, asked=_("Say it in a line."))
    except Problem as problem:
        raise wrong("/text", problem.detail) from None


def _reason(text: str) -> str:
    try:
        return given_reason(text, longest=LONGEST_WHAT, has_lines=False)
    except Problem as problem:
        raise wrong("/text", problem.detail) from None
