"""This module holds the shapes in which scripts read evidence; times are UTC, durations milliseconds, null is unknown."""

from datetime import UTC
from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from feedback.models import Feedback
from gateway_ingest.api.calls import CallShown
from gateway_ingest.deployments import name_of
from gateway_ingest.evidence import Comparison, Finding, Reach
from gateway_ingest.evidence.deployments import Word
from gateway_ingest.evidence.governance import Rule
from gateway_ingest.models import Alert, ApiDescription
from hypercare.core.models import Deployment


def _moment(**more: Any) -> serializers.DateTimeField:
    return serializers.DateTimeField(default_timezone=UTC, **more)


class ReachShown(serializers.Serializer[Reach]):
    """`value` of `of`; `method` says how it was counted and `error` how far off that may be, as a share."""

    value = serializers.IntegerField()
    of = serializers.IntegerField()
    share = serializers.FloatField(allow_null=True)
    method = serializers.CharField()
    error = serializers.FloatField()
    calls = serializers.IntegerField()
    begins = _moment()
    ends = _moment()
    at = _moment()
    words = serializers.CharField(source="in_words")


class NearCallShown(serializers.Serializer[Any]):
    """A single call near a report."""

    at = serializers.CharField()
    component = serializers.CharField()
    method = serializers.CharField()
    route = serializers.CharField()
    status = serializers.IntegerField()
    duration_ms = serializers.FloatField(allow_null=True)
    trace_id = serializers.CharField()


class PieceShown(serializers.Serializer[Any]):
    """One piece of evidence with its score from 0 to 1 and the reasons for it."""

    by = serializers.ChoiceField(choices=["trace", "request", "consumer", "component"])
    score = serializers.FloatField()
    reasons = serializers.ListField(child=serializers.CharField())
    calls = serializers.IntegerField()
    errors = serializers.IntegerField()  # type: ignore[assignment]  # a field, which the metaclass takes away
    trace_id = serializers.CharField()
    component = serializers.CharField()
    route = serializers.CharField()
    examples = NearCallShown(many=True)


class NearShown(serializers.Serializer[Any]):
    """What is near a report, the most telling first."""

    feedback = serializers.CharField()
    evidence = PieceShown(many=True)


class SideShown(serializers.Serializer[Any]):
    """One side of a deployment."""

    begins = _moment(source="span.begins")
    ends = _moment(source="span.ends")
    calls = serializers.IntegerField()
    errors = serializers.IntegerField()  # type: ignore[assignment]  # a field, which the metaclass takes away
    error_share = serializers.FloatField(allow_null=True)
    p50_ms = serializers.FloatField(allow_null=True)
    p95_ms = serializers.FloatField(allow_null=True)
    p99_ms = serializers.FloatField(allow_null=True)
    consumers = serializers.IntegerField()


class RouteChangeShown(serializers.Serializer[Any]):
    """How one route's errors changed."""

    component = serializers.CharField()
    method = serializers.CharField()
    route = serializers.CharField()
    before_calls = serializers.IntegerField()
    before_errors = serializers.IntegerField()
    after_calls = serializers.IntegerField()
    after_errors = serializers.IntegerField()
    chance = serializers.FloatField()
    verdict = serializers.ChoiceField(choices=list(Word), source="word")


class RatioShown(serializers.Serializer[Any]):
    """p95 after divided by p95 before, with the interval that holds 99 of 100 repetitions."""

    value = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()


class ComparisonShown(serializers.Serializer[Comparison]):
    """Before and after; `error_chance` is how likely chance alone makes the error shares differ as much.

    `shortened` says why a side is shorter than was asked for: another deployment stands there. What went to an environment
    whose calls are not known is `other_environment`, with nothing on either side.
    """

    deployment = serializers.SerializerMethodField()
    version = serializers.CharField(source="deployment.release.version")
    environment = serializers.CharField(source="deployment.environment.name")
    verdict = serializers.ChoiceField(choices=list(Word), source="word")
    reasons = serializers.ListField(child=serializers.CharField())
    measured_against = serializers.CharField()
    shortened = serializers.ListField(child=serializers.CharField())
    is_complete = serializers.BooleanField()
    before = SideShown()
    after = SideShown()
    error_chance = serializers.FloatField()
    p95_ratio = RatioShown(source="latency", allow_null=True)
    routes = RouteChangeShown(many=True)

    def get_deployment(self, found: Comparison) -> str:
        """For example DP-3."""
        return name_of(found.deployment)


