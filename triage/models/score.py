"""This module holds how a launch scores, and what each issue's score was and why it moved."""

from django.db import models

from hypercare.core.models import Launch
from triage.models.issue import Issue


class ScoringRules(models.Model):
    """A launch's own matrix and formula; without a row the defaults hold."""

    launch = models.OneToOneField(Launch, models.CASCADE, primary_key=True, related_name="scoring_rules")
    matrix = models.JSONField(null=True, blank=True)
    formula = models.CharField(max_length=400, blank=True)
    changed_at = models.DateTimeField()
    rescored_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"scoring of {self.launch_id}"


class Score(models.Model):
    """What an issue's figures were from a moment on, and what moved; written when something moved that matters."""

    issue = models.ForeignKey(Issue, models.CASCADE, related_name="scores", db_index=False)
    scored_at = models.DateTimeField()
    severity = models.PositiveSmallIntegerField()
    moscow = models.CharField(max_length=8)
    reach_value = models.PositiveIntegerField()
    reach_of = models.PositiveIntegerField(null=True, blank=True)
    reach_method = models.CharField(max_length=24)
    rice_impact = models.FloatField()
    rice_confidence = models.FloatField()
    rice_effort = models.FloatField()
    rice_score = models.FloatField()
    formula_score = models.FloatField(null=True, blank=True)
    rpn = models.PositiveSmallIntegerField()
    business_value = models.FloatField()
    # Field by field: what it was, and why it is what it is now.
    moved = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["issue", "-id"], name="scores_newest")]

    def __str__(self) -> str:
        return f"IS-{self.issue_id} at {self.scored_at}"
