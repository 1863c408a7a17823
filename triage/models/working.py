"""This module holds how a team works its board: orders for one or many issues, who sleeps, saved views, limits."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from hypercare.core.models import Launch, User

from .issue import Issue


class BoardChange(models.Model):
    """A person's order for one or many issues: work that waits, a history, and what one undo takes back."""

    launch = models.ForeignKey(Launch, models.CASCADE, related_name="board_changes")
    actor = models.ForeignKey(User, models.CASCADE, related_name="board_changes")
    action = models.CharField(max_length=12)
    order = models.JSONField(default=dict)
    total = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    taken_back = models.PositiveIntegerField(default=0)
    told_before = models.PositiveIntegerField(default=0)
    ordered_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    undo_asked_at = models.DateTimeField(null=True, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["id"],
                name="changes_waiting",
                condition=models.Q(finished_at=None) | models.Q(undo_asked_at__isnull=False, undone_at=None),
            ),
            models.Index(fields=["launch", "actor", "-id"], name="changes_of_person"),
        ]

    def __str__(self) -> str:
        return f"{self.action} of {self.total} issues by {self.actor}"


class ChangedIssue(models.Model):
    """One issue of an order: what it was before, what came of it, and what came of taking it back."""

    change = models.ForeignKey(BoardChange, models.CASCADE, related_name="issues")
    issue = models.ForeignKey(Issue, models.CASCADE, related_name="+")
    before = models.JSONField(default=dict)
    done_at = models.DateTimeField(null=True, blank=True)
    is_changed = models.BooleanField(default=False)
    detail = models.CharField(max_length=500, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)
    undo_detail = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["change", "issue"], name="one_issue_once_in_a_change")]

    def __str__(self) -> str:
        return f"IS-{self.issue_id} in {self.change_id}"


class Snooze(models.Model):
    """What an issue was like when it was laid to sleep, so that it wakes when it gets worse; ends with the sleep."""

    issue = models.OneToOneField(Issue, models.CASCADE, primary_key=True, related_name="snooze")
    wake_if_worse = models.BooleanField(default=True)
    severity = models.PositiveSmallIntegerField()
    reach = models.PositiveIntegerField()
    reports = models.PositiveIntegerField()
    snoozed_at = models.DateTimeField()
    # When the sweep last looked at it in vain: those looked at longest ago come first.
    looked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"IS-{self.issue_id} sleeps"


class Visibility(models.TextChoices):
    """Who sees a saved view."""

    PRIVATE = "private", _("Only me")
    TEAM = "team", _("Everyone here")
    DEFAULT = "default", _("Everyone here, shown first")


class SavedView(models.Model):
    """Filters and grouping of the board or the list under a name."""

    launch = models.ForeignKey(Launch, models.CASCADE, related_name="saved_views")
    owner = models.ForeignKey(User, models.CASCADE, related_name="saved_views")
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=1000, blank=True)
    visibility = models.CharField(max_length=8, choices=Visibility.choices, default=Visibility.PRIVATE)
    saved_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["launch", "owner", "name"], name="one_view_of_a_name"),
            models.UniqueConstraint(
                fields=["launch"], name="one_default_view", condition=models.Q(visibility="default")
            ),
        ]

    def __str__(self) -> str:
        return self.name


class LaneLimit(models.Model):
    """How many issues a column of a launch's board should hold at most."""

    launch = models.ForeignKey(Launch, models.CASCADE, related_name="lane_limits")
    status = models.CharField(max_length=12)
    most = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["launch", "status"], name="one_limit_per_lane")]

    def __str__(self) -> str:
        return f"{self.most} in {self.status}"
