"""This module holds outgoing webhooks: where a launch's events are sent, each delivery, and every try of it."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from .launch import Launch
from .people import User


class OutgoingWebhook(models.Model):
    """An address that hears of events of a launch; its secret is sealed and shown once.

    `paused_why` says why it hears nothing: a person's choice, 410, or days without one good answer.
    """

    launch = models.ForeignKey(Launch, models.CASCADE, related_name="webhooks")
    name = models.CharField(max_length=80)
    url = models.CharField(max_length=500)
    events = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    sealed = models.TextField()
    sealed_before = models.TextField(blank=True)
    before_until = models.DateTimeField(null=True, blank=True)
    with_people = models.BooleanField(default=False)
    owner = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    owner_name = models.CharField(max_length=160)
    is_on = models.BooleanField(default=True)
    paused_why = models.CharField(max_length=10, blank=True)
    failing_since = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["launch", "name"], name="one_webhook_of_a_name"),
            models.CheckConstraint(
                condition=Q(is_on=True, paused_why="") | Q(is_on=False), name="webhook_on_or_paused"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def key(self) -> str:
        """The name people use, for example WH-4."""
        return f"WH-{self.pk}"


class WebhookDelivery(models.Model):
    """One message to one webhook; with `done_at` and `given_up_at` empty it waits to be sent.

    `once_key` makes one thing that happened one message; its number in the log is the `webhook-id`, the same in each try.
    """

    webhook = models.ForeignKey(OutgoingWebhook, models.CASCADE, related_name="deliveries", db_index=False)
    host = models.CharField(max_length=255)
    event = models.CharField(max_length=40)
    subject = models.CharField(max_length=64, blank=True)
    body = models.TextField()
    once_key = models.CharField(max_length=80, unique=True)
    created_at = models.DateTimeField()
    next_try_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    claimed_by = models.CharField(max_length=60, blank=True)
    claimed_until = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    given_up_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(done_at=None) | Q(given_up_at=None), name="delivered_or_given_up")
        ]
        indexes = [
            models.Index(fields=["webhook", "-id"], name="deliveries_newest"),
            models.Index(
                fields=["next_try_at"], name="deliveries_waiting", condition=Q(done_at=None, given_up_at=None)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} to {self.webhook_id}"

    @property
    def message_id(self) -> str:
        """What receivers tell repetitions by."""
        return f"msg_{self.once_key}".replace(".", "-")  # a dot divides what is signed


class WebhookTry(models.Model):
    """One call and what came of it: the status, how long it took, and the beginning of the answer without secrets."""

    delivery = models.ForeignKey(WebhookDelivery, models.CASCADE, related_name="log")
    tried_at = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    ms = models.PositiveIntegerField()
    answer = models.TextField(blank=True)
    trouble = models.CharField(max_length=300, blank=True)

    def __str__(self) -> str:
        return str(self.status or self.trouble)
