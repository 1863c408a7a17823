"""This module holds the rules of a launch, where each of their keys stands, what they found, and what is usual."""

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from gateway_ingest.models.alerts import Alert, AlertSeverity
from gateway_ingest.models.sources import Source
from hypercare.core.models import Component, Launch


class Rule(models.Model):
    """One rule of a launch as its team has set it; what it measures and of what stands in `rules/defaults.py`.

    `steps` are pairs of a limit and a severity. `version` rises with each edit.
    """

    launch = models.ForeignKey(Launch, models.CASCADE, related_name="rules")
    name = models.CharField(max_length=40)
    armed = models.BooleanField(default=True)
    steps = models.JSONField()
    minutes = models.PositiveIntegerField()
    least = models.PositiveIntegerField()
    clear_at = models.FloatField()
    clear_minutes = models.PositiveIntegerField()
    version = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["launch", "name"], name="rule_once_per_launch")]

    def __str__(self) -> str:
        return self.name


class RuleState(models.Model):
    """Where one key of a rule stands; a key that nothing is wrong with has no row."""

    rule = models.ForeignKey(Rule, models.CASCADE, related_name="states")
    key = models.CharField(max_length=640)
    state = models.JSONField()
    firing = models.BooleanField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["rule", "key"], name="state_once_per_key")]

    def __str__(self) -> str:
        return f"{self.rule} {self.key}"


class Firing(models.Model):
    """One time that a rule fired about a key, from its beginning to its end; `suppressed` while something was mended."""

    rule = models.ForeignKey(Rule, models.CASCADE, related_name="firings")
    key = models.CharField(max_length=640)
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    severity = models.CharField(max_length=10, choices=AlertSeverity.choices)
    value = models.FloatField()
    limit = models.FloatField()
    usual = models.FloatField(null=True, blank=True)
    suppressed = models.BooleanField(default=False)
    alert = models.ForeignKey(Alert, models.SET_NULL, null=True, blank=True, related_name="firings")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["rule", "key", "began_at"], name="firing_once")]
        indexes = [
            models.Index(fields=["rule", "-began_at"], name="firings_newest"),
            models.Index(fields=["rule", "key"], name="firings_open", condition=Q(ended_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.rule} {self.began_at:%Y-%m-%d %H:%M}"


class TrafficWatch(models.Model):
    """How far a launch's traffic is watched and learned; `source` is the one its rules speak through."""

    launch = models.OneToOneField(Launch, models.CASCADE, primary_key=True, related_name="traffic_watch")
    source = models.OneToOneField(Source, models.CASCADE, related_name="traffic_watch")
    looked_until = models.DateTimeField()
    learned_until = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.launch} {self.looked_until:%Y-%m-%d %H:%M}"


class Baseline(models.Model):
    """What one key had in one hour, from which the usual is read. Counts are a minute's, in the mean of the hour."""

    pk = models.CompositePrimaryKey("launch", "per", "key", "hour")
    launch = models.ForeignKey(Launch, models.CASCADE, related_name="baselines", db_index=False)
    per = models.CharField(max_length=16)
    key = models.CharField(max_length=640)
    hour = models.DateTimeField()
    calls = models.FloatField()
    malformed = models.FloatField()
    refused = models.FloatField()
    tokens_a_call = models.FloatField(null=True)
    p95_ms = models.FloatField(null=True)

    class Meta:
        indexes = [models.Index(fields=["launch", "hour"], name="baselines_by_hour")]

    def __str__(self) -> str:
        return f"{self.key} {self.hour:%Y-%m-%d %H}"


class LearnedHour(models.Model):
    """An hour of a launch that was learned, and from how many calls: where there are more by now, it is learned anew."""

    pk = models.CompositePrimaryKey("launch", "at")
    launch = models.ForeignKey(Launch, models.CASCADE, related_name="learned_hours", db_index=False)
    at = models.DateTimeField()
    calls = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.launch_id} {self.at:%Y-%m-%d %H}"


class Absence(models.Model):
    """A time in which nobody looked and nothing was received: silence in it is our own."""

    launch = models.ForeignKey(Launch, models.CASCADE, related_name="absences")
    begins_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("begins_at")), name="absence_ends_after_it_begins"
            ),
            models.UniqueConstraint(fields=["launch", "begins_at"], name="absence_once"),
        ]

    def __str__(self) -> str:
        return f"{self.begins_at:%Y-%m-%d %H:%M} to {self.ends_at:%H:%M}"


class TrafficTarget(models.Model):
    """What a team wants of a component, or of the whole launch where `component` is empty."""

    launch = models.ForeignKey(Launch, models.CASCADE, related_name="traffic_targets")
    component = models.ForeignKey(Component, models.CASCADE, null=True, blank=True, related_name="traffic_targets")
    p95_ms = models.FloatField(
        _("95th percentile in milliseconds"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    daily_budget = models.FloatField(_("budget a day"), null=True, blank=True, validators=[MinValueValidator(0.01)])

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["launch", "component"], name="target_once_per_component", nulls_distinct=False
            )
        ]

    def __str__(self) -> str:
        return f"{self.component or self.launch}"


class Heartbeat(models.Model):
    """A sign of life of a source, or of something it names. `interval` in seconds is declared, or learned from its gaps.

    `hours` has a letter for each hour of the week in the launch's zone: `h` where it was heard the last time, `s` where it
    was silent, `?` where nothing is known yet. `steady_since` is when its last long silence ended.
    """

    LEARNED_GAPS = 20

    source = models.ForeignKey(Source, models.CASCADE, related_name="heartbeats")
    name = models.CharField(max_length=80, blank=True)
    last_at = models.DateTimeField()
    interval = models.FloatField()
    declared = models.BooleanField(default=False)
    gaps = models.PositiveIntegerField(default=0)
    hours = models.CharField(max_length=168, blank=True, db_default="", default="")
    steady_since = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "name"], name="heartbeat_once_per_name")]

    def __str__(self) -> str:
        return self.name or str(self.source)

    @property
    def silent_hours(self) -> int:
        """In how many hours of the week it was silent before."""
        return self.hours.count("s")

    @property
    def unknown_hours(self) -> int:
        """Of how many hours of the week nothing is known yet."""
        return self.hours.count("?")


class SeriesMemory(models.Model):
    """What the detector remembers of one series: the scorer's bytes, up to which moment, and its newest score.

    `until` moves on at every look; `heard_at` only with a value, so that the memory of what is gone can be dropped. Its
    hours are those of the clocks in `zone`.
    """

    launch = models.ForeignKey(Launch, models.CASCADE, related_name="series_memories")
    component = models.CharField(max_length=200)
    series = models.CharField(max_length=16)
    memory = models.BinaryField()
    until = models.DateTimeField()
    heard_at = models.DateTimeField()
    score = models.FloatField(default=0.0)
    zone = models.CharField(max_length=64, db_default="UTC", default="UTC")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["launch", "component", "series"], name="memory_once_per_series")]

    def __str__(self) -> str:
        return f"{self.component} {self.series}"
