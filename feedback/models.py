"""This module holds the one feedback model: who spoke, what they said, what was attached, and the link back to them."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.utils.translation import gettext_lazy as _

from hypercare.core.models import Component, Launch, Team, User


class Channel(models.TextChoices):
    """Where a signal came in."""

    WIDGET = "widget", _("Widget")
    PORTAL = "portal", _("Portal")
    EMAIL = "email", _("E-mail")
    CHAT = "chat", _("Chat")
    PHONE = "phone", _("Phone")
    SURVEY = "survey", _("Survey")
    AI_ANSWER = "ai_answer", _("AI answer rating")
    STAKEHOLDER_NOTE = "stakeholder_note", _("Stakeholder note")
    OPERATIONS_NOTE = "operations_note", _("Operations note")
    ALERT = "alert", _("Alert")
    GATEWAY_RULE = "gateway_rule", _("Gateway rule")
    IMPORT = "import", _("Import")
    API = "api", _("API")


MACHINE_CHANNELS = frozenset({Channel.ALERT, Channel.GATEWAY_RULE})
PUBLIC_CHANNELS = frozenset({Channel.WIDGET, Channel.PORTAL})
# Where nobody is shown the launch's own fields, so a required one may be missing.
FORMLESS_CHANNELS = MACHINE_CHANNELS | {
    Channel.WIDGET, Channel.EMAIL, Channel.CHAT, Channel.PHONE, Channel.STAKEHOLDER_NOTE, Channel.OPERATIONS_NOTE
}  # fmt: skip


class ReplyStatus(models.TextChoices):
    """What the reporter sees of the work."""

    RECEIVED = "received", _("Received")
    LOOKING = "looking", _("Looking into it")
    WORKING = "working", _("Working on a fix")
    FIXED_PLEASE_CHECK = "fixed_please_check", _("Fixed, please check")
    CLOSED = "closed", _("Closed")


class Reporter(models.Model):
    """A person who can be told apart: by e-mail in any case, by an outside id, or by an account."""

    launch = models.ForeignKey(Launch, models.CASCADE, related_name="reporters")
    email = models.EmailField(blank=True)
    external_id = models.CharField(max_length=200, blank=True)
    name = models.CharField(max_length=120, blank=True)
    language = models.CharField(max_length=8, default="en")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["launch", "email"], name="reporter_once_per_email", condition=~models.Q(email="")
            ),
            models.UniqueConstraint(
                fields=["launch", "external_id"],
                name="reporter_once_per_external_id",
                condition=models.Q(email="") & ~models.Q(external_id=""),
            ),
            models.CheckConstraint(condition=~models.Q(email="", external_id=""), name="reporter_can_be_told_apart"),
            models.CheckConstraint(
                condition=models.Q(email=models.functions.Lower("email")), name="reporter_email_lower_case"
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.email or self.external_id


class Feedback(models.Model):
    """One signal from anyone or anything; with `triaged_at` empty it waits for triage, whose verdict columns follow."""

    launch = models.ForeignKey(Launch, models.PROTECT, related_name="feedback", db_index=False)
    channel = models.CharField(max_length=20, choices=Channel.choices)
    source = models.CharField(max_length=60)
    external_id = models.CharField(max_length=255, null=True, blank=True)  # noqa: DJ001 - null never collides
    content_digest = models.CharField(max_length=64)
    reporter = models.ForeignKey(
        Reporter, models.SET_NULL, null=True, blank=True, related_name="feedback", db_index=False
    )
    kind = models.CharField(max_length=16, blank=True)
    title = models.CharField(max_length=300)
    body = models.TextField(blank=True)
    language = models.CharField(max_length=8, default="en")
    context = models.JSONField(default=dict)
    fields = models.JSONField(default=dict)
    component = models.ForeignKey(Component, models.SET_NULL, null=True, blank=True, related_name="feedback")
    trace_id = models.CharField(max_length=64, blank=True)
    redactions = models.PositiveIntegerField(default=0)
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField()

    category = models.CharField(max_length=20, blank=True)
    severity = models.PositiveSmallIntegerField(null=True, blank=True)
    sentiment = models.CharField(max_length=8, blank=True)
    team = models.ForeignKey(Team, models.SET_NULL, null=True, blank=True, related_name="feedback")
    reply_status = models.CharField(max_length=20, choices=ReplyStatus.choices, default=ReplyStatus.RECEIVED)
    issue_key = models.CharField(max_length=20, blank=True)
    # Spam or noise, where it is held for that; set aside it is out of the inbox, until it returns or a person decides.
    spam = models.CharField(max_length=8, blank=True, default="", db_default="")
    set_aside = models.BooleanField(default=False, db_default=False)
    returns_at = models.DateTimeField(null=True, blank=True)
    ai_failure = models.CharField(max_length=20, blank=True, default="", db_default="")
    governance = models.CharField(max_length=20, blank=True, default="", db_default="")
    triaged_at = models.DateTimeField(null=True, blank=True)
    claimed_by = models.CharField(max_length=60, blank=True)
    claimed_until = models.DateTimeField(null=True, blank=True)
    search = SearchVectorField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["launch", "channel", "source", "external_id"], name="feedback_once_per_external_id"
            ),
            models.CheckConstraint(
                condition=models.Q(severity__isnull=True) | models.Q(severity__range=(1, 5)),
                name="feedback_severity_1_to_5",
            ),
            models.CheckConstraint(condition=models.Q(channel__in=Channel.values), name="feedback_channel_known"),
            models.CheckConstraint(
                condition=models.Q(reply_status__in=ReplyStatus.values), name="feedback_reply_status_known"
            ),
        ]
        indexes = [
            models.Index(fields=["id"], name="feedback_untriaged", condition=models.Q(triaged_at=None)),
            models.Index(
                fields=["launch"],
                name="feedback_not_looked_at",
                condition=models.Q(reply_status="received", set_aside=False),
            ),
            models.Index(fields=["launch", "-id"], name="feedback_set_aside", condition=models.Q(set_aside=True)),
            models.Index(
                fields=["launch", "-id"],
                name="feedback_suspected",
                condition=~models.Q(spam="") & models.Q(set_aside=False),
            ),
            models.Index(
                fields=["launch", "ai_failure", "-id"],
                name="feedback_by_ai_failure",
                condition=~models.Q(ai_failure=""),
            ),
            models.Index(
                fields=["launch", "governance", "-id"],
                name="feedback_by_governance",
                condition=~models.Q(governance=""),
            ),
            models.Index(fields=["launch", "-id"], name="feedback_newest"),
            models.Index(fields=["launch", "issue_key", "-id"], name="feedback_of_issue"),
            models.Index(fields=["launch", "received_at"], name="feedback_by_time"),
            models.Index(fields=["launch", "category", "-id"], name="feedback_by_category"),
            models.Index(fields=["launch", "severity", "-id"], name="feedback_by_severity"),
            models.Index(fields=["launch", "channel", "-id"], name="feedback_by_channel"),
            models.Index(fields=["reporter", "-id"], name="feedback_of_reporter"),
            models.Index(fields=["launch", "trace_id"], name="feedback_by_trace", condition=~models.Q(trace_id="")),
            GinIndex(fields=["search"], name="feedback_words"),
            GinIndex(fields=["fields"], name="feedback_custom_fields", opclasses=["jsonb_path_ops"]),
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.title}"

    @property
    def key(self) -> str:
        """The name people use, for example HC-12; it grants nothing."""
        return f"HC-{self.pk}"


class Attachment(models.Model):
    """A checked file of a report; always served as a download."""

    feedback = models.ForeignKey(Feedback, models.CASCADE, related_name="attachments")
    name = models.CharField(max_length=120)
    content_type = models.CharField(max_length=80)
    size = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    file = models.FileField(upload_to="%Y/%m/%d", max_length=200)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class ReceiptLink(models.Model):
    """The only way in without signing in: the hash of a receipt's secret."""

    feedback = models.OneToOneField(Feedback, models.CASCADE, related_name="receipt")
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"receipt of HC-{self.feedback_id}"


