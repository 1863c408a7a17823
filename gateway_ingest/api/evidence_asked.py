"""This module reads what scripts ask of traffic: a launch, a span, a signature."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from gateway_ingest.evidence import MEASURES, SPLITS, Signature, Span
from gateway_ingest.evidence.signature import LONGEST
from hypercare.core.strict_json import UNSAFE_CHARACTER

_STATUS_CLASSES = {f"{digit}{rest}": digit for digit in range(1, 6) for rest in ("", "xx")}


class LaunchAsked(serializers.Serializer[Any]):
    """A launch."""

    launch = serializers.SlugField(max_length=60)


class DescriptionAsked(LaunchAsked):
    """A launch, and the component that a description is of; without one it is of the whole launch."""

    component = serializers.CharField(max_length=200, required=False, default="", allow_blank=True)


class SpanAsked(LaunchAsked):
    """A launch and a span of at most 31 days; without `from` the hour before `to`, without `to` up to now."""

    to = serializers.DateTimeField(default_timezone=UTC, required=False, allow_null=True, default=None)

    def get_fields(self) -> dict[str, Any]:
        """Also `from`, which is no name a class can have."""
        moment = serializers.DateTimeField(default_timezone=UTC, required=False, allow_null=True, default=None)
        return super().get_fields() | {"from": moment}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuses what no window can be of and what would take too long."""
        moments = [moment for moment in (attrs.get("from"), attrs.get("to")) if moment]
        if any(not 2000 <= moment.year < 2999 for moment in moments):
            raise serializers.ValidationError(_("Write times such as 2026-05-28T13:09:00Z."))
        if len(moments) == 2 and not timedelta(0) < moments[1] - moments[0] <= LONGEST:
            raise serializers.ValidationError(_("“to” must come after “from”, by at most 31 days."))
        return attrs


class SignatureAsked(SpanAsked):
    """What calls have in common; `status_class` is 5 or 5xx."""

    component = serializers.CharField(max_length=200, required=False, default="")
    route = serializers.CharField(max_length=200, required=False, default="")
    method = serializers.CharField(max_length=20, required=False, default="")
    status_class = serializers.ChoiceField(choices=sorted(_STATUS_CLASSES), required=False)
    release = serializers.CharField(max_length=200, required=False, default="")
    model = serializers.CharField(max_length=200, required=False, default="")
    prompt_version = serializers.CharField(max_length=200, required=False, default="")
    error_type = serializers.CharField(max_length=200, required=False, default="")


class VersionsAsked(SignatureAsked):
    """By what versions are told apart, beside a signature."""

    by = serializers.ChoiceField(choices=list(SPLITS), default="release")


class SeriesAsked(SignatureAsked):
    """A measure over time; `step_minutes` is rounded up to what gives at most 400 points."""

    measure = serializers.ChoiceField(choices=sorted(MEASURES))
    step_minutes = serializers.IntegerField(min_value=1, max_value=1440, required=False)


class RoutesAsked(SpanAsked):
    """Routes, perhaps of one component."""

    component = serializers.CharField(max_length=200, required=False, default="")
    order = serializers.ChoiceField(choices=["calls", "errors", "share"], required=False, default="calls")


class ComparedAsked(serializers.Serializer[Any]):
    """How many minutes on each side."""

    minutes = serializers.IntegerField(min_value=1, max_value=1440, required=False, default=60)


def span_of(asked: dict[str, Any], *, now: datetime, usual: timedelta = timedelta(hours=1)) -> Span:
    """The span asked for; raises ValidationError where it is too long without both ends."""
    ends = asked.get("to") or (asked["from"] + usual if asked.get("from") and asked["from"] > now else now)
    begins = asked.get("from") or ends - usual
    if not timedelta(0) <= ends - begins <= LONGEST:
        raise serializers.ValidationError(_("“to” must come after “from”, by at most 31 days."))
    return Span.of(begins, ends)


def signature_of(asked: dict[str, Any]) -> Signature:
    """The signature asked for."""
    texts = {name: asked[name] for name in ("component", "route", "release", "model", "prompt_version", "error_type")}
    if any(UNSAFE_CHARACTER.search(text) for text in texts.values()):
        raise serializers.ValidationError(_("A text may hold no control characters."))
    status = _STATUS_CLASSES.get(asked.get("status_class") or "", 0)
    return Signature(**texts, method=asked["method"].upper(), status_class=status)
