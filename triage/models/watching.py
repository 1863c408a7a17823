"""This module holds who is told by mail of issues that newly enter a saved view, and which they were told of."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from hypercare.core.models import User

from .issue import Issue
from .working import SavedView


class HowOften(models.TextChoices):
    """How often a reader gets mail at most about what is not critical; SEV1 and SEV2 are told at once."""

    HOURLY = "hourly", _("Every hour at most")
    DAILY = "daily", _("Once a day at most")


class ViewReader(models.Model):
    """A person who is told what newly enters a view; the secret in each mail ends it with one click."""

    view = models.ForeignKey(SavedView, models.CASCADE, related_name="readers")
    user = models.ForeignKey(User, models.CASCADE, related_name="views_read")
    often = models.CharField(max_length=8, choices=HowOften.choices)
    secret = models.CharField(max_length=43, unique=True)
    # The board's version up to which the view was looked through, and when that was.
    seen_version = models.PositiveBigIntegerField()
    looked_at = models.DateTimeField()
    mailed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["view", "user"], name="one_reader_of_a_view_per_person")]
        indexes = [models.Index(fields=["looked_at"], name="readers_looked_at")]

    def __str__(self) -> str:
        return f"{self.user} reads {self.view}"


class SeenInView(models.Model):
    """An issue that entered a view while somebody reads it: told once, whatever it does later."""

    reader = models.ForeignKey(ViewReader, models.CASCADE, related_name="seen", db_index=False)
    issue = models.ForeignKey(Issue, models.CASCADE, related_name="+")
    entered_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["reader", "issue"], name="one_issue_told_once_to_a_reader")]
        indexes = [models.Index(fields=["reader"], name="seen_not_told", condition=models.Q(told_at=None))]

    def __str__(self) -> str:
        return f"IS-{self.issue_id} for {self.reader_id}"
