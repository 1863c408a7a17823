"""This module holds what somebody waits to hear of: who wants which kinds, and each thing that happened until it is heard."""

from django.db import models

from .launch import Launch


class Listener(models.TextChoices):
    """Who hears."""

    RULES = "rules"
    WEBHOOKS = "webhooks"


class Wish(models.Model):
    """Somebody in a launch wants to hear of a kind of timeline entry; triggers read it with each entry that is written."""

    launch = models.ForeignKey(Launch, models.CASCADE, related_name="+", db_index=False)
    listener = models.CharField(max_length=10, choices=Listener.choices)
    kind = models.CharField(max_length=48)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["launch", "kind", "listener"], name="one_wish_of_a_kind")]

    def __str__(self) -> str:
        return f"{self.listener} want {self.kind}"


class Happening(models.Model):
    """One thing that happened and is not heard yet; the database writes it with the change, who hears it takes it away.

    `cause` is the run of a rule that made it happen.
    """

    launch = models.ForeignKey(Launch, models.CASCADE, related_name="+", db_index=False)
    listener = models.CharField(max_length=10, choices=Listener.choices)
    kind = models.CharField(max_length=48)
    subject = models.CharField(max_length=64)
    data = models.JSONField(default=dict)
    actor_name = models.CharField(max_length=160)
    by_person = models.BooleanField(default=False)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    cause = models.BigIntegerField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)
    not_before = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["listener", "id"], name="happenings_waiting")]

    def __str__(self) -> str:
        return f"{self.subject} {self.kind}"
