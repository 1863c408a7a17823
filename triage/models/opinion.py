"""This module holds what a language model said of a report that our own model was not sure of."""

from django.db import models

from feedback.models import Feedback


class SecondOpinion(models.Model):
    """One answer, or why there is none; it decides nothing."""

    feedback = models.OneToOneField(Feedback, models.CASCADE, primary_key=True, related_name="second_opinion")
    model = models.CharField(max_length=120)
    answers = models.JSONField(default=dict)
    problem = models.CharField(max_length=300, blank=True)
    tries = models.PositiveSmallIntegerField(default=1)
    asked_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.model} of HC-{self.feedback_id}"
