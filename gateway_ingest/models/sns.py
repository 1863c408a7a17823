"""This module holds what waits for an answer of Amazon's notification service: certificates and subscriptions."""

from django.db import models
from django.db.models import Q

from gateway_ingest.models.sources import Source


class Errand(models.Model):
    """Something to be fetched outside; with `handled_at` empty it waits for a worker, not before `not_before`."""

    asked_at = models.DateTimeField()
    not_before = models.DateTimeField()
    claimed_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    handled_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=300, blank=True)

    class Meta:
        abstract = True


class SigningCertificate(Errand):
    """The certificate behind the signatures of one address; `pem` is empty until it is fetched."""

    url = models.CharField(max_length=300, unique=True)
    pem = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["not_before"], name="certificates_wanted", condition=Q(handled_at=None))]

    def __str__(self) -> str:
        return self.url


class TopicSubscription(Errand):
    """A topic that asks whether it may send to a source; `message` is what was signed, empty once it is handled."""

    source = models.ForeignKey(Source, models.CASCADE, related_name="topic_subscriptions")
    message_id = models.CharField(max_length=100)
    topic = models.CharField(max_length=300)
    message = models.JSONField(default=dict, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "message_id"], name="subscription_once_per_message")]
        indexes = [models.Index(fields=["not_before"], name="subscriptions_waiting", condition=Q(handled_at=None))]

    def __str__(self) -> str:
        return self.topic
