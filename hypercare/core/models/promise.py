"""This module holds what a team decided and what somebody promised, each about a room, a stand-up or an issue."""

from django.db import models

from .launch import Launch
from .people import User


class RecordedDecision(models.Model):
    """What was decided, by whom and why; a later one may take its place, and both stay."""

    launch = models.ForeignKey(Launch, models.CASCADE, related_name="recorded_decisions", db_index=False)
    about = models.CharField(max_length=40)
    what = models.CharField(max_length=500)
    why = models.CharField(max_length=2000, blank=True)
    decided_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    decider_name = models.CharField(max_length=160)
    decided_at = models.DateTimeField()
    supersedes = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="superseded_by")

    class Meta:
        indexes = [
            models.Index(fields=["launch", "about", "-id"], name="decisions_about"),
            models.Index(fields=["launch", "-decided_at"], name="decisions_newest"),
        ]

    def __str__(self) -> str:
        return self.what

    @property
    def key(self) -> str:
        """The name people use, for example DE-4."""
        return f"DE-{self.pk}"


class Commitment(models.Model):
    """A promise with an owner and a time: an action of a room, or an answer somebody waits for.

    It ends kept, or dropped with a reason; until then its owner is reminded when it is overdue.
    """

    launch = models.ForeignKey(Launch, models.CASCADE, related_name="commitments", db_index=False)
    about = models.CharField(max_length=40)
    what = models.CharField(max_length=500)
    owner = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="commitments")
    owner_name = models.CharField(max_length=160)
    due_at = models.DateTimeField()
    made_at = models.DateTimeField()
    made_by_name = models.CharField(max_length=160)
    chased_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    kept = models.BooleanField(null=True, blank=True)
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ended_at=None, kept=None) | models.Q(ended_at__isnull=False, kept__isnull=False),
                name="commitment_ends_kept_or_not",
            )
        ]
        indexes = [
            models.Index(fields=["launch", "about", "-id"], name="commitments_about"),
            models.Index(fields=["due_at"], name="commitments_open", condition=models.Q(ended_at=None)),
        ]

    def __str__(self) -> str:
        return self.what

    @property
    def key(self) -> str:
        """The name people use, for example CM-4."""
        return f"CM-{self.pk}"
