"""This module holds how a day's team meets and hands over: the stand-up with its notes, and the note of a shift."""

from django.db import models

from hypercare.core.models import Launch, User


class Standup(models.Model):
    """A day's meeting: which block it is at and since when; what is noted becomes the report's draft."""

    launch = models.ForeignKey(Launch, models.CASCADE, related_name="standups")
    day = models.DateField()
    begun_at = models.DateTimeField()
    begun_by_name = models.CharField(max_length=160)
    block = models.CharField(max_length=20)
    block_begun_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["launch", "day"], name="one_standup_per_day")]

    def __str__(self) -> str:
        return f"stand-up of {self.day}"

    @property
    def key(self) -> str:
        """The name people use, for example SU-4."""
        return f"SU-{self.pk}"


class StandupNote(models.Model):
    """What somebody noted in a block of a stand-up."""

    standup = models.ForeignKey(Standup, models.CASCADE, related_name="notes")
    block = models.CharField(max_length=20)
    text = models.CharField(max_length=1000)
    author_name = models.CharField(max_length=160)
    noted_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.text[:80]


class ShiftNote(models.Model):
    """What one person hands to the next at the end of a shift; `facts` are the rows as they stood when it was handed over."""

    launch = models.ForeignKey(Launch, models.CASCADE, related_name="shift_notes", db_index=False)
    begins_at = models.DateTimeField()
    handed_at = models.DateTimeField()
    giver = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    giver_name = models.CharField(max_length=160)
    taker = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    taker_name = models.CharField(max_length=160)
    words = models.TextField(blank=True)
    facts = models.JSONField(default=dict)
    acknowledged_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["launch", "-id"], name="shift_notes_newest")]

    def __str__(self) -> str:
        return self.key

    @property
    def key(self) -> str:
        """The name people use, for example SN-4."""
        return f"SN-{self.pk}"
