"""This module holds who may post and what came: sources, batches, dead letters."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from hypercare.core.models import Launch, User


class Source(models.Model):
    """A machine that may post; its key is hashed, shown once, and can be ended.

    `repeats` counts deliveries that came twice, `letters` all dead letters ever, `refused` deliveries that a check at the
    door kept out, `limited` those beyond the source's rate and `lost_ratings` ratings whose calls never came.
    `signing_secret` is sealed; with a `signature_header` it is the secret of an HMAC over the body, without one it is of
    Standard Webhooks. `signed_only` lets nothing in whose signature was not checked, and of Amazon's notifications those
    of `topics` only. An empty list of `allowed_networks` allows every address, an empty `zone` reads times without a zone
    as UTC, an empty `environment` is what people use.
    """

    launch = models.ForeignKey(Launch, models.CASCADE, related_name="sources")
    name = models.CharField(max_length=80)
    digest = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=12)
    repeats = models.PositiveIntegerField(default=0)
    signing_secret = models.CharField(max_length=600, blank=True)
    signed_only = models.BooleanField(default=False)
    signature_header = models.CharField(max_length=80, blank=True, db_default="", default="")
    topics = ArrayField(models.CharField(max_length=300), default=list, db_default=[], blank=True)
    allowed_networks = ArrayField(models.CharField(max_length=50), default=list, blank=True)
    rows_a_second = models.PositiveIntegerField(null=True, blank=True)
    program = models.CharField(max_length=30, blank=True, db_default="", default="")
    zone = models.CharField(max_length=64, blank=True, db_default="", default="")
    environment = models.CharField(max_length=40, blank=True, db_default="", default="")
    letters = models.PositiveIntegerField(db_default=0, default=0)
    refused = models.PositiveIntegerField(db_default=0, default=0)
    limited = models.PositiveIntegerField(db_default=0, default=0)
    lost_ratings = models.PositiveIntegerField(db_default=0, default=0)
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    first_event_at = models.DateTimeField(null=True, blank=True)
    last_event_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["launch", "name"], name="source_name_per_launch")]

    def __str__(self) -> str:
        return self.name


class EarlierKey(models.Model):
    """A key that was replaced and still works for a while, so that nothing is lost while its sender is changed."""

    source = models.ForeignKey(Source, models.CASCADE, related_name="earlier_keys")
    digest = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=12)
    until = models.DateTimeField()

    class Meta:
        ordering = ["until"]

    def __str__(self) -> str:
        return self.hint


class RouteField(models.TextChoices):
    """What a route looks at."""

    COMPONENT = "component", _("Component")
    HOST = "host", _("Host")
    PATH = "path", _("Path begins with")
    LABEL = "label", _("Label")
    ANYTHING = "anything", _("Everything else")


class SourceRoute(models.Model):
    """Which launch gets what a source sends: the first route in order that fits, for a source that has any.

    `name` is the label's, where it looks at one. Only somebody who may manage both launches can make it.
    """

    source = models.ForeignKey(Source, models.CASCADE, related_name="routes")
    launch = models.ForeignKey(Launch, models.CASCADE, related_name="routes_here")
    field = models.CharField(max_length=10, choices=RouteField.choices)
    name = models.CharField(max_length=80, blank=True)
    value = models.CharField(max_length=200, blank=True)
    made_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["source", "field", "name", "value"], name="source_route_once"),
            models.CheckConstraint(condition=models.Q(field__in=RouteField.values), name="source_route_field_known"),
        ]

    def __str__(self) -> str:
        return f"{self.field} {self.name} {self.value} -> {self.launch_id}"


class Batch(models.Model):
    """One accepted request; the same batch again changes nothing.

    `rejected` are its rows that were not taken; `lag` is how old its newest row was when it came, in milliseconds.
    """

    source = models.ForeignKey(Source, models.CASCADE, related_name="batches", db_index=False)
    batch_id = models.CharField(max_length=200)
    accepted = models.PositiveIntegerField()
    rejected = models.PositiveIntegerField(db_default=0, default=0)
    lag = models.BigIntegerField(null=True, blank=True)
    received_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "batch_id"], name="batch_once_per_source")]

    def __str__(self) -> str:
        return self.batch_id


class Mapping(models.Model):
    """How a source's own JSON is read: a JMESPath expression for each fact, and what its words mean to us.

    `items` names the list of alerts where a body holds several; an empty expression says nothing of its fact.
    """

    source = models.OneToOneField(Source, models.CASCADE, related_name="mapping")
    items = models.CharField(max_length=200, blank=True)
    title = models.CharField(max_length=200)
    severity = models.CharField(max_length=200, blank=True)
    status = models.CharField(max_length=200, blank=True)
    key = models.CharField(max_length=200, blank=True)
    component = models.CharField(max_length=200, blank=True)
    time = models.CharField(max_length=200, blank=True)
    link = models.CharField(max_length=200, blank=True)
    severity_words = models.JSONField(default=dict, blank=True)
    status_words = models.JSONField(default=dict, blank=True)
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.source}: {self.title}"


class DeadLetter(models.Model):
    """A body that could not become anything, redacted, with the reason; replayed or dismissed, it has a `handled_at`.

    `headers` are those without which it could not be read again; of one that is `truncated` only the beginning is kept.
    A `refusal` is a sender that did not come in. Where nothing is kept of what came, one stands for `count` of its reason.
    What `is_json` not, no door can take.
    """

    source = models.ForeignKey(Source, models.CASCADE, related_name="dead_letters")
    format = models.CharField(max_length=40)
    reason = models.CharField(max_length=500)
    body = models.TextField()
    headers = models.JSONField(default=dict, blank=True)
    truncated = models.BooleanField(db_default=False, default=False)
    refusal = models.BooleanField(db_default=False, default=False)
    is_json = models.BooleanField(db_default=True, default=True)
    count = models.PositiveIntegerField(db_default=1, default=1)
    received_at = models.DateTimeField()
    handled_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.key

    @property
    def key(self) -> str:
        """The name people use, for example DL-4."""
        return f"DL-{self.pk}"

    @property
    def can_be_replayed(self) -> bool:
        """Whether a door can take it again: of calls and OpenTelemetry too little is kept, and some doors were closed."""
        is_whole = bool(self.body) and self.is_json and not self.truncated and not self.source.revoked_at
        return is_whole and not (self.format.startswith("calls/") or self.format == "otlp")

    @property
    def launch(self) -> Launch:
        """The launch of its source, to whose people it belongs."""
        return self.source.launch

    @property
    def why_not_replayed(self) -> str:
        """What to do instead of a replay; empty where one works."""
        if self.can_be_replayed:
            return ""
        reasons = (
            (self.source.revoked_at, gettext("Its source was ended; its sender has to send it to another one.")),
            (self.refusal, gettext("It did not come in, so nothing of it was kept.")),
            (not self.body, gettext("Nothing of it was kept, so it cannot be replayed.")),
            (
                self.truncated,
                gettext("It was long and only its beginning was kept; its sender has to send it again."),
            ),
            (
                not self.is_json and "calls/" not in self.format,
                gettext("It is no JSON, which neither a mapping nor a replay can change; let its sender send JSON."),
            ),
        )
        rest = gettext("Only some of it was kept, without contents; its sender has to send it again.")
        return next((reason for is_so, reason in reasons if is_so), rest)
