"""This module holds what evidence reads besides minutes: traffic by the hour, and what an API says of itself."""

from django.db import models

from feedback.models import Feedback
from gateway_ingest.models.calls import CallKind
from hypercare.core.models import Component, Launch, User


class Hour(models.Model):
    """One hour of one kind, added up from its minutes once it is over; the columns are those of a Window."""

    pk = models.CompositePrimaryKey("kind", "at")
    kind = models.ForeignKey(CallKind, models.CASCADE, related_name="hours", db_index=False)
    at = models.DateTimeField()
    duration_sum = models.BigIntegerField(default=0)
    input_tokens = models.BigIntegerField(default=0)
    output_tokens = models.BigIntegerField(default=0)
    cost = models.BigIntegerField(default=0)
    calls = models.BigIntegerField(default=0)
    errors = models.BigIntegerField(default=0)
    unavailable = models.BigIntegerField(default=0)
    malformed = models.BigIntegerField(default=0)
    limited = models.BigIntegerField(default=0)
    refused = models.BigIntegerField(default=0)
    provider_errors = models.BigIntegerField(default=0)
    flagged = models.BigIntegerField(default=0)
    forgot = models.BigIntegerField(default=0)
    helpful = models.BigIntegerField(default=0)
    unhelpful = models.BigIntegerField(default=0)
    latencies = models.BinaryField(default=b"")
    first_bytes = models.BinaryField(default=b"")
    consumers = models.BinaryField(default=b"")

    def __str__(self) -> str:
        return f"{self.kind_id} {self.at:%Y-%m-%d %H}"


class HourOfLaunch(models.Model):
    """All consumers of a launch in one hour; where this row stands and no mark does, the hour is added up."""

    launch = models.ForeignKey(Launch, models.CASCADE, related_name="hours_of_calls", db_index=False)
    at = models.DateTimeField()
    calls = models.BigIntegerField(default=0)
    consumers = models.BinaryField(default=b"")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["launch", "at"], name="hour_once_per_launch")]

    def __str__(self) -> str:
        return f"{self.launch_id} {self.at:%Y-%m-%d %H}"


class MinuteOfLaunch(models.Model):
    """All consumers of a launch in one minute, so that asking for them need not read every kind."""

    pk = models.CompositePrimaryKey("launch", "at")
    launch = models.ForeignKey(Launch, models.CASCADE, related_name="minutes_of_calls", db_index=False)
    at = models.DateTimeField()
    consumers = models.BinaryField()

    def __str__(self) -> str:
        return f"{self.launch_id} {self.at:%Y-%m-%d %H:%M}"


class HourMark(models.Model):
    """A delivery changed minutes of this hour, so it has to be added up (again)."""

    launch = models.ForeignKey(Launch, models.CASCADE, related_name="+", db_index=False)
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["launch", "at"], name="hour_marks"),
            models.Index(fields=["at"], name="hour_marks_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.launch_id} {self.at:%Y-%m-%d %H}"


class KeptEvidence(models.Model):
    """What was found near a report while single calls were there; it stays when they are gone."""

    feedback = models.OneToOneField(Feedback, models.CASCADE, primary_key=True, related_name="kept_evidence")
    pieces = models.JSONField(default=list)
    sought_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"HC-{self.feedback_id}"


class ApiDescription(models.Model):
    """The operations of an uploaded OpenAPI file: a list of [method, path, is deprecated]."""

    launch = models.ForeignKey(Launch, models.CASCADE, related_name="api_descriptions")
    component = models.ForeignKey(Component, models.CASCADE, null=True, blank=True, related_name="api_descriptions")
    title = models.CharField(max_length=200)
    version = models.CharField(max_length=80, blank=True)
    operations = models.JSONField(default=list)
    uploaded_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    uploaded_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.title

    @property
    def key(self) -> str:
        """The name scripts use, for example AD-2."""
        return f"AD-{self.pk}"
