"""This module holds war rooms: the room of an issue, who does what in it, who is there, what is said and told."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from hypercare.core.models import Launch, User
from triage.models.issue import Issue, Origin


class WarRoom(models.Model):
    """Where an issue is worked on together; an issue has one live room at most."""

    launch = models.ForeignKey(Launch, models.CASCADE, related_name="rooms", db_index=False)
    issue = models.ForeignKey(Issue, models.CASCADE, related_name="rooms")
    origin = models.CharField(max_length=8, choices=Origin.choices)
    opened_at = models.DateTimeField()
    opened_by_name = models.CharField(max_length=160)
    reason = models.CharField(max_length=500, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by_name = models.CharField(max_length=160, blank=True)
    closing_words = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["issue"], name="one_live_room_per_issue", condition=models.Q(closed_at=None)
            ),
            models.CheckConstraint(
                condition=models.Q(closed_at=None) | ~models.Q(closing_words=""), name="room_closed_with_words"
            ),
        ]
        indexes = [models.Index(fields=["launch", "-id"], name="rooms_newest")]

    def __str__(self) -> str:
        return self.key

    @property
    def key(self) -> str:
        """The name people use, for example WR-7."""
        return f"WR-{self.pk}"

    @property
    def is_live(self) -> bool:
        """Whether it is not closed."""
        return self.closed_at is None


class RoomRole(models.TextChoices):
    """What somebody does in a room; of the leads there is one for each area."""

    COMMANDER = "commander", _("Command")
    SCRIBE = "scribe", _("Scribe")
    COMMS = "comms", _("Comms")
    LEAD = "lead", _("Lead")


class Duty(models.Model):
    """Somebody in a role, from when until when; one live row for each role, and of leads for each area."""

    room = models.ForeignKey(WarRoom, models.CASCADE, related_name="duties")
    role = models.CharField(max_length=10, choices=RoomRole.choices)
    area = models.CharField(max_length=60, blank=True)
    user = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    user_name = models.CharField(max_length=160)
    taken_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["room", "role", "area"], name="one_live_duty_per_role", condition=models.Q(ended_at=None)
            ),
            models.CheckConstraint(
                condition=models.Q(role=RoomRole.LEAD) | models.Q(area=""), name="only_leads_have_an_area"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_name} is {self.role}"


class Attendance(models.Model):
    """Somebody in the room, from when until when, and when they were last seen there."""

    room = models.ForeignKey(WarRoom, models.CASCADE, related_name="attendances")
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    came_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["room", "user"], name="in_a_room_once", condition=models.Q(left_at=None))
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.room_id}"


class LineKind(models.TextChoices):
    """What a line is: said in passing, or noted to be found again."""

    CHAT = "chat", _("Said")
    NOTE = "note", _("Noted")


class RoomLine(models.Model):
    """One line that somebody said or noted in a room."""

    room = models.ForeignKey(WarRoom, models.CASCADE, related_name="lines")
    kind = models.CharField(max_length=4, choices=LineKind.choices)
    text = models.TextField()
    author = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    author_name = models.CharField(max_length=160)
    said_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.text[:80]


class RoomUpdate(models.Model):
    """What people outside were told: how it is, what is done, what is needed; and who got it."""

    room = models.ForeignKey(WarRoom, models.CASCADE, related_name="updates")
    conditions = models.CharField(max_length=1000)
    actions = models.CharField(max_length=1000)
    needs = models.CharField(max_length=1000, blank=True)
    author_name = models.CharField(max_length=160)
    told_at = models.DateTimeField()
    audiences = models.JSONField(default=list)
    sent_to = models.JSONField(default=list)

    def __str__(self) -> str:
        return self.conditions[:80]
