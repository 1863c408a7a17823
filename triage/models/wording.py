"""This module holds what reports say as numbers, so that a text can be searched for among all rows of a launch."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from feedback.models import Feedback
from hypercare.core.models import Launch


class Unread(models.Model):
    """A triaged report whose words nobody looked for yet; written by triage, gone when it was read and asked about."""

    feedback = models.OneToOneField(Feedback, models.CASCADE, primary_key=True, related_name="+")
    claimed_until = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"HC-{self.feedback_id}"


class Wording(models.Model):
    """The words of one report: their numbers within its launch, and one byte each for how often they are said where."""

    feedback = models.OneToOneField(Feedback, models.CASCADE, primary_key=True, related_name="wording")
    launch = models.ForeignKey(Launch, models.CASCADE, related_name="+", db_index=False)
    terms = ArrayField(models.IntegerField())
    said = models.BinaryField()
    title_words = models.PositiveSmallIntegerField()
    body_words = models.PositiveSmallIntegerField()

    class Meta:
        # Without a list of what is pending, which every search would have to go through.
        indexes = [GinIndex(fields=["terms"], name="wording_terms", fastupdate=False)]

    def __str__(self) -> str:
        return f"words of HC-{self.feedback_id}"


class WordCount(models.Model):
    """How many reports of a launch say a word; the number of a word is another in each launch."""

    term = models.IntegerField(primary_key=True)
    reports = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.term} in {self.reports}"


class WordsInAll(models.Model):
    """How many reports of a launch were read, and how long they are together."""

    launch = models.OneToOneField(Launch, models.CASCADE, primary_key=True, related_name="+")
    reports = models.PositiveIntegerField()
    title_words = models.PositiveBigIntegerField()
    body_words = models.PositiveBigIntegerField()

    def __str__(self) -> str:
        return f"{self.reports} reports of launch {self.launch_id}"
