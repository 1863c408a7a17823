"""This module gives war rooms, stand-ups and shifts the shape machines read."""

from typing import Any

from rest_framework import serializers

from hypercare.core.models import Commitment, RecordedDecision
from triage.models import LineKind, RoomRole, ShiftNote, WarRoom


class RoomShape(serializers.ModelSerializer[WarRoom]):
    """A room as lists show it."""

    id = serializers.CharField(source="key")
    launch = serializers.CharField(source="launch.slug")
    issue = serializers.CharField(source="issue.key")
    severity = serializers.IntegerField(source="issue.severity")

    class Meta:
        model = WarRoom
        fields = ("id", "launch", "issue", "severity", "origin", "opened_at", "opened_by_name", "reason",
                  "closed_at", "closed_by_name", "closing_words")  # fmt: skip


class DecisionShape(serializers.ModelSerializer[RecordedDecision]):
    """What was decided."""

    id = serializers.CharField(source="key")
    superseded_by = serializers.CharField(source="superseded_by.key", allow_null=True, default=None)

    class Meta:
        model = RecordedDecision
        fields = ("id", "about", "what", "why", "decider_name", "decided_at", "superseded_by")


class PromiseShape(serializers.ModelSerializer[Commitment]):
    """What was promised."""

    id = serializers.CharField(source="key")

    class Meta:
        model = Commitment
        fields = (
            "id",
            "about",
            "what",
            "owner_name",
            "due_at",
            "made_at",
            "made_by_name",
            "ended_at",
            "kept",
            "reason",
        )


class CallOutShape(serializers.Serializer[Any]):
    """How long it was between two moments; the keys name the rows it was counted from."""

    name = serializers.CharField()
    seconds = serializers.IntegerField()
    sentence = serializers.CharField()
    start_key = serializers.CharField(allow_blank=True)
    end_key = serializers.CharField(allow_blank=True)


class DutyShape(serializers.Serializer[Any]):
    """Who has a role."""

    role = serializers.CharField()
    area = serializers.CharField(allow_blank=True)
    who = serializers.CharField(source="user_name")
    taken_at = serializers.DateTimeField()


class WholeRoomShape(RoomShape):
    """A room with all but its timeline."""

    roles = DutyShape(many=True)
    here = serializers.ListField(child=serializers.CharField())
    next_update_at = serializers.DateTimeField(allow_null=True)
    update_is_late = serializers.BooleanField()
    call_outs = CallOutShape(many=True)
    decisions = DecisionShape(many=True)
    promises = PromiseShape(many=True)

    class Meta(RoomShape.Meta):
        fields = (*RoomShape.Meta.fields, "roles", "here", "next_update_at", "update_is_late", "call_outs",  # type: ignore[assignment]
                  "decisions", "promises")  # fmt: skip


class LineShape(serializers.Serializer[Any]):
    """One line of a timeline, by when it happened and when it was known."""

    at = serializers.DateTimeField()
    known_at = serializers.DateTimeField()
    source = serializers.CharField()  # type: ignore[assignment]  # every field has one too
    kind = serializers.CharField()
    words = serializers.CharField(allow_blank=True)
    detail = serializers.CharField(allow_blank=True)
    who = serializers.CharField(allow_blank=True)
    subject = serializers.CharField(allow_blank=True)


class TimelineShape(serializers.Serializer[Any]):
    """A page of a timeline, newest first; ask with `before` for what is older."""

    before = serializers.CharField(allow_null=True)
    results = LineShape(many=True)


class RoomPageShape(serializers.Serializer[Any]):
    """A page of rooms."""

    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    results = RoomShape(many=True)


class OpenShape(serializers.Serializer[Any]):
    """Which issue needs a room, and why."""

    issue = serializers.CharField(max_length=40)
    reason = serializers.CharField(required=False, allow_blank=True)