class StepShown(serializers.Serializer[Any]):
    """A call of the trace and when it began after the first."""

    offset_ms = serializers.FloatField()
    call = CallShown()


class ReportAround(serializers.Serializer[Feedback]):
    """A report that carries the trace."""

    id = serializers.CharField(source="key")
    title = serializers.CharField()
    received_at = _moment()
    issue = serializers.CharField(source="issue_key")


class AlertAround(serializers.Serializer[Alert]):
    """An alert that was on while the request ran."""

    id = serializers.CharField(source="key")
    title = serializers.CharField()
    severity = serializers.CharField()
    starts_at = _moment()


class DeploymentAround(serializers.Serializer[Deployment]):
    """What was live, or went live soon after."""

    id = serializers.SerializerMethodField()
    version = serializers.CharField(source="release.version")
    component = serializers.SerializerMethodField()
    deployed_at = _moment()

    def get_id(self, row: Deployment) -> str:
        """For example DP-3."""
        return name_of(row)

    def get_component(self, row: Deployment) -> str | None:
        """The component's slug; null for the whole launch."""
        return row.release.component.slug if row.release.component else None


class LifeShown(serializers.Serializer[Any]):
    """The life of one request; `is_whole` is false where it has more calls than are shown."""

    trace_id = serializers.CharField()
    begins = _moment()
    length_ms = serializers.FloatField()
    errors = serializers.IntegerField()  # type: ignore[assignment]  # a field, which the metaclass takes away
    is_whole = serializers.BooleanField()
    steps = StepShown(many=True)
    reports = ReportAround(many=True)
    alerts = AlertAround(many=True)
    deployments = DeploymentAround(many=True)


class AiRowShown(serializers.Serializer[Any]):
    """One prompt version on one model; cost in the sender's currency, shares null where too little was counted."""

    provider = serializers.CharField()
    model = serializers.CharField()
    prompt_version = serializers.CharField()
    calls = serializers.IntegerField()
    p50_ms = serializers.FloatField(allow_null=True)
    p95_ms = serializers.FloatField(allow_null=True)
    p99_ms = serializers.FloatField(allow_null=True)
    first_token_p50_ms = serializers.FloatField(allow_null=True)
    first_token_p95_ms = serializers.FloatField(allow_null=True)
    input_tokens = serializers.IntegerField()
    output_tokens = serializers.IntegerField()
    tokens_a_call = serializers.FloatField()
    cost = serializers.FloatField()
    cost_a_call = serializers.FloatField()
    errors = serializers.IntegerField()  # type: ignore[assignment]  # a field, which the metaclass takes away
    error_share = serializers.FloatField()
    provider_errors = serializers.IntegerField()
    flagged = serializers.IntegerField()
    forgot = serializers.IntegerField()
    helpful = serializers.IntegerField()
    ratings = serializers.IntegerField()
    helpful_share = serializers.FloatField(allow_null=True)


class AiShown(serializers.Serializer[Any]):
    """Models and prompt versions, the busiest first."""

    begins = _moment()
    ends = _moment()
    results = AiRowShown(many=True)


class VersionShown(serializers.Serializer[Any]):
    """One version; `word`, `error_chance` and `latency` are null for the one that all others are held against."""

    component = serializers.CharField()
    name = serializers.CharField()
    calls = serializers.IntegerField()
    errors = serializers.IntegerField()  # type: ignore[assignment]  # a field, which the metaclass takes away
    error_share = serializers.FloatField()
    p95_ms = serializers.FloatField(allow_null=True)
    ratings = serializers.IntegerField()
    helpful_share = serializers.FloatField(allow_null=True)
    flagged = serializers.IntegerField()
    compared = serializers.IntegerField()
    against = serializers.IntegerField()
    error_chance = serializers.FloatField(allow_null=True)
    helpful_chance = serializers.FloatField(allow_null=True)
    latency = RatioShown(allow_null=True)
    word = serializers.CharField(allow_null=True)


