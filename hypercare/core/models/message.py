"""This module holds outgoing messages: a row with `sent_at` empty is the send queue, the Outbox and the proof."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from .launch import Launch
from .people import User


class MessageKind(models.TextChoices):
    """Why a message is sent; the reader sees the reason in the mail."""

    RECEIPT = "receipt", _("Receipt")
    CLOSED = "closed", _("Report closed")
    FIXED = "fixed", _("Fixed and checked")
    REPLY = "reply", _("Reply to a report")
    VIEW = "view", _("New in a saved view")
    DAILY_REPORT = "daily_report", _("Daily status report")
    ROOM_UPDATE = "room_update", _("Update of a war room")
    FIRES = "fires", _("Fixed, and still fires")
    SHIFT = "shift", _("Shift handed over")
    REMINDER = "reminder", _("Reminder of a promise or an update")
    RULE = "rule", _("Sent by a rule of the launch")
    SWITCHED_OFF = "switched_off", _("Rule or webhook switched off")
    INVITATION = "invitation", _("Invitation")
    ACCOUNT = "account", _("Account")


class Message(models.Model):
    """One mail to one address; `once_key` makes a step send at most one."""

    launch = models.ForeignKey(Launch, models.CASCADE, null=True, blank=True, related_name="messages")
    kind = models.CharField(max_length=16, choices=MessageKind.choices)
    about = models.CharField(max_length=40, blank=True)
    to_address = models.EmailField()
    language = models.CharField(max_length=8, default="en")
    subject = models.CharField(max_length=300)
    text = models.TextField()
    html = models.TextField(blank=True)
    headers = models.JSONField(default=dict)
    once_key = models.CharField(max_length=160, unique=True)
    created_at = models.DateTimeField()
    not_before = models.DateTimeField()
    claimed_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True, blank=True)
    given_up_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["not_before"],
                name="messages_waiting",
                condition=models.Q(sent_at=None, given_up_at=None),
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.to_address}"


class Delivery(models.Model):
    """One try to hand a message to the mail server and what came of it."""

    message = models.ForeignKey(Message, models.CASCADE, related_name="deliveries")
    tried_at = models.DateTimeField()
    accepted = models.BooleanField()
    detail = models.CharField(max_length=500, blank=True)

    def __str__(self) -> str:
        return "accepted" if self.accepted else self.detail


class Subscription(models.Model):
    """Whether a person gets a launch's daily report; the secret in each mail ends it with one click."""

    launch = models.ForeignKey(Launch, models.CASCADE, related_name="subscriptions")
    user = models.ForeignKey(User, models.CASCADE, related_name="subscriptions")
    secret = models.CharField(max_length=43, unique=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["launch", "user"], name="one_subscription_per_person")]

    def __str__(self) -> str:
        return f"{self.user} reads {self.launch}"
