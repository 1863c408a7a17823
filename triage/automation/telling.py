"""This module holds the actions that tell somebody: a mail through the Outbox, or a message to one of the webhooks."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from hypercare.core.access import Principal
from hypercare.core.happenings import EVENTS
from hypercare.core.messages import queue_mail
from hypercare.core.models import MessageKind, OutgoingWebhook, User
from hypercare.core.problem import Problem, wrong
from hypercare.core.roles import STEERING, Right
from hypercare.core.webhooks import hooks, queue
from hypercare.core.webhooks.payload import address_of, body_of, codes_of
from triage.automation.acting import LEAD, OWNER, line, member_of
from triage.automation.action import Action, Doing, Seen
from triage.automation.conditions import FIELDS
from triage.automation.facts import Facts

TEAM = "team"
CALLED = "rule.called"


class Mailing(Action):
    """A mail to the issue's owner, its team, the leads or a member."""

    title = gettext_lazy("Send a mail to")
    asks = gettext_lazy("owner, team, leads, or a member’s e-mail")
    has_text = True
    needs_issue = False

    def check(self) -> tuple[str, str]:
        if self.value not in (OWNER, TEAM, LEAD):
            member_of(self.launch, self.value)
        return self.value.lower(), line(self.text)

    def choices(self) -> Sequence[str]:
        members = FIELDS["owner"].choices
        return [OWNER, TEAM, LEAD, *(members(self.launch) if members else [])]

    def seen(self, facts: Facts, *, now: datetime) -> Seen:
        if not self._to(facts):
            return self.refused(_("there is nobody to send it to"))
        return super().seen(facts, now=now)

    def do(self, facts: Facts, doing: Doing) -> None:
        to = self._to(facts)
        if not to:
            raise Problem(409, _("There is nobody to send it to."))
        for address, language in to.items():
            with override(language):
                self._queue(facts, doing, address, language)

    def _queue(self, facts: Facts, doing: Doing, address: str, language: str) -> None:
        event = EVENTS[doing.rule.event]
        key = facts.issue.key if facts.issue else facts.happening.subject
        parts = [
            self.text,
            f"{event.words}: {key} {facts.issue.title if facts.issue else ''}".strip(),
            address_of(self.launch, key),
            _("The rule “%(name)s” of %(launch)s sends you this.") % {
                "name": doing.rule.name, "launch": self.launch.name},
        ]  # fmt: skip
        queue_mail(
            launch=self.launch, kind=MessageKind.RULE, about=key[:40], to_address=address, language=language,
            subject=f"{key}: {self.text}", text="\n\n".join(parts),
            once_key=f"rule:{doing.run}:{doing.number}:{address}"[:160], now=doing.now,
        )  # fmt: skip

    def _to(self, facts: Facts) -> dict[str, str]:
        """Addresses with the language each is written to in; who may not read the launch any more gets nothing."""
        if self.value == TEAM:
            team = facts.issue.team if facts.issue else None
            return {team.email: self.launch.language} if team and team.email else {}
        if self.value == OWNER:
            people = [facts.issue.owner] if facts.issue and facts.issue.owner else []
        elif self.value == LEAD:
            rows = User.objects.filter(memberships__launch=self.launch, memberships__role__in=STEERING, is_active=True)
            people = list(rows.distinct().order_by("pk"))
        else:
            people = list(User.objects.filter(email=self.value, is_active=True))
        may = [person for person in people if Right.READ in Principal(person).rights_in(self.launch)]
        return {person.email: person.language for person in may}


class Calling(Action):
    """A message to a webhook of the launch, with what the issue is."""

    title = gettext_lazy("Call the webhook")
    asks = gettext_lazy("the name of a webhook")
    needs_issue = False

    def check(self) -> tuple[str, str]:
        if self._hook() is None:
            known = ", ".join(self.choices()) or _("nothing yet")
            raise wrong("/value", _("There is no such webhook in this launch; there is: %(known)s.") % {"known": known})
        return self.value, ""

    def choices(self) -> Sequence[str]:
        rows = OutgoingWebhook.objects.filter(launch=self.launch).order_by("name")
        return list(rows.values_list("name", flat=True))

    def seen(self, facts: Facts, *, now: datetime) -> Seen:
        hook = self._hook()
        if hook is None or not hook.is_on or not hooks.may(hook, Right.MANAGE):
            return self.refused(_("it is off or gone"))
        return super().seen(facts, now=now)

    def do(self, facts: Facts, doing: Doing) -> None:
        hook = self._hook()
        if hook is None or not hook.is_on:
            raise Problem(409, _("The webhook is off or gone."))
        happening = facts.happening
        told = {"rule": doing.rule.key, "event": doing.rule.event, "issue": _issue_facts(facts)}
        body = body_of(
            self.launch, event=CALLED, subject=happening.subject, occurred_at=happening.occurred_at,
            facts=codes_of(happening.data) | told, by="rule",
        )  # fmt: skip
        once = f"{hook.pk}-run-{doing.run}-{doing.number}"
        queue.put(hook, event=CALLED, subject=happening.subject, body=body, once_key=once, now=doing.now)

    def _hook(self) -> OutgoingWebhook | None:
        rows = OutgoingWebhook.objects.filter(launch=self.launch, name=self.value[:80])
        return rows.select_related("owner", "launch").first() if self.value.isprintable() else None


def _issue_facts(facts: Facts) -> dict[str, Any] | None:
    """What an issue is, in codes and numbers; its title is in people's words and stays here."""
    issue = facts.issue
    if issue is None:
        return None
    return {
        "id": issue.key,
        "severity": issue.severity,
        "status": issue.status,
        "category": issue.category,
        "component": issue.component.slug if issue.component else None,
        "team": issue.team.name if issue.team else None,
        "moscow": issue.moscow,
        "reach": issue.reach_value,
        "reports": issue.feedback_count,
    }
