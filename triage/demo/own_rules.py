"""This module writes two rules and a webhook of the sample launch, and lets them act on its past as a worker would have.

The webhook's address is made up, like all in the story: its log shows honestly that nobody of that name answers.
"""

from datetime import datetime

from django.utils.translation import gettext as _

from hypercare.core.access import Principal
from hypercare.core.models import OutgoingWebhook
from hypercare.core.sealing import seal
from hypercare.core.timeline import Actor
from hypercare.core.webhooks import hooks, queue
from hypercare.core.webhooks.signing import new_secret
from triage.automation import rules, running
from triage.demo.stage import Stage

_BAD = {"field": "severity", "is": "at_most", "value": "2"}


def write(stage: Stage, *, now: datetime) -> None:
    """What the launch's lead set up before the go-live."""
    lead = stage.people["priya"]
    by = Principal(lead)
    hook = OutgoingWebhook.objects.create(
        launch=stage.launch, name=_("Team chat"), url="https://chat.meridian.example/hooks/hypercare",
        events=["room.opened", "fix.judged"], sealed=seal(new_secret()), owner=lead,
        owner_name=Actor.person(lead).name, created_at=now,
    )  # fmt: skip
    hooks.listen(stage.launch)
    for said in (
        {
            "name": _("SEV1 and SEV2 into the team chat"),
            "event": "issue.severity_changed",
            "conditions": [_BAD],
            "actions": [
                {"do": "webhook", "value": hook.name},
                {"do": "mail", "value": "leads", "text": _("It became SEV1 or SEV2")},
            ],
        },
        {
            "name": _("Ask for a workaround"),
            "event": "issue.opened",
            "conditions": [_BAD],
            "actions": [{"do": "note", "text": _("Is there a workaround that we can tell people today?")}],
        },
    ):
        rules.switch(rules.add(stage.launch, said, by=by, now=now), on=True, by=by, now=now)


def act(*, now: datetime) -> None:
    """Lets both act on what happened up to a moment."""
    while queue.fan_out(now=now):
        continue
    while running.run_waiting(clock=lambda: now):
        continue
