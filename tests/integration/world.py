"""This module makes one of everything in a launch, so that each address has something to point at."""

from datetime import timedelta

from django.core.files.base import ContentFile

from feedback import receipts
from feedback.models import Attachment, Quarantined, ReceiptLink
from gateway_ingest.dead_letters import keep
from gateway_ingest.models import ApiDescription, Heartbeat, SourceRoute
from hypercare.core import clock
from hypercare.core.access import Principal
from hypercare.core.messages import queue_mail
from hypercare.core.models import (
    FieldDefinition,
    Launch,
    MaintenanceWindow,
    Message,
    MessageKind,
    MetricDefinition,
    OutgoingWebhook,
    Team,
)
from hypercare.core.sealing import seal
from hypercare.core.secrets import digest
from hypercare.core.subscriptions import subscriptions_of
from hypercare.core.timeline import SYSTEM
from hypercare.core.webhooks import queue
from tests.integration.rows import make_alert, make_deployment, make_feedback, make_issue
from tests.integration.traffic import call, store
from triage.automation import rules
from triage.board import readers
from triage.exit.defaults import ensure_criteria
from triage.knowledge.writing import Content, draft, publish
from triage.models import BoardChange, Fix, How, SavedView, ShiftNote, TicketImport
from triage.reports.draft import preview
from triage.review.writing import begin
from triage.rootcause import bones, risks, whys
from triage.votes.rounds import Question, open_round
from triage.warroom.promises import promise
from triage.warroom.rooms import open_room


def things_in(launch: Launch, *, days_ago: int) -> dict[str, str]:
    """The names of one of everything in the launch, as they stand in addresses; its report is of a day of its own."""
    now = clock.now()
    ensure_criteria(launch)
    launch.exit_criteria.filter(code="E1").update(code=f"X{launch.pk}")
    issue, report = make_issue(launch, now=now), make_feedback(launch, now=now)
    alert, deployed = make_alert(launch, now=now), make_deployment(launch, now=now, version="1.8.2")
    Fix.objects.create(issue=issue, deployment=deployed, how=How.HAND, linked_at=now)
    trace = f"{launch.pk:032x}"
    store(launch, [call(now, trace_id=trace)], now=now)
    described = ApiDescription.objects.create(
        launch=launch, title="Shop", operations=[["GET", "/products/{id}", False]], uploaded_at=now
    )
    ReceiptLink.objects.create(feedback=report, digest=digest(receipts.secret_of(report.pk)), created_at=now)
    member = launch.memberships.exclude(role__in=["lead", "admin"]).order_by("pk").first() or launch.memberships.get()
    daily = preview(launch, now=now - timedelta(days=days_ago))
    daily.sent_at, daily.html = now, "<p>Day 9</p>"
    daily.save()
    return {
        "slug": launch.slug,
        "member": str(member.pk),
        "team": str(Team.objects.create(launch=launch, name="Walkers").pk),
        "component": str(launch.components.earliest("pk").pk),
        "field": str(FieldDefinition.objects.create(launch=launch, key="store", label="Store", kind="text").pk),
        "metric": str(MetricDefinition.objects.create(launch=launch, name="queue_length").pk),
        "key": str(launch.keys.get().pk),
        "widget": launch.keys.get().key,
        "message": _message(launch),
        "mail": _message(None, f"none-{launch.pk}"),
        "stop": subscriptions_of(launch, [member.user])[member.user.pk].secret,
        "issue": issue.key,
        "feedback": report.key,
        "secret": receipts.secret_of(report.pk),
        "attachment": _attachment(report, now),
        "quarantined": _quarantined(launch, now),
        "source": str(alert.source.pk),
        "alert": str(alert.pk),
        "route": str(_route(alert.source, now)),
        "trace": trace,
        "deployment": str(deployed.pk),
        "description": str(described.pk),
        "letter": str(keep(alert.source, b"{}", reason="Unknown", format_name="", now=now).pk),
        "heartbeat": str(
            Heartbeat.objects.create(source=alert.source, name=f"beat {launch.pk}", last_at=now, interval=60).pk
        ),
        "maintenance": str(
            MaintenanceWindow.objects.create(
                launch=launch, begins_at=now, ends_at=now + timedelta(hours=1), reason="New disk", set_by="Alice"
            ).pk
        ),
        "tickets": str(TicketImport.objects.create(launch=launch, name="Jira", uploaded_at=now).pk),
        "change": str(
            BoardChange.objects.create(
                launch=launch, actor=launch.memberships.earliest("pk").user, action="wake", ordered_at=now
            ).pk
        ),
        **_view(launch, now),
        "code": f"X{launch.pk}",
        **_automation(launch, now),
        **_causes(issue, now),
        **_room(issue, now),
        "vote": _vote(issue, now),
        "article": _runbook(issue, now),
        "day": f"{daily.day:%Y-%m-%d}",
    }


