"""This module holds the issue, what belongs to it, and every decision about either."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.utils.translation import gettext_lazy as _

from feedback.models import Feedback
from hypercare.core.models import Component, Launch, Team, User


class IssueStatus(models.TextChoices):
    """How far the work is."""

    NEW = "new", _("New")
    TRIAGED = "triaged", _("Triaged")
    IN_PROGRESS = "in_progress", _("In progress")
    MITIGATED = "mitigated", _("Mitigated")
    DEPLOYED = "deployed", _("Deployed")
    VERIFIED = "verified", _("Verified")
    CLOSED = "closed", _("Closed")
    DECLINED = "declined", _("Declined")
    DUPLICATE = "duplicate", _("Duplicate")


OPEN_STATUSES = (
    IssueStatus.NEW,
    IssueStatus.TRIAGED,
    IssueStatus.IN_PROGRESS,
    IssueStatus.MITIGATED,
    IssueStatus.DEPLOYED,
    IssueStatus.VERIFIED,
)
ENDED_STATUSES = (IssueStatus.CLOSED, IssueStatus.DECLINED, IssueStatus.DUPLICATE)


class Moscow(models.TextChoices):
    """What must be done and what waits."""

    MUST = "must", _("Must have")
    SHOULD = "should", _("Should have")
    COULD = "could", _("Could have")
    WONT = "wont", _("Won't for now")


class Issue(models.Model):
    """The working record many feedback rows belong to. Only `triage.lifecycle` writes `status`."""

    launch = models.ForeignKey(Launch, models.PROTECT, related_name="issues", db_index=False)
    title = models.CharField(max_length=300)
    status = models.CharField(max_length=12, choices=IssueStatus.choices, default=IssueStatus.NEW)
    resolution = models.CharField(max_length=24, blank=True)
    severity = models.PositiveSmallIntegerField()
    category = models.CharField(max_length=20, blank=True)
    component = models.ForeignKey(Component, models.SET_NULL, null=True, blank=True, related_name="issues")
    team = models.ForeignKey(Team, models.SET_NULL, null=True, blank=True, related_name="issues")
    owner = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="issues")
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="merged")
    status_before_merge = models.CharField(max_length=12, blank=True)
    fingerprint = models.CharField(max_length=255, null=True, blank=True)  # noqa: DJ001 - null never collides
    snoozed_until = models.DateTimeField(null=True, blank=True)
    # Short free words, in the order of the alphabet; only `triage.labels` writes them.
    labels = ArrayField(models.CharField(max_length=40), default=list, db_default=[], blank=True)

    feedback_count = models.PositiveIntegerField(default=0)
    sources = models.JSONField(default=dict)
    reach_value = models.PositiveIntegerField(default=0)
    reach_guests = models.PositiveIntegerField(default=0)
    reach_of = models.PositiveIntegerField(null=True, blank=True)
    reach_method = models.CharField(max_length=24, default="reporters")
    reach_at = models.DateTimeField()
    rice_impact = models.FloatField(default=1)
    rice_confidence = models.FloatField(default=0.5)
    rice_effort = models.FloatField(default=1)
    rice_score = models.FloatField(default=0)
    formula_score = models.FloatField(null=True, blank=True)
    impact_level = models.PositiveSmallIntegerField(default=3)
    urgency = models.PositiveSmallIntegerField(default=3)
    business_value = models.FloatField(default=5)
    rpn_severity = models.PositiveSmallIntegerField(default=4)
    rpn_occurrence = models.PositiveSmallIntegerField(default=2)
    rpn_detection = models.PositiveSmallIntegerField(default=8)
    rpn = models.PositiveSmallIntegerField(default=64)
    blocks_must = models.BooleanField(default=False)
    blocks = models.JSONField(default=list)
    moscow = models.CharField(max_length=8, choices=Moscow.choices, default=Moscow.COULD)
    priority = models.PositiveIntegerField(default=0)

    version = models.PositiveIntegerField(default=1)
    board_version = models.PositiveBigIntegerField(default=0)
    opened_at = models.DateTimeField()
    status_changed_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    # Of all its reports: when the first came in, and when it began as the earliest of machines and of people says.
    heard_at = models.DateTimeField(null=True, blank=True)
    machine_at = models.DateTimeField(null=True, blank=True)
    person_at = models.DateTimeField(null=True, blank=True)
    judged_at = models.DateTimeField(null=True, blank=True)
    worked_seconds = models.PositiveBigIntegerField(default=0)
    search = SearchVectorField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(status__in=IssueStatus.values), name="issue_status_known"),
            models.CheckConstraint(condition=models.Q(severity__range=(1, 5)), name="issue_severity_1_to_5"),
            models.CheckConstraint(condition=models.Q(moscow__in=Moscow.values), name="issue_moscow_known"),
            models.CheckConstraint(
                condition=models.Q(merged_into__isnull=True) | models.Q(status=IssueStatus.DUPLICATE),
                name="merged_issue_is_duplicate",
            ),
            models.UniqueConstraint(
                fields=["launch", "fingerprint"],
                name="one_open_issue_per_fingerprint",
                condition=~models.Q(status__in=[str(status) for status in ENDED_STATUSES]),
            ),
        ]
        indexes = [
            models.Index(fields=["launch", "status", "severity", "-priority", "-id"], name="board_lane"),
            models.Index(fields=["launch", "board_version"], name="board_changes"),
            models.Index(fields=["launch", "-opened_at"], name="issues_newest"),
            models.Index(
                fields=["launch", "-closed_at"],
                name="issues_fixed",
                condition=models.Q(status=IssueStatus.CLOSED, resolution="fixed", worked_seconds__gt=0),
            ),
            GinIndex(fields=["search"], name="issue_words"),
            GinIndex(fields=["labels"], name="issue_labels"),
            models.Index(fields=["launch"], name="issues_with_labels", condition=~models.Q(labels=[])),
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.title}"

    @property
    def key(self) -> str:
        """The name people use, for example IS-12."""
        return f"IS-{self.pk}"

    @property
    def first_report(self) -> Feedback | None:
        """The report that opened it, or the oldest that still belongs to it."""
        return Feedback.objects.filter(matches__issue=self, matches__ended_at=None).order_by("pk").first()

    @property
    def is_open(self) -> bool:
        """Whether work on it is not ended."""
        return self.status in OPEN_STATUSES


class Origin(models.TextChoices):
    """Who decided."""

    RULE = "rule", _("Rule")
    MODEL = "model", _("Model")
    PERSON = "person", _("Person")


class Match(models.Model):
    """Which issue a feedback row belongs to: one live row per feedback, ended ones are history."""

    feedback = models.ForeignKey(Feedback, models.CASCADE, related_name="matches")
    issue = models.ForeignKey(Issue, models.CASCADE, related_name="matches")
    origin = models.CharField(max_length=8, choices=Origin.choices)
    confidence = models.FloatField()
    reason = models.CharField(max_length=300)
    matched_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    actor = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["feedback"], name="one_live_match_per_feedback", condition=models.Q(ended_at=None)
            ),
            models.CheckConstraint(condition=models.Q(confidence__range=(0, 1)), name="match_confidence_0_to_1"),
        ]
        indexes = [models.Index(fields=["issue"], name="live_matches", condition=models.Q(ended_at=None))]

    def __str__(self) -> str:
        return f"HC-{self.feedback_id} in IS-{self.issue_id}"


class Decision(models.Model):
    """One value somebody or something chose for a field, with origin, confidence and reason.

    A person's decision wins until it is released; the newest live row of a field is the one in force. What `holds` was
    set by a rule of the launch: the machines' suggestions do not replace it, a person's word does.
    """

    launch = models.ForeignKey(Launch, models.CASCADE, related_name="decisions")
    feedback = models.ForeignKey(Feedback, models.CASCADE, null=True, blank=True, related_name="decisions")
    issue = models.ForeignKey(Issue, models.CASCADE, null=True, blank=True, related_name="decisions")
    field = models.CharField(max_length=20)
    value = models.CharField(max_length=300)
    applied = models.BooleanField(default=True)
    holds = models.BooleanField(default=False, db_default=False)
    origin = models.CharField(max_length=8, choices=Origin.choices)
    decider = models.CharField(max_length=160)
    confidence = models.FloatField(null=True, blank=True)
    reason = models.CharField(max_length=500)
    actor = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(feedback__isnull=False, issue__isnull=True)
                | models.Q(feedback__isnull=True, issue__isnull=False),
                name="decision_about_one_thing",
            ),
            models.UniqueConstraint(
                fields=["feedback", "field"],
                name="one_live_decision_per_feedback_field",
                condition=models.Q(ended_at=None, feedback__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["issue", "field"],
                name="one_live_decision_per_issue_field",
                condition=models.Q(ended_at=None, issue__isnull=False),
            ),
        ]

    # What people call the value; set where a page shows it.
    called = ""

    def __str__(self) -> str:
        return f"{self.field} = {self.value} by {self.decider}"


class BoardCounter(models.Model):
    """The version of a launch's board; raised as the last statement of a changing transaction, so it has no gaps."""

    launch = models.OneToOneField(Launch, models.CASCADE, primary_key=True, related_name="board_counter")
    version = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.launch_id} at {self.version}"
