"""This module holds what a launch's reports have in common: themes with their course, their tone and their reports."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from feedback.models import Feedback
from hypercare.core.models import Launch


class Course(models.TextChoices):
    """Where a theme is going, beside everything else that is reported."""

    RISING = "rising", _("Rising")
    STEADY = "steady", _("Steady")
    FALLING = "falling", _("Falling")


class ThemesRun(models.Model):
    """When a launch's themes were last found, from how much, and the tone of each of its components day by day."""

    launch = models.OneToOneField(Launch, models.CASCADE, primary_key=True, related_name="themes_run")
    found_at = models.DateTimeField()
    words_read = models.PositiveIntegerField()
    reports = models.PositiveIntegerField()
    first_day = models.DateField()
    # By component number as a text, "" for none: for each day how many were negative, neutral and positive.
    tones = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"themes of launch {self.launch_id}"


class Theme(models.Model):
    """What many reports of the last weeks are about; found anew again and again, and the same row while its words are."""

    launch = models.ForeignKey(Launch, models.CASCADE, related_name="themes", db_index=False)
    name = models.CharField(max_length=120)
    words = models.JSONField(default=list)
    reports = models.PositiveIntegerField()
    days = models.JSONField(default=list)
    tones = models.JSONField(default=list)
    recent = models.PositiveIntegerField()
    expected = models.FloatField()
    chance = models.FloatField()
    course = models.CharField(max_length=8, choices=Course.choices)
    quotes = models.JSONField(default=list)

    class Meta:
        indexes = [models.Index(fields=["launch", "-reports"], name="themes_loudest")]

    def __str__(self) -> str:
        return self.name


class ThemeReport(models.Model):
    """A report that a theme was found in."""

    feedback = models.OneToOneField(Feedback, models.CASCADE, primary_key=True, related_name="theme_report")
    theme = models.ForeignKey(Theme, models.CASCADE, related_name="members")

    def __str__(self) -> str:
        return f"HC-{self.feedback_id} in theme {self.theme_id}"
