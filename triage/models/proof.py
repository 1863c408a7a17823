"""This module holds what proves a fix: which deployments carry it, the verdicts about them, and what people said of evidence."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from hypercare.core.models import Deployment, Launch, User
from triage.models.issue import Issue, Origin


class Lane(models.TextChoices):
    """By which way a fix goes out."""

    HOTFIX = "hotfix", _("Hotfix")
    SPRINT = "sprint", _("Sprint")
    ROADMAP = "roadmap", _("Roadmap")


class How(models.TextChoices):
    """How a deployment came to belong to an issue."""

    FIXES = "fixes", _("Its texts say that it fixes this")
    FIELD = "field", _("Named in its fields")
    SAID = "said", _("Named in its texts")
    HAND = "hand", _("Linked by hand")


class Word(models.TextChoices):
    """What live traffic says of a fix."""

    VERIFIED = "verified", _("Verified")
    NOT_FIXED = "not_fixed", _("Not fixed")
    TOO_LITTLE = "too_little", _("Too little traffic")
    SIDE_EFFECT = "side_effect", _("Side effect")
    TAKEN_BACK = "taken_back", _("Rolled back")
    UNSEEN = "unseen", _("Not seen in traffic")


class Fix(models.Model):
    """A deployment that carries the fix of an issue, as long as nobody says that it does not."""

    issue = models.ForeignKey(Issue, models.CASCADE, related_name="fixes", db_index=False)
    deployment = models.ForeignKey(Deployment, models.CASCADE, related_name="fixes")
    how = models.CharField(max_length=8, choices=How.choices)
    linked_at = models.DateTimeField()
    linked_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)
    looked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["issue", "deployment"], name="one_live_fix_per_deployment", condition=models.Q(ended_at=None)
            ),
        ]
        indexes = [models.Index(fields=["issue", "-id"], name="fixes_of_issue")]

    def __str__(self) -> str:
        return f"IS-{self.issue_id} by DP-{self.deployment_id}"


class Verdict(models.Model):
    """One word about a fix with its figures; a person's stands against the machine's until it is taken back."""

    fix = models.ForeignKey(Fix, models.CASCADE, related_name="verdicts", db_index=False)
    word = models.CharField(max_length=12, choices=Word.choices)
    origin = models.CharField(max_length=8, choices=Origin.choices)
    decider = models.CharField(max_length=160)
    confidence = models.FloatField(null=True, blank=True)
    reason = models.CharField(max_length=1000)
    figures = models.JSONField(default=dict)
    actor = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField()
    checked_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["fix"],
                name="one_live_verdict_of_a_machine",
                condition=models.Q(ended_at=None) & ~models.Q(origin=Origin.PERSON),
            ),
            models.UniqueConstraint(
                fields=["fix"],
                name="one_live_verdict_of_a_person",
                condition=models.Q(ended_at=None, origin=Origin.PERSON),
            ),
        ]
        indexes = [models.Index(fields=["fix", "-id"], name="verdicts_of_fix")]

    def __str__(self) -> str:
        return f"{self.word} of fix {self.fix_id}"


class ProofRules(models.Model):
    """What a launch lets the machine do by itself; without a row it only suggests."""

    launch = models.OneToOneField(Launch, models.CASCADE, primary_key=True, related_name="proof_rules")
    verifies = models.BooleanField(
        _("Move issues to Verified when live traffic shows that they are fixed"), default=False
    )
    tells = models.BooleanField(_("Tell the reporters then, without asking"), default=False)

    def __str__(self) -> str:
        return f"proof rules of launch {self.launch_id}"


class FixNotice(models.Model):
    """What the reporters of an issue are told of its fix: drafted, then sent or dropped by a person."""

    issue = models.ForeignKey(Issue, models.CASCADE, related_name="fix_notices", db_index=False)
    fix = models.OneToOneField(Fix, models.CASCADE, related_name="notice")
    words = models.TextField(blank=True)
    drafted_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    sent_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    sent_to = models.PositiveIntegerField(default=0)
    dropped_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["issue"], name="one_waiting_notice_per_issue", condition=models.Q(sent_at=None, dropped_at=None)
            )
        ]

    def __str__(self) -> str:
        return f"notice of IS-{self.issue_id}"


class Firing(models.Model):
    """An ended or verified issue whose signature still fires, with the figures that say so; ended when it stops."""

    issue = models.ForeignKey(Issue, models.CASCADE, related_name="firings", db_index=False)
    why = models.CharField(max_length=16)
    reason = models.CharField(max_length=500)
    figures = models.JSONField(default=dict)
    found_at = models.DateTimeField()
    checked_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["issue"], name="one_live_firing", condition=models.Q(ended_at=None)),
        ]

    def __str__(self) -> str:
        return f"IS-{self.issue_id} still fires"


class EvidenceAnswer(models.Model):
    """A person's word on whether errors in traffic belong to an issue, with what the machine had said of them."""

    issue = models.ForeignKey(Issue, models.CASCADE, related_name="evidence_answers", db_index=False)
    component = models.CharField(max_length=200, blank=True)
    route = models.CharField(max_length=200, blank=True)
    belongs = models.BooleanField()
    by = models.CharField(max_length=12)
    score = models.FloatField()
    reasons = models.JSONField(default=list)
    actor = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    actor_name = models.CharField(max_length=160)
    answered_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["issue", "component", "route"], name="one_answer_per_evidence_of_an_issue")
        ]

    def __str__(self) -> str:
        return f"{self.route} {'in' if self.belongs else 'not in'} IS-{self.issue_id}"
