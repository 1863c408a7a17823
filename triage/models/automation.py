"""This module holds a launch's own rules, when what happens then do what, and each run of one with what came of it."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from hypercare.core.models import Launch, User


class Matching(models.TextChoices):
    """How many of a rule's conditions must hold."""

    ALL = "all", _("All of them")
    ANY = "any", _("At least one")


class AutomationRule(models.Model):
    """When an event happens and its conditions hold, its actions are done, with the rights its owner has then.

    Rules of a launch run in the order of `place`. `off_why` says why one is off that a person did not switch off.
    """

    launch = models.ForeignKey(Launch, models.CASCADE, related_name="automation_rules", db_index=False)
    name = models.CharField(max_length=80)
    event = models.CharField(max_length=40)
    matching = models.CharField(max_length=3, choices=Matching.choices, default=Matching.ALL)
    conditions = models.JSONField(default=list)
    actions = models.JSONField(default=list)
    place = models.PositiveSmallIntegerField(default=1)
    is_on = models.BooleanField(default=False)
    off_why = models.CharField(max_length=12, blank=True)
    owner = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    owner_name = models.CharField(max_length=160)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["launch", "name"], name="one_automation_of_a_name"),
            models.CheckConstraint(
                condition=models.Q(is_on=True, off_why="") | models.Q(is_on=False), name="automation_on_or_why_off"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def key(self) -> str:
        """The name people use, for example AR-4."""
        return f"AR-{self.pk}"


class Outcome(models.TextChoices):
    """What came of a run."""

    DONE = "done", _("Done")
    PARTLY = "partly", _("Partly done")
    NOTHING = "nothing", _("Nothing to do")
    NOT_MET = "not_met", _("Conditions not met")
    FAILED = "failed", _("Not done")
    HELD = "held", _("Held back")


class AutomationRun(models.Model):
    """One rule looked at one thing that happened: whether it matched or why not, and what came of each action.

    `about` is the issue where there is one, else the subject. `chain` are the rules by whose doing it happened, the first
    first; `guarded` says that the loop guard held it back.
    """

    rule = models.ForeignKey(AutomationRule, models.CASCADE, related_name="runs", db_index=False)
    happening = models.BigIntegerField()
    event = models.CharField(max_length=40)
    subject = models.CharField(max_length=64)
    about = models.CharField(max_length=64, blank=True, default="", db_default="")
    by_name = models.CharField(max_length=160)
    occurred_at = models.DateTimeField()
    ran_at = models.DateTimeField()
    outcome = models.CharField(max_length=8, choices=Outcome.choices)
    guarded = models.BooleanField(default=False)
    why = models.CharField(max_length=500, blank=True)
    results = models.JSONField(default=list)
    cause = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="+")
    chain = models.JSONField(default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["rule", "happening"], name="one_run_of_a_rule_per_happening")]
        indexes = [
            models.Index(fields=["rule", "-id"], name="runs_newest"),
            models.Index(fields=["rule", "about", "-ran_at"], name="runs_about_one"),
            models.Index(fields=["ran_at"], name="runs_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.rule_id} on {self.subject}: {self.outcome}"
