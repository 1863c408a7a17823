"""This module makes single rows of the sample story for tests that need a state, not the way to it."""

from datetime import datetime, timedelta

from feedback.models import Channel, Feedback
from gateway_ingest.models import Alert, AlertSeverity, AlertStatus, Source
from hypercare.core.models import Deployment, Environment, Launch, Release
from triage.models import Issue, IssueStatus


def make_issue(launch: Launch, *, now: datetime, **fields) -> Issue:
    """An open SEV2 issue, unless the fields say otherwise."""
    given = {"title": "Product pages answer 503", "severity": 2, "status": IssueStatus.NEW, "opened_at": now} | fields
    return Issue.objects.create(launch=launch, reach_at=now, status_changed_at=now, last_seen_at=now, **given)


def make_feedback(launch: Launch, *, now: datetime, **fields) -> Feedback:
    """A triaged report of a person who wrote through the portal."""
    given = {"channel": Channel.PORTAL, "title": "Basket is empty", "category": "bug"} | fields
    return Feedback.objects.create(
        launch=launch,
        source="test",
        content_digest="0" * 64,
        occurred_at=now,
        received_at=now,
        **{"triaged_at": now + timedelta(seconds=4)} | given,
    )


def make_alert(launch: Launch, *, now: datetime, name: str = "HighErrorRate", **fields) -> Alert:
    """A firing critical alert."""
    source, _made = Source.objects.get_or_create(
        launch=launch, name="gateway", defaults={"digest": f"d{launch.pk}", "hint": "hcs", "created_at": now}
    )
    given = {"severity": AlertSeverity.CRITICAL, "status": AlertStatus.FIRING} | fields
    return Alert.objects.create(
        launch=launch,
        source=source,
        fingerprint=name,
        title=name,
        starts_at=now,
        first_seen_at=now,
        latest_seen_at=now,
        **given,
    )


def make_deployment(launch: Launch, *, now: datetime, version: str) -> Deployment:
    """A release of the first component, live in production."""
    release = Release.objects.create(
        launch=launch, component=launch.components.first(), version=version, created_at=now
    )
    environment, _made = Environment.objects.get_or_create(launch=launch, name="production")
    return Deployment.objects.create(
        launch=launch,
        release=release,
        environment=environment,
        deployed_at=now,
        summary="the 503 fix",
        source="test",
        external_id=version,
    )
