"""This module holds what is written down and stays: timeline, measurements, first answers to repeated requests."""

from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from .launch import Launch
from .people import User

# By which an issue is taken up and moves on; few among the many entries of reports that join one.
KINDS_OF_WORK = (
    "issue.status",
    "issue.field",
    "issue.note",
    "issue.merged",
    "room.opened",
    "alert.acknowledged",
    "alert.ended",
)


class TimelineEntry(models.Model):
    """One thing that happened; append-only by a trigger; codes and keys only, never a reporter's text or name."""

    launch = models.ForeignKey(Launch, models.CASCADE, null=True, blank=True, related_name="timeline", db_index=False)
    subject = models.CharField(max_length=64)
    kind = models.CharField(max_length=48)
    actor = models.ForeignKey(User, models.DO_NOTHING, null=True, blank=True, db_constraint=False, related_name="+")
    actor_name = models.CharField(max_length=160)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    data = models.JSONField(default=dict)
    request_id = models.CharField(max_length=64, blank=True)
    once_key = models.CharField(max_length=120, null=True, blank=True)  # noqa: DJ001 - null marks "may repeat" for the unique constraint

    class Meta:
        constraints = [models.UniqueConstraint(fields=["once_key"], name="timeline_entry_once")]
        indexes = [
            models.Index(fields=["launch", "subject", "occurred_at"], name="timeline_of_subject"),
            models.Index(fields=["launch", "-id"], name="timeline_newest"),
            models.Index(
                fields=["launch", "subject"], name="timeline_of_work", condition=models.Q(kind__in=KINDS_OF_WORK)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject} {self.kind}"


class MetricDefinition(models.Model):
    """A figure that a launch takes from outside, by the name its sender gives it; each value becomes a measurement.

    `only` are the attributes, as `queue=orders`, that a value must carry to be meant.
    """

    MEASURED_AS = "own:"

    launch = models.ForeignKey(Launch, models.CASCADE, related_name="metric_definitions")
    name = models.CharField(
        max_length=50,
        validators=[
            RegexValidator(
                r"^[A-Za-z][A-Za-z0-9_./-]*$", _("Begin with a letter, then letters, digits and the signs _ . / and -.")
            )
        ],
    )
    unit = models.CharField(max_length=20, blank=True)
    only = ArrayField(models.CharField(max_length=80), default=list, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["launch", "name"], name="metric_once_per_launch")]

    def __str__(self) -> str:
        return self.name

    @property
    def key(self) -> str:
        """The name people use, for example MD-4."""
        return f"MD-{self.pk}"

    @property
    def measured_as(self) -> str:
        """The metric of its measurements; no figure that we measure ourselves is called so."""
        return f"{self.MEASURED_AS}{self.name}"


class Measurement(models.Model):
    """A dated figure of a named metric."""

    launch = models.ForeignKey(Launch, models.CASCADE, related_name="measurements", db_index=False)
    metric = models.CharField(max_length=60)
    measured_at = models.DateTimeField()
    value = models.FloatField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["launch", "metric", "measured_at"], name="one_figure_per_metric_and_moment")
        ]

    def __str__(self) -> str:
        return f"{self.metric} = {self.value}"


class IdempotencyRecord(models.Model):
    """The first answer to a request that carried an Idempotency-Key, kept for 24 hours."""

    owner = models.CharField(max_length=40)
    method = models.CharField(max_length=8)
    path = models.CharField(max_length=200)
    key = models.CharField(max_length=200)
    body_digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    answer = models.JSONField()
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner", "method", "path", "key"], name="one_answer_per_idempotency_key")
        ]

    def __str__(self) -> str:
        return self.key


class WorkerBeat(models.Model):
    """The last sign of life of one worker process."""

    name = models.CharField(max_length=120, unique=True)
    beat_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
