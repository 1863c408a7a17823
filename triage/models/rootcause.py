"""This module holds what a team finds out about causes: of an issue as whys and as a fishbone, and the risks of a launch."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from hypercare.core.models import Component, Launch, User
from triage.models.issue import Issue


class CauseCode(models.TextChoices):
    """What kind of cause it was, to be counted."""

    CODE_DEFECT = "code_defect", _("Code defect")
    CONFIGURATION = "configuration", _("Configuration")
    GATEWAY_ROUTING = "gateway_routing", _("Gateway routing")
    RATE_LIMIT = "rate_limit", _("Rate limit")
    AUTH = "auth_certificate", _("Authorisation or certificate")
    CAPACITY = "capacity", _("Capacity")
    DEPENDENCY = "dependency", _("Dependency or third party")
    DATA_MIGRATION = "data_migration", _("Data migration")
    DATA_CONTRACT = "data_contract", _("Data contract")
    PROMPT = "prompt", _("Prompt")
    MODEL = "model_provider", _("Model or provider")
    RETRIEVAL = "retrieval_context", _("Retrieval or context")
    TRAINING = "training", _("Training")
    PROCESS = "process", _("Process")
    DOCUMENTATION = "documentation", _("Documentation")
    MONITORING_GAP = "monitoring_gap", _("Monitoring gap")
    RELEASE = "release_cutover", _("Release or cutover")
    UNKNOWN = "unknown", _("Unknown")


class WhyMissed(models.TextChoices):
    """Why nobody saw it before people did."""

    NOT_TESTED = "not_tested", _("Not tested")
    CLEAN_DATA = "clean_data", _("Tested with clean data")
    ENVIRONMENT = "environment", _("Environment differed")
    LOAD = "load", _("Load not simulated")
    REQUIREMENT = "requirement", _("Requirement missing")
    MONITORING = "monitoring", _("Monitoring absent")


class Sureness(models.TextChoices):
    """How sure the team is of a why."""

    LOW = "low", _("Low")
    MEDIUM = "medium", _("Medium")
    HIGH = "high", _("High")


class Suspicion(models.TextChoices):
    """What became of a cause on the fishbone."""

    LIKELY = "likely", _("Likely")
    RULED_OUT = "ruled_out", _("Ruled out")


class RootCause(models.Model):
    """The analysis of one issue: what people saw, kept apart from what caused it."""

    issue = models.OneToOneField(Issue, models.CASCADE, related_name="root_cause")
    symptom = models.TextField()
    cause = models.TextField(blank=True)
    factors = models.JSONField(default=list)
    code = models.CharField(max_length=20, choices=CauseCode.choices, blank=True)
    missed = models.CharField(max_length=12, choices=WhyMissed.choices, blank=True)
    version = models.PositiveIntegerField(default=1)
    begun_at = models.DateTimeField()
    begun_by_name = models.CharField(max_length=160)
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"root cause of IS-{self.issue_id}"


class Twig(models.Model):
    """One row of a forest that people grow: where it hangs, and whose removal took it away.

    `removal` is the number of the row that was removed; what hung below it went along and comes back with it.
    """

    place = models.PositiveIntegerField()
    version = models.PositiveIntegerField(default=1)
    removed_at = models.DateTimeField(null=True, blank=True)
    removal = models.BigIntegerField(null=True, blank=True)

    class Meta:
        abstract = True


class Why(Twig):
    """One answer to “why?”: what it rests on, how sure it is, and at an end its code and what is done about it.

    `evidence` holds what shows it, each with `ref` (a key such as HC-12, or an address) and `shows`. A name without
    `verified_at` is that of who had verified earlier words.
    """

    analysis = models.ForeignKey(RootCause, models.CASCADE, related_name="whys", db_index=False)
    parent = models.ForeignKey("self", models.CASCADE, null=True, blank=True, related_name="below")
    text = models.CharField(max_length=500)
    sureness = models.CharField(max_length=6, choices=Sureness.choices, blank=True)
    verified_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    verified_by_name = models.CharField(max_length=160, blank=True)
    verified_at = models.DateTimeField(null=True, blank=True)
    code = models.CharField(max_length=20, choices=CauseCode.choices, blank=True)
    action = models.CharField(max_length=300, blank=True)
    evidence = models.JSONField(default=list)

    class Meta:
        indexes = [models.Index(fields=["analysis", "place"], name="whys_of_analysis")]

    def __str__(self) -> str:
        return self.text[:80]


class Bone(Twig):
    """A bone of a fishbone, a cause on it, or a cause of that; `why` is the why that a cause was made into.

    `seed` names the bone of a preset that it was added as, so that none is added twice, whatever it is called.
    """

    analysis = models.ForeignKey(RootCause, models.CASCADE, related_name="bones", db_index=False)
    parent = models.ForeignKey("self", models.CASCADE, null=True, blank=True, related_name="below")
    text = models.CharField(max_length=200)
    seed = models.CharField(max_length=16, blank=True, default="", db_default="")
    standing = models.CharField(max_length=10, choices=Suspicion.choices, blank=True)
    why = models.ForeignKey(Why, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["analysis", "place"], name="bones_of_analysis")]

    def __str__(self) -> str:
        return self.text[:80]


def _from_one_to_ten(field: str) -> models.Q:
    return models.Q(**{f"{field}__range": (1, 10)})


class Risk(models.Model):
    """One line of a launch's FMEA: what may fail, how bad, how often and how hidden, before an action and after it.

    `seed` names the common risk that it was offered as, so that none is offered twice.
    """

    launch = models.ForeignKey(Launch, models.CASCADE, related_name="risks", db_index=False)
    seed = models.CharField(max_length=24, blank=True)
    failure = models.CharField(max_length=200)
    effect = models.CharField(max_length=300, blank=True)
    controls = models.CharField(max_length=300, blank=True)
    component = models.ForeignKey(Component, models.SET_NULL, null=True, blank=True, related_name="+")
    severity = models.PositiveSmallIntegerField()
    occurrence = models.PositiveSmallIntegerField()
    detection = models.PositiveSmallIntegerField()
    action = models.CharField(max_length=300, blank=True)
    owner = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    due_on = models.DateField(null=True, blank=True)
    severity_after = models.PositiveSmallIntegerField(null=True, blank=True)
    occurrence_after = models.PositiveSmallIntegerField(null=True, blank=True)
    detection_after = models.PositiveSmallIntegerField(null=True, blank=True)
    issues = models.ManyToManyField(Issue, related_name="risks")
    version = models.PositiveIntegerField(default=1)
    made_at = models.DateTimeField()
    made_by_name = models.CharField(max_length=160)
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=_from_one_to_ten("severity") & _from_one_to_ten("occurrence") & _from_one_to_ten("detection"),
                name="risk_from_1_to_10",
            ),
            models.CheckConstraint(
                condition=models.Q(severity_after=None, occurrence_after=None, detection_after=None)
                | (
                    _from_one_to_ten("severity_after")
                    & _from_one_to_ten("occurrence_after")
                    & _from_one_to_ten("detection_after")
                ),
                name="risk_after_from_1_to_10_or_none",
            ),
            models.UniqueConstraint(
                fields=["launch", "seed"], name="common_risk_once_per_launch", condition=~models.Q(seed="")
            ),
        ]
        indexes = [models.Index(fields=["launch", "-id"], name="risks_newest")]

    def __str__(self) -> str:
        return f"{self.key} {self.failure}"

    @property
    def key(self) -> str:
        """The name people use, for example RK-3."""
        return f"RK-{self.pk}"
