"""This module holds what a rule's firings were good for: the verdict of whoever ended the work on one, or its own end."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from gateway_ingest.models.alerts import Alert
from hypercare.core.models import User


class NoiseReason(models.TextChoices):
    """Why a firing was not worth the interruption; `transient` is said by a rule, the others by a person."""

    KNOWN = "known", _("Known already")
    DUPLICATE = "duplicate", _("Said twice")
    FLAPPING = "flapping", _("Comes and goes")
    NOT_ACTIONABLE = "not_actionable", _("Nothing to be done")
    FALSE_POSITIVE = "false_positive", _("Nothing was wrong")
    TOO_TIGHT = "too_tight", _("Threshold too tight")
    POOR_DETAILS = "poor_details", _("Does not say enough")
    TEST = "test", _("Only a test")
    TRANSIENT = "transient", _("Went away by itself")


GIVEN_BY_PEOPLE = tuple(reason for reason in NoiseReason if reason != NoiseReason.TRANSIENT)


class RuleOutcome(models.Model):
    """An episode of an alert that turned out to be noise; without an actor the product found it so.

    `rule` is the name of the rule, or the title where the machine names none.
    """

    alert = models.ForeignKey(Alert, models.CASCADE, related_name="outcomes")
    episode = models.PositiveIntegerField()
    rule = models.CharField(max_length=300, blank=True)
    reason = models.CharField(max_length=16, choices=NoiseReason.choices)
    actor = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["alert", "episode"], name="outcome_once_per_episode"),
            models.CheckConstraint(condition=models.Q(reason__in=NoiseReason.values), name="outcome_reason_known"),
        ]

    def __str__(self) -> str:
        return f"{self.rule}: {self.reason}"
