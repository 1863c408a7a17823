"""This module holds what machines say is wrong: alerts and their changes."""

from datetime import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _

from feedback.models import Feedback
from gateway_ingest.models.sources import Source
from hypercare.core.models import Component, Launch, User


class AlertSeverity(models.TextChoices):
    """How loud the machine is."""

    CRITICAL = "critical", _("Critical")
    HIGH = "high", _("High")
    WARNING = "warning", _("Warning")
    INFO = "info", _("Info")
    LOW = "low", _("Low")


class AlertStatus(models.TextChoices):
    """What the alert says of itself."""

    FIRING = "firing", _("Firing")
    ACKNOWLEDGED = "acknowledged", _("Acknowledged")
    RESOLVED = "resolved", _("Resolved")
    SUPPRESSED = "suppressed", _("Suppressed")


class Alert(models.Model):
    """The state of one key of one source in one launch. A new firing after a resolve is a new episode with its own feedback row.

    `starts_at` and `ends_at` are what the machine says, and no later than we heard of it; where its clock is ahead of ours,
    `own_starts_at` is the beginning by that clock. `resolved_at` is when we heard of the end, `early_end_at` when we heard
    of one without a time whose beginning may still be on its way.
    """

    launch = models.ForeignKey(Launch, models.CASCADE, related_name="alerts", db_index=False)
    source = models.ForeignKey(Source, models.CASCADE, related_name="alerts", db_index=False)
    fingerprint = models.CharField(max_length=200)
    title = models.CharField(max_length=300)
    summary = models.TextField(blank=True)
    severity = models.CharField(max_length=10, choices=AlertSeverity.choices)
    status = models.CharField(max_length=14, choices=AlertStatus.choices)
    component = models.ForeignKey(Component, models.SET_NULL, null=True, blank=True, related_name="alerts")
    labels = models.JSONField(default=dict)
    url = models.CharField(max_length=1000, blank=True)
    count = models.PositiveIntegerField(default=1)
    episode = models.PositiveIntegerField(default=1)
    starts_at = models.DateTimeField()
    own_starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    early_end_at = models.DateTimeField(null=True, blank=True)
    first_seen_at = models.DateTimeField()
    latest_seen_at = models.DateTimeField()
    feedback = models.ForeignKey(Feedback, models.SET_NULL, null=True, blank=True, related_name="alerts")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "launch", "fingerprint"], name="alert_once_per_source_and_launch"
            ),
            models.CheckConstraint(condition=models.Q(severity__in=AlertSeverity.values), name="alert_severity_known"),
            models.CheckConstraint(condition=models.Q(status__in=AlertStatus.values), name="alert_status_known"),
        ]
        indexes = [models.Index(fields=["launch", "status", "severity"], name="alerts_by_state")]

    def __str__(self) -> str:
        return self.title

    @property
    def key(self) -> str:
        """The name people use, for example AL-7."""
        return f"AL-{self.pk}"

    @property
    def told_start(self) -> datetime:
        """The beginning by the machine's own clock, for comparing with what it says later."""
        return self.own_starts_at or self.starts_at


class AlertChange(models.Model):
    """An alert that fired again, got worse or resolved; with `handled_at` empty it waits for triage.

    `severity` is what it became where it got worse, and empty elsewhere. Where a person ended it, and not its machine,
    `ended_by` says who and `reason` why.
    """

    alert = models.ForeignKey(Alert, models.CASCADE, related_name="changes")
    status = models.CharField(max_length=14, choices=AlertStatus.choices)
    episode = models.PositiveIntegerField()
    severity = models.CharField(max_length=10, choices=AlertSeverity.choices, blank=True, db_default="", default="")
    changed_at = models.DateTimeField()
    ended_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    reason = models.CharField(max_length=300, blank=True, db_default="", default="")
    handled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["id"], name="alert_changes_waiting", condition=models.Q(handled_at=None))]

    def __str__(self) -> str:
        return f"{self.alert} {self.status}"
