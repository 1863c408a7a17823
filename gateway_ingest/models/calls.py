"""This module holds what is known of traffic: kinds of calls, minute windows, and how long single calls are kept.

The calls themselves stand in `gateway_ingest_call`, a table in daily partitions that only `calls.py` speaks to.
"""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from gateway_ingest.models.sources import Source
from hypercare.core.models import Component, Launch


class CallKind(models.Model):
    """What calls have in common, written once: a call and a window carry its number instead of these texts.

    `component` is the launch's own where the sender's name for it, `hint`, is one of its names.
    """

    id = models.AutoField(primary_key=True)
    launch = models.ForeignKey(Launch, models.CASCADE, related_name="call_kinds", db_index=False)
    component = models.ForeignKey(Component, models.SET_NULL, null=True, blank=True, related_name="call_kinds")
    hint = models.CharField(max_length=200, blank=True)
    method = models.CharField(max_length=20, blank=True)
    route = models.CharField(max_length=200, blank=True)
    status_class = models.PositiveSmallIntegerField()
    scheme = models.CharField(max_length=5, blank=True)
    error_format = models.CharField(max_length=7, blank=True)
    error_type = models.CharField(max_length=200, blank=True)
    release = models.CharField(max_length=200, blank=True)
    consumer_class = models.CharField(max_length=12, blank=True)
    provider = models.CharField(max_length=200, blank=True)
    model = models.CharField(max_length=200, blank=True)
    prompt_version = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=[
                    *("launch", "hint", "method", "route", "status_class", "release", "consumer_class"),
                    *("provider", "model", "prompt_version", "scheme", "error_format", "error_type"),
                ],
                name="call_kind_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.route} {self.status_class}xx".strip()


class CallDetail(models.Model):
    """What single calls have in common besides their kind, and windows do not tell apart."""

    id = models.AutoField(primary_key=True)
    source = models.ForeignKey(Source, models.CASCADE, related_name="call_details", db_index=False)
    host = models.CharField(max_length=200, blank=True)
    answered_model = models.CharField(max_length=200, blank=True)
    error_type = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "host", "answered_model", "error_type"], name="call_detail_once")
        ]

    def __str__(self) -> str:
        return self.host


class Feed(models.Model):
    """When a source last brought calls of a kind, to some minutes."""

    pk = models.CompositePrimaryKey("source", "kind")
    source = models.ForeignKey(Source, models.CASCADE, related_name="feeds", db_index=False)
    kind = models.ForeignKey(CallKind, models.CASCADE, related_name="feeds")
    latest_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.source_id} {self.kind_id} {self.latest_at:%Y-%m-%d %H:%M}"


class _Sums(models.Model):
    """What is known of some calls of one kind in one minute.

    Sums are whole numbers, so that merging in any order gives the very same row. Durations are microseconds, cost is in
    billionths; `latencies`, `first_bytes` and `consumers` are sketches. What most have none of is null there, which takes
    no room.
    """

    at = models.DateTimeField()
    duration_sum = models.BigIntegerField(null=True)
    input_tokens = models.BigIntegerField(null=True)
    output_tokens = models.BigIntegerField(null=True)
    cost = models.BigIntegerField(null=True)
    calls = models.IntegerField(null=True)
    errors = models.IntegerField(null=True)
    unavailable = models.IntegerField(null=True)
    malformed = models.IntegerField(null=True)
    limited = models.IntegerField(null=True)
    refused = models.IntegerField(null=True)
    provider_errors = models.IntegerField(null=True)
    flagged = models.IntegerField(null=True)
    forgot = models.IntegerField(null=True)
    helpful = models.IntegerField(null=True)
    unhelpful = models.IntegerField(null=True)
    latencies = models.BinaryField(null=True)
    first_bytes = models.BinaryField(null=True)
    consumers = models.BinaryField(null=True)

    class Meta:
        abstract = True


class Window(_Sums):
    """One minute of one kind."""

    pk = models.CompositePrimaryKey("kind", "at")
    kind = models.ForeignKey(CallKind, models.CASCADE, related_name="windows", db_index=False)

    def __str__(self) -> str:
        return f"{self.kind_id} {self.at:%Y-%m-%d %H:%M}"


class WindowPart(_Sums):
    """What one delivery adds to a window, until it is brought in."""

    kind = models.ForeignKey(CallKind, models.CASCADE, related_name="+", db_index=False)

    def __str__(self) -> str:
        return f"{self.kind_id} {self.at:%Y-%m-%d %H:%M}"


class HeardFlag(models.Model):
    """Answers of one kind and minute that were flagged, and when we heard of it, which may be days later."""

    launch = models.ForeignKey(Launch, models.CASCADE, related_name="+", db_index=False)
    kind = models.ForeignKey(CallKind, models.CASCADE, related_name="+", db_index=False)
    at = models.DateTimeField()
    heard_at = models.DateTimeField()
    flagged = models.PositiveIntegerField()

    class Meta:
        indexes = [models.Index(fields=["launch", "heard_at"], name="heard_flags_lately")]

    def __str__(self) -> str:
        return f"{self.kind_id} {self.at:%Y-%m-%d %H:%M}"


class WaitingRating(models.Model):
    """A rating whose call did not come yet: which answer it speaks of, the minute it counts in, when to look next."""

    source = models.ForeignKey(Source, models.CASCADE, related_name="waiting_ratings", db_index=False)
    response = models.UUIDField()
    flags = models.PositiveSmallIntegerField()
    at = models.DateTimeField()
    delivery = models.CharField(max_length=100)
    received_at = models.DateTimeField()
    look_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["look_at"], name="waiting_ratings_by_look"),
            models.Index(fields=["source", "delivery"], name="waiting_ratings_by_delivery"),
        ]

    def __str__(self) -> str:
        return f"{self.response} {self.at:%Y-%m-%d %H:%M}"


class CallRetention(models.Model):
    """How many days single calls of a launch are kept; without a row it is 14. Windows stay."""

    DAYS = 14

    launch = models.OneToOneField(Launch, models.CASCADE, primary_key=True, related_name="call_retention")
    keep_days = models.PositiveSmallIntegerField(
        default=DAYS, validators=[MinValueValidator(1), MaxValueValidator(400)]
    )

    def __str__(self) -> str:
        return f"{self.launch} {self.keep_days}"


class Backfill(models.Model):
    """A source that may send old rows until a moment."""

    source = models.OneToOneField(Source, models.CASCADE, primary_key=True, related_name="backfill")
    until = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.source} {self.until:%Y-%m-%d %H:%M}"