class OrderShape(serializers.Serializer[Any]):
    """What is done in a room; which fields count depends on the order."""

    text = serializers.CharField(required=False, allow_blank=True, help_text="say: the line.")
    kind = serializers.ChoiceField(choices=LineKind.choices, required=False, help_text="say: chat, or a note.")
    at = serializers.CharField(required=False, allow_blank=True, help_text="say: when it happened, if earlier.")
    role = serializers.ChoiceField(choices=RoomRole.choices, required=False, help_text="take, give-up.")
    area = serializers.CharField(required=False, allow_blank=True, help_text="take, give-up: of a lead.")
    person = serializers.CharField(required=False, allow_blank=True, help_text="take, promise: e-mail; else who asks.")
    what = serializers.CharField(required=False, allow_blank=True, help_text="decide, promise.")
    why = serializers.CharField(required=False, allow_blank=True, help_text="decide.")
    supersedes = serializers.CharField(required=False, allow_blank=True, help_text="decide: DE-4.")
    due_at = serializers.CharField(required=False, allow_blank=True, help_text="promise: until when.")
    conditions = serializers.CharField(required=False, allow_blank=True, help_text="tell.")
    actions = serializers.CharField(required=False, allow_blank=True, help_text="tell.")
    needs = serializers.CharField(required=False, allow_blank=True, help_text="tell.")
    audiences = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="tell: team, stakeholders."
    )
    words = serializers.CharField(required=False, allow_blank=True, help_text="close: how it ended.")


class EndShape(serializers.Serializer[Any]):
    """Whether a promise was kept, or why it is dropped."""

    kept = serializers.BooleanField()
    reason = serializers.CharField(required=False, allow_blank=True)


class TileShape(serializers.Serializer[Any]):
    """One figure of the wall; without a value there is no data yet."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # every field has one too
    value = serializers.FloatField(allow_null=True)
    n = serializers.IntegerField()
    target = serializers.FloatField(allow_null=True)
    measured_at = serializers.DateTimeField(allow_null=True)
    yesterday = serializers.FloatField(allow_null=True)
    last_week = serializers.FloatField(allow_null=True)


class WallShape(serializers.Serializer[Any]):
    """What the wall shows."""

    verdict = serializers.CharField()
    reason = serializers.CharField()
    open = serializers.DictField(child=serializers.IntegerField(), help_text="Open issues by severity.")
    rooms = serializers.ListField(child=serializers.CharField())
    alerts_firing = serializers.IntegerField()
    exit_met = serializers.IntegerField()
    exit_all = serializers.IntegerField()
    tiles = TileShape(many=True)


class StandupNoteShape(serializers.Serializer[Any]):
    """A note of a stand-up."""

    block = serializers.CharField()
    text = serializers.CharField()
    author_name = serializers.CharField()
    noted_at = serializers.DateTimeField()


class StandupShape(serializers.Serializer[Any]):
    """Today's stand-up; without an id none has begun."""

    id = serializers.CharField(allow_null=True)
    day = serializers.CharField()
    block = serializers.CharField(allow_null=True)
    begun_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    notes = StandupNoteShape(many=True)
    decisions = DecisionShape(many=True)


class StandupOrderShape(serializers.Serializer[Any]):
    """What is done in a stand-up; which fields count depends on the order."""

    block = serializers.CharField(required=False, allow_blank=True, help_text="go, note.")
    text = serializers.CharField(required=False, allow_blank=True, help_text="note.")
    what = serializers.CharField(required=False, allow_blank=True, help_text="decide.")
    why = serializers.CharField(required=False, allow_blank=True, help_text="decide.")


class ShiftShape(serializers.ModelSerializer[ShiftNote]):
    """A shift's note, with the rows as they stood."""

    id = serializers.CharField(source="key")
    facts = serializers.DictField(help_text="By part, what the rows said.")

    class Meta:
        model = ShiftNote
        fields = ("id", "begins_at", "handed_at", "giver_name", "taker_name", "words", "facts", "acknowledged_at")


class ShiftPageShape(serializers.Serializer[Any]):
    """A page of shifts' notes."""

    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    results = ShiftShape(many=True)


class HandOverShape(serializers.Serializer[Any]):
    """To whom the shift goes, and what the rows do not say."""

    to = serializers.CharField(help_text="E-mail.")
    text = serializers.CharField(required=False, allow_blank=True)
