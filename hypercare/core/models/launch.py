"""This module holds the launch and what it is made of: teams, components, environments, releases, deployments."""

from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from hypercare.core import clock
from hypercare.core.zones import zone_names


class Phase(models.TextChoices):
    """Where a launch stands."""

    PREPARE = "prepare", _("Prepare")
    HYPERCARE = "hypercare", _("Hypercare")
    EXIT_REVIEW = "exit_review", _("Exit review")
    BUSINESS_AS_USUAL = "business_as_usual", _("Business as usual")


def known_zone(name: str) -> None:
    """Refuses a name that is no IANA zone."""
    if name not in zone_names():
        raise ValidationError(_("%(zone)s is no time zone name; write one like Europe/Stockholm.") % {"zone": name})


slug_rule = RegexValidator(
    r"^[a-z0-9]+(?:-[a-z0-9]+)*$", _("Use small letters, digits and single hyphens, for example spring-shop.")
)


class Launch(models.Model):
    """What is under hypercare; it owns everything else."""

    slug = models.CharField(max_length=60, unique=True, validators=[slug_rule])
    name = models.CharField(_("name"), max_length=120)
    zone = models.CharField(_("time zone"), max_length=64, default="UTC", validators=[known_zone])
    language = models.CharField(max_length=8, default="en")
    phase = models.CharField(max_length=20, choices=Phase.choices, default=Phase.HYPERCARE)
    go_live_on = models.DateField(_("go-live"))
    planned_end_on = models.DateField(_("planned end"))
    hard_end_on = models.DateField(_("hard end"), null=True, blank=True)
    active_users = models.PositiveIntegerField(_("active users"), null=True, blank=True)
    report_at = models.TimeField(_("daily report at"), default=time(15, 0))
    report_grace_minutes = models.PositiveSmallIntegerField(
        _("minutes before a draft sends itself"), default=30, validators=[MaxValueValidator(720)]
    )
    transient_minutes = models.PositiveSmallIntegerField(
        _("minutes within which an alert only came and went"),
        default=10,
        db_default=10,
        validators=[MaxValueValidator(240)],
    )
    transient_quiet_minutes = models.PositiveSmallIntegerField(
        _("quiet minutes before it closes by itself"),
        default=5,
        db_default=5,
        validators=[MinValueValidator(1), MaxValueValidator(240)],
    )
    transient_times_a_day = models.PositiveSmallIntegerField(
        _("how often a day it may close by itself"), default=3, db_default=3, validators=[MaxValueValidator(50)]
    )
    closed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(planned_end_on__gte=models.F("go_live_on")),
                name="launch_ends_after_go_live",
            ),
            models.CheckConstraint(
                condition=models.Q(hard_end_on=None) | models.Q(hard_end_on__gte=models.F("planned_end_on")),
                name="launch_hard_end_after_planned",
            ),
            models.CheckConstraint(condition=models.Q(phase__in=Phase.values), name="launch_phase_known"),
        ]

    RESERVED_SLUGS: ClassVar[frozenset[str]] = frozenset({"new"})
    SAMPLE_SLUG: ClassVar[str] = "meridian-demo"

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuses days in the wrong order and a slug that is a page's own."""
        wrong: dict[str, Any] = {}
        if self.slug in self.RESERVED_SLUGS:
            wrong["slug"] = _("“%(slug)s” is taken by a page; choose another.") % {"slug": self.slug}
        if self.go_live_on and self.planned_end_on and self.planned_end_on < self.go_live_on:
            wrong["planned_end_on"] = _("The planned end is before go-live.")
        if self.planned_end_on and self.hard_end_on and self.hard_end_on < self.planned_end_on:
            wrong["hard_end_on"] = _("The hard end is before the planned end.")
        if wrong:
            raise ValidationError(wrong)

    def day_on(self, moment: datetime) -> int:
        """Hypercare day: 1 on the day of go-live in the launch's zone; 0 or less before."""
        return (clock.local_day(moment, self.zone) - self.go_live_on).days + 1

    @property
    def days_planned(self) -> int:
        """Planned length in days."""
        return (self.planned_end_on - self.go_live_on).days + 1

    @property
    def is_sample(self) -> bool:
        """Whether this is the made-up launch of the demo: its pages say so and its mail stays in the Outbox."""
        return self.slug == self.SAMPLE_SLUG

    def date_of_day(self, number: int) -> date:
        """The calendar date of hypercare day `number`."""
        return date.fromordinal(self.go_live_on.toordinal() + number - 1)


class Team(models.Model):
    """Who works on components."""

    launch = models.ForeignKey(Launch, models.CASCADE, related_name="teams")
    name = models.CharField(max_length=80)
    email = models.EmailField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["launch", "name"], name="team_name_per_launch")]

    def __str__(self) -> str:
        return self.name


class ComponentKind(models.TextChoices):
    """What a component is."""

    CLIENT_APP = "client_app", _("Client app")
    API_GATEWAY = "api_gateway", _("API gateway")
    AI_GATEWAY = "ai_gateway", _("AI gateway")
    LLM_GATEWAY = "llm_gateway", _("LLM gateway")
    MODEL = "model", _("Model")
    PROMPT = "prompt", _("Prompt")
    RETRIEVAL = "retrieval", _("Context and retrieval")
    SERVICE = "service", _("Backend service")
    DATABASE = "database", _("Database")
    IDENTITY = "identity", _("Identity")
    THIRD_PARTY = "third_party", _("Third party")
    PIPELINE = "pipeline", _("Data pipeline")


