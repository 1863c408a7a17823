"""This module holds who may post and what came: sources, batches, dead letters."""

from django.db import models

from hypercare.core.models import Launch


class Source(models.Model):
    """A machine that may post; its key is hashed, shown once, and can be ended.

    After a rotation the old key works until `old_until`; `repeats` counts deliveries that came twice.
    """

    launch = models.ForeignKey(Launch, models.CASCADE, related_name="sources")
    name = models.CharField(max_length=80)
    digest = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=12)
    old_digest = models.CharField(max_length=64, blank=True, db_index=True)
    old_until = models.DateTimeField(null=True, blank=True)
    repeats = models.PositiveIntegerField(default=0)
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


class DeadLetter(models.Model):
    """A body that could not become anything, redacted, with the reason."""

    source = models.ForeignKey(Source, models.CASCADE, related_name="dead_letters")
    format = models.CharField(max_length=40)
    reason = models.CharField(max_length=500)
    body = models.TextField()
    received_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.key

    @property
    def key(self) -> str:
        """The name people use, for example DL-4."""
        return f"DL-{self.pk}"