class Reply(models.Model):
    """What a person of the team answered to a report, shown on its secret page from `shown_at` on.

    One `once_key` is one reply. Taking it back removes it until it is shown there or sent by mail.
    """

    feedback = models.ForeignKey(Feedback, models.CASCADE, related_name="replies")
    words = models.TextField()
    once_key = models.CharField(max_length=160, unique=True)
    written_at = models.DateTimeField()
    shown_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"reply to HC-{self.feedback_id}"


class Quarantined(models.Model):
    """A public report over the rate: counted and kept apart, seen by the team, and let in or dropped by a person."""

    launch = models.ForeignKey(Launch, models.CASCADE, related_name="quarantined")
    report = models.JSONField()
    reason = models.CharField(max_length=200)
    received_at = models.DateTimeField()
    handled_at = models.DateTimeField(null=True, blank=True)
    handled_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        indexes = [
            models.Index(fields=["launch", "-id"], name="quarantine_waiting", condition=models.Q(handled_at=None)),
        ]

    def __str__(self) -> str:
        return self.reason


class KnownIssue(models.Model):
    """What a launch tells everyone is known: a name in the public's words, and a way around it where there is one.

    Only these words are shown in public, never the issue's own; `withdrawn_at` takes them back.
    """

    launch = models.ForeignKey(Launch, models.CASCADE, related_name="known_issues", db_index=False)
    issue_key = models.CharField(max_length=20)
    title = models.CharField(max_length=200)
    workaround = models.TextField(blank=True)
    published_at = models.DateTimeField()
    published_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["launch", "issue_key"], name="one_known_issue_per_issue", condition=models.Q(withdrawn_at=None)
            ),
        ]

    def __str__(self) -> str:
        return self.title
