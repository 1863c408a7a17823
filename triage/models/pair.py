"""This module holds which issues look like one and the same problem, and what was answered."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from hypercare.core.models import Launch, User
from triage.models.issue import Issue, Origin


class Answer(models.TextChoices):
    """What was said of two issues."""

    SAME = "same", _("The same problem")
    DIFFERENT = "different", _("Not the same problem")


class Pair(models.Model):
    """Two issues of one launch that may be one problem; an answer stays, so that what was refused is not asked again.

    `answered_by` is empty where the machine merged by itself; `origin` says so. Every answered row is a labelled example.
    """

    launch = models.ForeignKey(Launch, models.CASCADE, related_name="+", db_index=False)
    older = models.ForeignKey(Issue, models.CASCADE, related_name="+", db_index=False)
    newer = models.ForeignKey(Issue, models.CASCADE, related_name="+")
    score = models.FloatField()
    judged_by = models.PositiveIntegerField(default=0)  # the version of matching, 0 for the shipped weights
    evidence = models.JSONField(default=dict)
    found_at = models.DateTimeField()
    answer = models.CharField(max_length=9, choices=Answer.choices, blank=True)
    origin = models.CharField(max_length=8, choices=Origin.choices, blank=True)
    answered_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["older", "newer"], name="one_row_per_pair_of_issues"),
            models.CheckConstraint(condition=models.Q(older__lt=models.F("newer")), name="pair_in_order"),
            models.CheckConstraint(condition=models.Q(score__range=(0, 1)), name="pair_score_0_to_1"),
        ]
        indexes = [
            models.Index(fields=["launch", "judged_by"], name="pairs_by_judge", condition=models.Q(answer="")),
        ]

    def __str__(self) -> str:
        return f"IS-{self.newer_id} and IS-{self.older_id}"
