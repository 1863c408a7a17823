"""This module holds how many consumers an issue reached, as traffic shows it."""

from django.db import models

from triage.models.issue import Issue


class MeasuredReach(models.Model):
    """What was counted of an issue's signatures in its span; `value` is 0 where traffic shows nothing of it."""

    issue = models.OneToOneField(Issue, models.CASCADE, primary_key=True, related_name="measured_reach")
    value = models.PositiveIntegerField()
    of = models.PositiveIntegerField()
    method = models.CharField(max_length=24)
    error = models.FloatField(default=0)
    calls = models.PositiveBigIntegerField(default=0)
    signatures = models.JSONField(default=list)
    begins = models.DateTimeField()
    ends = models.DateTimeField()
    measured_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"IS-{self.issue_id} {self.value} of {self.of}"