class VersionsShown(serializers.Serializer[Any]):
    """The busiest version first; `left_out` says how many more there were."""

    by = serializers.CharField()
    begins = _moment()
    ends = _moment()
    left_out = serializers.IntegerField()
    results = VersionShown(many=True)


class RouteRowShown(serializers.Serializer[Any]):
    """One route; `course` has the calls of each step of the span."""

    component = serializers.CharField()
    method = serializers.CharField()
    route = serializers.CharField()
    calls = serializers.IntegerField()
    errors = serializers.IntegerField()  # type: ignore[assignment]  # a field, which the metaclass takes away
    error_share = serializers.FloatField()
    p95_ms = serializers.FloatField(allow_null=True)
    consumers = serializers.IntegerField()
    consumers_error = serializers.FloatField()
    course = serializers.ListField(child=serializers.IntegerField())


class RoutesShown(serializers.Serializer[Any]):
    """At most 50 routes of those found."""

    begins = _moment()
    ends = _moment()
    found = serializers.IntegerField()
    calls = serializers.IntegerField()
    errors = serializers.IntegerField()  # type: ignore[assignment]  # a field, which the metaclass takes away
    results = RouteRowShown(many=True, source="rows")


class PointShown(serializers.Serializer[Any]):
    """The measure from `at` on; null where it has no value."""

    at = _moment()
    value = serializers.FloatField(allow_null=True)


class SeriesShown(serializers.Serializer[Any]):
    """A measure at equal steps."""

    measure = serializers.CharField()
    step_minutes = serializers.IntegerField()
    points = PointShown(many=True)


class ExampleShown(serializers.Serializer[Any]):
    """A route of a finding and its calls."""

    route = serializers.CharField()
    calls = serializers.IntegerField()


class FindingShown(serializers.Serializer[Any]):
    """One thing an API should not do; `calls` of `of` calls of the component."""

    rule = serializers.ChoiceField(choices=list(Rule))
    name = serializers.CharField()
    component = serializers.CharField()
    calls = serializers.IntegerField()
    of = serializers.IntegerField()
    consumers = serializers.IntegerField()
    consumers_error = serializers.FloatField()
    detail = serializers.CharField()
    first_at = _moment(allow_null=True)
    last_at = _moment(allow_null=True)
    examples = serializers.SerializerMethodField()

    @extend_schema_field(ExampleShown(many=True))
    def get_examples(self, found: Finding) -> list[dict[str, Any]]:
        """The busiest routes."""
        return [{"route": route, "calls": calls} for route, calls in found.examples]


class GovernanceShown(serializers.Serializer[Any]):
    """Findings by rule."""

    begins = _moment()
    ends = _moment()
    results = FindingShown(many=True)


class DescriptionShown(serializers.Serializer[ApiDescription]):
    """An uploaded OpenAPI file as lists show it."""

    id = serializers.CharField(source="key")
    component = serializers.SerializerMethodField()
    title = serializers.CharField()
    version = serializers.CharField()
    operations = serializers.SerializerMethodField()
    uploaded_at = _moment()
    url = serializers.SerializerMethodField()

    def get_component(self, row: ApiDescription) -> str | None:
        """The component's slug; null where it describes the whole launch."""
        return row.component.slug if row.component else None

    def get_operations(self, row: ApiDescription) -> int:
        """How many it describes."""
        return len(row.operations)

    def get_url(self, row: ApiDescription) -> str:
        """Where it is read and removed."""
        return reverse("api-evidence-description", args=[row.key])


class DescriptionsShown(serializers.Serializer[Any]):
    """The uploaded files, the newest first."""

    results = DescriptionShown(many=True)