def _view(launch, now):
    """A view that everyone sees, and the secret of one who reads it by mail."""
    owner = launch.memberships.earliest("pk").user
    view = SavedView.objects.create(launch=launch, owner=owner, name="V", visibility="team", saved_at=now)
    return {"view": str(view.pk), "view_stop": readers.begin(view, owner, often="daily", now=now).secret}


def _room(issue, now):
    """A room of the issue, and an action in it."""
    room = open_room(issue, reason="Sales are lost", actor=SYSTEM, now=now)
    made = promise(
        issue.launch, about=room.key, what="Warm the caches", owner=issue.launch.memberships.earliest("pk").user,
        due_at=now + timedelta(hours=1), actor=SYSTEM, now=now,
    )  # fmt: skip
    note = ShiftNote.objects.create(
        launch=issue.launch, begins_at=now, handed_at=now, giver_name="Alice", taker_name="Bob"
    )
    return {"room": room.key, "promise": made.key, "shift": note.key}


def _automation(launch, now):
    """A webhook with a message in its log, and a rule that is off."""
    steers = launch.memberships.earliest("pk").user
    hook = OutgoingWebhook.objects.create(
        launch=launch,
        name="chat",
        url="https://chat.example/",
        sealed=seal("whsec_dGVzdA=="),
        owner=steers,
        created_at=now,
    )
    told = queue.put(hook, event="issue.opened", subject="IS-1", body="{}", once_key=f"walk-{launch.pk}", now=now)
    said = {"name": "Room", "event": "issue.opened", "actions": [{"do": "open_room"}]}
    rule = rules.add(launch, said, by=Principal(steers), now=now)
    numbers = {"webhook": str(hook.pk), "delivery": str(told.pk), "automation": str(rule.pk)}
    return numbers | {"hook": hook.key, "rule": rule.key}


def _vote(issue, now):
    """A vote about the issue and another one."""
    other = make_issue(issue.launch, now=now, title="Basket is empty")
    question = Question("What first?", [issue, other], "points", now + timedelta(days=1))
    return open_round(issue.launch, question, actor=SYSTEM, now=now).key


def _causes(issue, now):
    """A why, a bone and a risk."""
    why = whys.add(issue, whys.WhySaid("The pool is full"), under=None, actor=SYSTEM, now=now)
    bone = bones.add(issue, bones.BoneSaid("People"), under=None, actor=SYSTEM, now=now)
    rated = {"failure": "Fire", "severity": 9, "occurrence": 1, "detection": 1}
    risk = risks.add(issue.launch, risks.RiskSaid(rated), actor=SYSTEM, now=now)
    return {"why": str(why.pk), "bone": str(bone.pk), "risk": risk.key}


def _runbook(issue, now):
    """A runbook that was made from the issue, whose review is begun."""
    begin(issue, actor=SYSTEM, now=now)
    content = Content("Warm the caches", steps="Warm the most visited pages.")
    made = draft(issue.launch, kind="runbook", content=content, issue=issue, actor=SYSTEM, now=now)
    return publish(made, actor=SYSTEM, now=now).key


def _message(launch, name=""):
    once = name or f"walk-{launch.pk}"
    queue_mail(
        launch=launch, kind=MessageKind.RECEIPT, about="", to_address="x@example.org", language="en",
        subject="Hello", text="Hello", html="<p>Hello</p>", once_key=once, now=clock.now(),
    )  # fmt: skip
    return str(Message.objects.get(once_key=once).pk)


def _attachment(report, now):
    kept = Attachment(feedback=report, name="a.txt", content_type="text/plain", size=1, digest="0" * 64, created_at=now)
    kept.file.save("a.txt", ContentFile(b"a"))
    return str(kept.pk)


def _route(source, now):
    made = SourceRoute.objects.create(
        source=source, launch=source.launch, field="host", value="shop.example.org", made_at=now
    )
    return made.pk


def _quarantined(launch, now):
    kept = Quarantined.objects.create(launch=launch, report={"kind": "", "title": "x"}, reason="rate", received_at=now)
    return str(kept.pk)
