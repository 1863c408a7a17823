"""This module makes one of everything in a launch, so that each address has something to point at."""

from datetime import timedelta

from django.core.files.base import ContentFile

from feedback import receipts
from feedback.models import Attachment, Quarantined, ReceiptLink
from gateway_ingest.dead_letters import keep
from gateway_ingest.models import ApiDescription, Heartbeat, SourceRoute
from hypercare.core import clock
from hypercare.core.messages import queue_mail
from hypercare.core.models import (
    FieldDefinition,
    Launch,
    MaintenanceWindow,
    Message,
    MessageKind,
    MetricDefinition,
    Team,
)
from hypercare.core.secrets import digest
from hypercare.core.subscriptions import subscriptions_of
from hypercare.core.timeline import SYSTEM
from tests.integration.rows import make_alert, make_deployment, make_feedback, make_issue
from tests.integration.traffic import call, store
from triage.exit.defaults import ensure_criteria
from triage.models import BoardChange, Fix, How, SavedView, ShiftNote, TicketImport
from triage.reports.draft import preview
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
        "view": str(
            SavedView.objects.create(
                launch=launch, owner=launch.memberships.earliest("pk").user, name="V", visibility="team", saved_at=now
            ).pk
        ),
        "code": f"X{launch.pk}",
        **_room(issue, now),
        "day": f"{daily.day:%Y-%m-%d}",
    }


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
