"""This module holds exit criteria, their assessments and the daily status reports."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from hypercare.core.models import Launch, MetricDefinition, User


class Comparator(models.TextChoices):
    """How a value is held against its threshold."""

    AT_MOST = "<=", "≤"
    AT_LEAST = ">=", "≥"
    LESS = "<", "<"
    EQUAL = "=", "="


class CriterionState(models.TextChoices):
    """How a criterion stands."""

    MET = "met", _("Met")
    HOLDING = "holding", _("Holding")
    FAILED = "failed", _("Failed")
    NO_DATA = "no_data", _("No data")


class ExitCriterion(models.Model):
    """A promise about a metric that must hold for a time before the launch may leave intensive care."""

    launch = models.ForeignKey(Launch, models.CASCADE, related_name="exit_criteria")
    code = models.CharField(max_length=8)
    name = models.CharField(max_length=120)
    metric = models.CharField(max_length=60)
    comparator = models.CharField(max_length=2, choices=Comparator.choices)
    threshold = models.FloatField()
    hold_days = models.PositiveSmallIntegerField(default=0)
    must = models.BooleanField(default=True)
    signer = models.CharField(max_length=80, blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["launch", "code"], name="criterion_code_per_launch")]
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    @property
    def is_on_own_metric(self) -> bool:
        """Whether it is about a figure that the launch takes from outside."""
        return self.metric.startswith(MetricDefinition.MEASURED_AS)

    @property
    def was_added(self) -> bool:
        """Whether somebody added it, so that it may go again; what every launch begins with stays."""
        return self.metric not in ("open_sev1_sev2", "error_alerts", "inflow")

    @property
    def measured_as(self) -> str:
        """What the values are called that it was assessed by; of a metric from outside they are means of its own values."""
        return f"exit:{self.metric}" if self.is_on_own_metric else self.metric


class Assessment(models.Model):
    """What a criterion was at one moment."""

    criterion = models.ForeignKey(ExitCriterion, models.CASCADE, related_name="assessments", db_index=False)
    assessed_at = models.DateTimeField()
    value = models.FloatField(null=True, blank=True)
    satisfied = models.BooleanField()
    satisfied_since = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=8, choices=CriterionState.choices)

    class Meta:
        indexes = [models.Index(fields=["criterion", "-id"], name="assessment_written_last")]

    def __str__(self) -> str:
        return f"{self.criterion_id} {self.state}"


class StatusReport(models.Model):
    """One day's report of a launch: draft until sent, then immutable (a trigger refuses change)."""

    launch = models.ForeignKey(Launch, models.PROTECT, related_name="status_reports")
    day = models.DateField()
    number = models.IntegerField()
    subject = models.CharField(max_length=300)
    figures = models.JSONField()
    note = models.TextField(blank=True)
    drafted_at = models.DateTimeField()
    sends_at = models.DateTimeField(null=True, blank=True)
    held_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    sent_at = models.DateTimeField(null=True, blank=True)
    sent_by = models.CharField(max_length=160, blank=True)
    html = models.TextField(blank=True)
    text = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["launch", "day"], name="one_report_per_day")]

    def __str__(self) -> str:
        return self.subject
