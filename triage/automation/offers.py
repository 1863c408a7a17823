"""This module offers ready-made rules; one that a lead takes is written like any other, and is off until switched on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hypercare.core.access import Principal
from hypercare.core.models import Launch, OutgoingWebhook
from hypercare.core.problem import not_found
from triage.automation import rules
from triage.models import AutomationRule

_BAD = {"field": "severity", "is": "at_most", "value": "2"}


@dataclass(frozen=True)
class Offer:
    """A rule as it would be written; `calls` adds the launch's first webhook where there is one."""

    code: str
    name: str | Promise
    about: str | Promise
    event: str
    conditions: tuple[dict[str, str], ...]
    actions: tuple[tuple[str, str, str | Promise], ...]
    calls: bool = False


OFFERS = (
    Offer(
        "bad-from-the-start",
        gettext_lazy("SEV1 or SEV2 opened"),
        gettext_lazy("Opens the war room and tells the leads, and a webhook where there is one."),
        "issue.opened",
        (_BAD,),
        (("open_room", "", ""), ("mail", "leads", gettext_lazy("A SEV1 or SEV2 was opened"))),
        calls=True,
    ),
    Offer(
        "got-worse",
        gettext_lazy("Became SEV1 or SEV2"),
        gettext_lazy("The same for what began smaller."),
        "issue.severity_changed",
        (_BAD,),
        (("open_room", "", ""), ("mail", "leads", gettext_lazy("It became SEV1 or SEV2"))),
        calls=True,
    ),
    Offer(
        "promise-overdue",
        gettext_lazy("Promise overdue"),
        gettext_lazy("Its owner is reminded without any rule; this tells the leads too."),
        "promise.overdue",
        (),
        (("mail", "leads", gettext_lazy("A promise is overdue")),),
    ),
    Offer(
        "verified",
        gettext_lazy("Fix verified"),
        gettext_lazy("Tells the issue’s owner that live traffic shows the fix to hold."),
        "fix.judged",
        ({"field": "verdict", "is": "is", "value": "verified"},),
        (("mail", "owner", gettext_lazy("Live traffic shows that the fix holds")),),
    ),
    Offer(
        "not-fixed",
        gettext_lazy("Fix did not help"),
        gettext_lazy("Tells the issue’s owner and notes it on the issue."),
        "fix.judged",
        ({"field": "verdict", "is": "is", "value": "not_fixed, side_effect"},),
        (
            ("mail", "owner", gettext_lazy("Live traffic shows that the fix does not hold")),
            ("note", "", gettext_lazy("Live traffic shows that the fix does not hold")),
        ),
    ),
    Offer(
        "unsafe-answer",
        gettext_lazy("Unsafe AI answer reported"),
        gettext_lazy("Such a report raises its issue to SEV2 without any rule; this tells the leads at once."),
        "feedback.triaged",
        ({"field": "ai_failure", "is": "is", "value": "unsafe, biased, privacy_leak"},),
        (("mail", "leads", gettext_lazy("Somebody reported an unsafe AI answer")),),
    ),
)


def open_offers(launch: Launch) -> Sequence[Offer]:
    """Those whose name no rule of the launch has yet."""
    taken = set(AutomationRule.objects.filter(launch=launch).values_list("name", flat=True))
    return [offer for offer in OFFERS if str(offer.name) not in taken]


def take(launch: Launch, code: str, *, by: Principal, now: datetime) -> AutomationRule:
    """Writes the rule, switched off."""
    offer = next((one for one in OFFERS if one.code == code), None)
    if offer is None:
        raise not_found(_("There is no such ready-made rule."))
    hook = OutgoingWebhook.objects.filter(launch=launch, is_on=True).order_by("pk").first() if offer.calls else None
    done = [{"do": do, "value": value, "text": str(text)} for do, value, text in offer.actions]
    said: dict[str, Any] = {
        "name": str(offer.name),
        "event": offer.event,
        "conditions": list(offer.conditions),
        "actions": [*done, *([{"do": "webhook", "value": hook.name, "text": ""}] if hook else [])],
    }
    return rules.add(launch, said, by=by, now=now)