class Component(models.Model):
    """A part of the launch that can break: service, route group, gateway, model or prompt.

    One that is retired is called no longer, and nobody waits for its calls; what it was stays.
    """

    launch = models.ForeignKey(Launch, models.CASCADE, related_name="components")
    slug = models.CharField(max_length=60, validators=[slug_rule])
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=16, choices=ComponentKind.choices, default=ComponentKind.SERVICE)
    team = models.ForeignKey(Team, models.SET_NULL, null=True, blank=True, related_name="components")
    critical = models.BooleanField(_("on a critical journey"), default=False)
    retired_at = models.DateTimeField(null=True, blank=True)
    hints = ArrayField(models.CharField(max_length=80), default=list, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["launch", "slug"], name="component_slug_per_launch")]

    def __str__(self) -> str:
        return self.name


class FormerName(models.Model):
    """A name that led to a component until some moment; what was called by it before tells nothing of what comes."""

    launch = models.ForeignKey(Launch, models.CASCADE, related_name="former_names", db_index=False)
    name = models.CharField(max_length=80)
    until = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["launch", "name"], name="former_name_once_per_launch")]

    def __str__(self) -> str:
        return self.name

    @staticmethod
    def note(launch_id: int, names: Iterable[str], *, now: datetime) -> None:
        """Writes down that these names led to a component until now."""
        FormerName.objects.bulk_create(
            [FormerName(launch_id=launch_id, name=name, until=now) for name in sorted(set(names))],
            update_conflicts=True,
            unique_fields=["launch", "name"],
            update_fields=["until"],
        )


class Environment(models.Model):
    """Where a release runs."""

    launch = models.ForeignKey(Launch, models.CASCADE, related_name="environments")
    name = models.CharField(max_length=40)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["launch", "name"], name="environment_name_per_launch")]

    def __str__(self) -> str:
        return self.name


class Release(models.Model):
    """A named version of a component."""

    launch = models.ForeignKey(Launch, models.CASCADE, related_name="releases")
    component = models.ForeignKey(Component, models.CASCADE, null=True, blank=True, related_name="releases")
    version = models.CharField(max_length=80)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["launch", "component", "version"],
                name="release_version_per_component",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return self.version


class Deployment(models.Model):
    """A release that went live somewhere at a moment.

    `named_issues` are the issues that its texts and fields name, each with how; `linked_at` is empty until triage has
    followed them.
    """

    launch = models.ForeignKey(Launch, models.CASCADE, related_name="deployments")
    release = models.ForeignKey(Release, models.CASCADE, related_name="deployments")
    environment = models.ForeignKey(Environment, models.PROTECT, related_name="deployments")
    deployed_at = models.DateTimeField()
    summary = models.CharField(max_length=300, blank=True)
    source = models.CharField(max_length=40)
    external_id = models.CharField(max_length=200)
    named_issues = models.JSONField(default=dict)
    linked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["launch", "source", "external_id"], name="deployment_once_per_source")
        ]
        indexes = [
            models.Index(fields=["launch", "-deployed_at"], name="deployment_newest"),
            models.Index(fields=["id"], name="deployments_to_link", condition=models.Q(linked_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.release} at {self.deployed_at:%Y-%m-%d %H:%M}"


class MaintenanceWindow(models.Model):
    """A time in which something is being mended on purpose: rules count, but do not fire. All of the launch, or one component."""

    launch = models.ForeignKey(Launch, models.CASCADE, related_name="maintenance_windows")
    component = models.ForeignKey(Component, models.CASCADE, null=True, blank=True, related_name="maintenance_windows")
    begins_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    reason = models.CharField(_("reason"), max_length=200)
    set_by = models.CharField(max_length=160)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("begins_at")), name="maintenance_ends_after_it_begins"
            )
        ]
        indexes = [models.Index(fields=["launch", "ends_at"], name="maintenance_by_end")]

    def __str__(self) -> str:
        return self.reason


class LaunchKey(models.Model):
    """The public key a widget carries; it names the launch and grants nothing but sending a report."""

    launch = models.ForeignKey(Launch, models.CASCADE, related_name="keys")
    key = models.CharField(max_length=40, unique=True)
    origins = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    first_report_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.key


class FieldKind(models.TextChoices):
    """What a custom field holds."""

    TEXT = "text", _("Text")
    NUMBER = "number", _("Number")
    BOOLEAN = "boolean", _("Yes or no")
    DATE = "date", _("Date")
    CHOICE = "choice", _("Choice")


class FieldDefinition(models.Model):
    """A launch's own field on feedback: its name, its kind and what it may hold."""

    launch = models.ForeignKey(Launch, models.CASCADE, related_name="field_definitions")
    key = models.CharField(max_length=40, validators=[RegexValidator(r"^[a-z][a-z0-9_]*$")])
    label = models.CharField(max_length=80)
    kind = models.CharField(max_length=8, choices=FieldKind.choices)
    choices = ArrayField(models.CharField(max_length=80), default=list, blank=True)
    required = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["launch", "key"], name="field_key_per_launch"),
            models.CheckConstraint(
                condition=~models.Q(kind=FieldKind.CHOICE) | models.Q(choices__len__gt=0),
                name="choice_field_has_choices",
            ),
        ]

    def __str__(self) -> str:
        return self.label
