"""This module gives causes and risks the shapes machines read and write."""

from typing import Any

from rest_framework import serializers

from hypercare.core.api.strict import Choice, Text, Whole, YesNo
from hypercare.core.models import Launch
from triage.models import CauseCode, Risk, Sureness, Suspicion, WhyMissed
from triage.rootcause import risks
from triage.rootcause.bones import PRESETS
from triage.rootcause.reading import BoneSeen, WhySeen
from triage.rootcause.words import LONGEST


class Lines(Text):
    """A text in quotes that may have several lines."""

    def to_internal_value(self, data: Any) -> str:
        """The text as it was sent."""
        super().to_internal_value(data)
        return str(data)


def _text(name: str, *, kind: type[Text] = Text) -> Text:
    return kind(max_length=LONGEST[name], required=False, allow_blank=True)


class EvidenceShape(serializers.Serializer[Any]):
    """What shows a why: `ref` is a key such as HC-12, IS-3, AL-5, DP-4, WR-7 or TE-90, or an address elsewhere."""

    ref = serializers.CharField()
    shows = serializers.CharField(allow_blank=True)
    words = serializers.CharField(allow_blank=True, help_text="What it is about; empty when it is no longer there.")
    path = serializers.CharField(allow_blank=True)


class CauseWhyShape(serializers.Serializer[WhySeen]):
    """One why; `under` is the number of the why it answers, null for a root."""

    number = serializers.IntegerField()
    under = serializers.IntegerField(allow_null=True)
    depth = serializers.IntegerField()
    version = serializers.IntegerField()
    text = serializers.CharField()
    sureness = serializers.CharField(allow_blank=True)
    verified_by = serializers.CharField(allow_blank=True)
    verified_at = serializers.DateTimeField(allow_null=True)
    verified_before = serializers.CharField(allow_blank=True, help_text="Who had verified it in earlier words.")
    code = serializers.CharField(allow_blank=True)
    action = serializers.CharField(allow_blank=True)
    is_end = serializers.BooleanField()
    evidence = EvidenceShape(many=True)


class BoneShape(serializers.Serializer[BoneSeen]):
    """A bone of the fishbone (depth 1), a cause on it, or a cause of that; `why` is the why it was made into."""

    number = serializers.IntegerField()
    under = serializers.IntegerField(allow_null=True)
    depth = serializers.IntegerField()
    version = serializers.IntegerField()
    text = serializers.CharField()
    standing = serializers.CharField(allow_blank=True)
    why = serializers.IntegerField(allow_null=True)


class CauseShape(serializers.Serializer[Any]):
    """The analysis of an issue; before it was begun `begun_at` is null and the symptom is proposed."""

    issue = serializers.CharField()
    version = serializers.IntegerField()
    symptom = serializers.CharField()
    cause = serializers.CharField(allow_blank=True)
    factors = serializers.ListField(child=serializers.CharField())
    code = serializers.CharField(allow_blank=True)
    missed = serializers.CharField(allow_blank=True)
    begun_at = serializers.DateTimeField(allow_null=True)
    begun_by = serializers.CharField(allow_blank=True)
    changed_at = serializers.DateTimeField(allow_null=True)
    whys = CauseWhyShape(many=True)
    bones = BoneShape(many=True)


class CausePut(serializers.Serializer[Any]):
    """What the analysis says in short; what is left out stays as it is."""

    symptom = _text("symptom", kind=Lines)
    cause = _text("cause", kind=Lines)
    factors = serializers.ListField(child=Text(max_length=LONGEST["factor"]), required=False)
    code = Choice(choices=CauseCode.choices, required=False, allow_blank=True)
    missed = Choice(choices=WhyMissed.choices, required=False, allow_blank=True)
    version = Whole(required=False, help_text="The version this change was made on; 409 where it is not the newest.")


class EvidencePut(serializers.Serializer[Any]):
    """One piece of evidence."""

    ref = Text(max_length=500)
    shows = _text("shows")


class WhyPut(serializers.Serializer[Any]):
    """What a why says; what is left out stays as it is. `verified_by` is a member's e-mail address, empty for nobody."""

    text = _text("why")
    under = Whole(required=False, allow_null=True, help_text="The why it answers; null for a root.")
    steps = Whole(required=False, min_value=-200, max_value=200, help_text="Places down among those beside it.")
    sureness = Choice(choices=Sureness.choices, required=False, allow_blank=True)
    verified_by = Text(max_length=254, required=False, allow_blank=True)
    code = Choice(choices=CauseCode.choices, required=False, allow_blank=True)
    action = _text("action")
    evidence = EvidencePut(many=True, required=False)
    removed = YesNo(required=False, help_text="false puts back what was removed.")
    version = Whole(required=False)


