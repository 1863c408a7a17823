"""This module holds what people teach the text model: labels and old tickets; and its trainings and their versions."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from feedback.models import Feedback
from hypercare.core.models import Launch, User
from triage.models.issue import Issue


class Standing(models.TextChoices):
    """What a launch's version of the model is."""

    CHAMPION = "champion", _("decides")
    CHALLENGER = "challenger", _("waits as challenger")
    RETIRED = "retired", _("retired")


class ModelVersion(models.Model):
    """A trained model, its checksum and what it scored: of texts in a file, of matching in `figures`.

    Without a launch it is the one shipped to all.
    """

    launch = models.ForeignKey(Launch, models.CASCADE, null=True, blank=True, related_name="model_versions")
    name = models.CharField(max_length=40)
    number = models.PositiveIntegerField()
    path = models.CharField(max_length=300)
    digest = models.CharField(max_length=64)
    figures = models.JSONField(default=dict)
    trained_at = models.DateTimeField()
    standing = models.CharField(max_length=12, choices=Standing.choices, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    # What people decided up to here it may have learned; later decisions can judge it.
    learned_until = models.DateTimeField(null=True, blank=True)
    decided_from = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["name", "number"], name="model_version_number"),
            models.UniqueConstraint(
                fields=["launch", "name"],
                name="one_champion_per_launch_and_name",
                condition=models.Q(standing=Standing.CHAMPION),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.number}"


class Way(models.TextChoices):
    """How a person taught."""

    OVERRIDE = "override", _("corrected")
    ACCEPT = "accept", _("confirmed")
    LET_STAND = "let_stand", _("let stand")
    REJECT = "reject", _("refused")


class Label(models.Model):
    """What a person said of a text, and what a machine had said; the text stays with its report."""

    launch = models.ForeignKey(Launch, models.CASCADE, related_name="labels", db_index=False)
    way = models.CharField(max_length=12, choices=Way.choices)
    field = models.CharField(max_length=20)
    value = models.CharField(max_length=120)
    feedback = models.ForeignKey(Feedback, models.CASCADE, null=True, blank=True, related_name="labels", db_index=False)
    issue = models.ForeignKey(Issue, models.CASCADE, null=True, blank=True, related_name="lessons")
    said_value = models.CharField(max_length=120, blank=True)
    said_by = models.CharField(max_length=160, blank=True)
    said_confidence = models.FloatField(null=True, blank=True)
    actor = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    actor_name = models.CharField(max_length=160)
    labelled_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["feedback", "field"],
                name="one_live_label_per_feedback_field",
                condition=models.Q(withdrawn_at=None, feedback__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["launch", "labelled_at"], name="labels_of_launch")]

    def __str__(self) -> str:
        return f"{self.field} = {self.value} by {self.actor_name}"


class Training(models.Model):
    """One training of a launch's model: asked for by a person or the night, done apart, ended with what came of it."""

    launch = models.ForeignKey(Launch, models.CASCADE, related_name="trainings", db_index=False)
    asked_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    asked_name = models.CharField(max_length=160)
    asked_at = models.DateTimeField()
    begun_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=12, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    seconds = models.FloatField(null=True, blank=True)
    version = models.ForeignKey(ModelVersion, models.SET_NULL, null=True, blank=True, related_name="trainings")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["launch"], name="one_training_at_a_time", condition=models.Q(ended_at=None)
            ),
        ]
        indexes = [models.Index(fields=["launch", "-id"], name="trainings_newest")]

    def __str__(self) -> str:
        return f"training of {self.launch_id}: {self.outcome or 'waits'}"


class TicketImport(models.Model):
    """Old tickets of a team, brought in as examples; `mapping` says what each column and word means."""

    launch = models.ForeignKey(Launch, models.CASCADE, related_name="ticket_imports")
    name = models.CharField(max_length=120)
    uploaded_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    uploaded_at = models.DateTimeField()
    columns = models.JSONField(default=list)
    mapping = models.JSONField(default=dict)
    tickets = models.PositiveIntegerField(default=0)
    redactions = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class OldTicket(models.Model):
    """One ticket of an import, redacted: its cells until it is read, then the text and what the team called it."""

    run = models.ForeignKey(TicketImport, models.CASCADE, related_name="rows", db_index=False)
    line = models.PositiveIntegerField()
    cells = models.JSONField(default=list)
    title = models.CharField(max_length=300, blank=True)
    body = models.TextField(blank=True)
    said = models.JSONField(default=dict)
    happened_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=200, blank=True)
    is_read = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "line"], name="old_ticket_line")]
        indexes = [models.Index(fields=["run", "line"], name="old_tickets_unread", condition=models.Q(is_read=False))]

    def __str__(self) -> str:
        return f"line {self.line} of {self.run_id}"
