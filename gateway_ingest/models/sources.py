"""This module holds who may post and what came: sources, batches, dead letters."""

from django.db import models

from hypercare.core.models import Launch


class Source(models.Model):
    """A machine that may post; its key is hashed, shown once, and can be ended.

    After a rotation the old key works until `old_until`; `repeats` counts deliveries that came twice.
    `signing_secret` is sealed; `signed_only` lets nothing in whose signature was not checked.
    """

    launch = models.ForeignKey(Launch, models.CASCADE, related_name="sources")
    name = models.CharField(max_length=80)
    digest = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=12)
    old_digest = models.CharField(max_length=64, blank=True, db_index=True)
    old_until = models.DateTimeField(null=True, blank=True)
    repeats = models.PositiveIntegerField(default=0)
    signing_secret = models.CharField(max_length=600, blank=True)
    signed_only = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    first_event_at = models.DateTimeField(null=True, blank=True)
    last_event_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["launch", "name"], name="source_name_per_launch")]

    def __str__(self) -> str:
        return self.name


class Batch(models.Model):
    """One accepted request; the same batch again changes nothing."""

    source = models.ForeignKey(Source, models.CASCADE, related_name="batches")
    batch_id = models.CharField(max_length=200)
    accepted = models.PositiveIntegerField()
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
    """A body that could not become anything, redacted, with the reason; replayed, it has a `handled_at`.

    `headers` are those without which it could not be read again.
    """

    source = models.ForeignKey(Source, models.CASCADE, related_name="dead_letters")
    format = models.CharField(max_length=40)
    reason = models.CharField(max_length=500)
    body = models.TextField()
    headers = models.JSONField(default=dict, blank=True)
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
        """Whether the door of alerts can take it again; calls, deployments and OpenTelemetry are sent again by their sender."""
        return bool(self.body) and "/" not in self.format and self.format != "otlp"