class WhyPosted(WhyPut):
    """A new why; with `bone` it takes the words of that cause on the fishbone, unless it has its own."""

    bone = Whole(required=False)


class BonePut(serializers.Serializer[Any]):
    """What a bone or a cause says; what is left out stays as it is."""

    text = _text("bone")
    under = Whole(required=False, allow_null=True)
    standing = Choice(choices=Suspicion.choices, required=False, allow_blank=True)
    removed = YesNo(required=False, help_text="false puts back what was removed.")
    version = Whole(required=False)


class BonePosted(BonePut):
    """A new bone or cause; `preset` instead adds the bones of that preset that are not there yet."""

    preset = Choice(choices=[(name, words) for name, (words, _bones) in PRESETS.items()], required=False)


class BarShape(serializers.Serializer[Any]):
    """How many analyses share a value; `none` is the value of those without one."""

    value = serializers.CharField()
    word = serializers.CharField()
    number = serializers.IntegerField()


class CausesShape(serializers.Serializer[Any]):
    """The causes of a launch, counted; the values chosen of other fields narrow each count."""

    total = serializers.IntegerField()
    without = serializers.IntegerField(help_text="Critical issues that are over and have no analysis.")
    code = BarShape(many=True)
    missed = BarShape(many=True)
    component = BarShape(many=True)
    team = BarShape(many=True)
    issues = serializers.ListField(child=serializers.CharField(), help_text="The newest 100 that all values share.")


class RiskShape(serializers.ModelSerializer[Risk]):
    """One line of the register."""

    id = serializers.CharField(source="key")
    component = serializers.CharField(source="component.slug", allow_null=True, default=None)
    owner = serializers.CharField(source="owner.email", allow_null=True, default=None)
    rpn = serializers.SerializerMethodField()
    rpn_after = serializers.SerializerMethodField()
    must_act = serializers.SerializerMethodField()
    issues = serializers.SerializerMethodField()

    class Meta:
        model = Risk
        fields = (
            "id", "failure", "effect", "controls", "component", "severity", "occurrence", "detection", "rpn",
            "action", "owner", "due_on", "severity_after", "occurrence_after", "detection_after", "rpn_after",
            "must_act", "issues", "version", "made_at", "made_by_name", "removed_at",
        )  # fmt: skip

    def get_rpn(self, risk: Risk) -> int:
        """Severity x occurrence x detection."""
        return risks.rpn_of(risk)

    def get_rpn_after(self, risk: Risk) -> int | None:
        """The same after the action, null where it was not rated again."""
        return risks.rpn_after(risk)

    def get_must_act(self, risk: Risk) -> bool:
        """Whether something has to be done: 100 or more, or before an action severity 9 or more."""
        return risks.must_act(risk)

    def get_issues(self, risk: Risk) -> list[str]:
        """The issues in which it happened."""
        return [issue.key for issue in risk.issues.all()]


class RisksShape(serializers.Serializer[Any]):
    """A launch's register, the highest number first, and how many common risks are still offered."""

    offered = serializers.IntegerField()
    results = RiskShape(many=True)


class RiskPut(serializers.Serializer[Any]):
    """What is said of a risk; what is left out stays as it is."""

    failure = _text("failure")
    effect = _text("effect")
    controls = _text("controls")
    component = Text(max_length=200, required=False, allow_blank=True)
    severity = Whole(required=False, min_value=1, max_value=10)
    occurrence = Whole(required=False, min_value=1, max_value=10)
    detection = Whole(required=False, min_value=1, max_value=10)
    action = _text("action")
    owner = Text(max_length=254, required=False, allow_blank=True)
    due_on = Text(max_length=20, required=False, allow_blank=True)
    severity_after = Whole(required=False, min_value=1, max_value=10, allow_null=True)
    occurrence_after = Whole(required=False, min_value=1, max_value=10, allow_null=True)
    detection_after = Whole(required=False, min_value=1, max_value=10, allow_null=True)
    issues = serializers.ListField(child=Text(max_length=200), required=False, max_length=50)
    removed = YesNo(required=False, help_text="false puts back what was removed.")
    version = Whole(required=False)


class RiskPosted(RiskPut):
    """A new risk of a launch."""

    launch = Text(max_length=80)


class LaunchPosted(serializers.Serializer[Launch]):
    """Which launch."""

    launch = Text(max_length=80)
