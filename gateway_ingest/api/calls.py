"""This module finds single calls by an id, and lists the minute windows of traffic, for scripts."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from gateway_ingest import distinct, latencies
from gateway_ingest.api.alerts import LAUNCH
from gateway_ingest.api.launch_filter import launches_asked_for
from gateway_ingest.calls import STORE, FoundCall, Wanted, windows_between
from gateway_ingest.formats.calls import CallFlag
from gateway_ingest.models import Window
from hypercare.core import clock
from hypercare.core.access import Principal, access_launch
from hypercare.core.api.given import given
from hypercare.core.roles import Right

MAX_PAGE = 200
MAX_SPAN = timedelta(days=8)
_MAX_SKIP = 100_000
_WINDOWS_A_PAGE = 500


class CallsAsked(serializers.Serializer[Any]):
    """Exactly one of the three ids, and which page; a consumer is its name, or the code that answers show for it."""

    trace_id = serializers.CharField(max_length=64, required=False)
    request_id = serializers.CharField(max_length=200, required=False)
    consumer = serializers.CharField(max_length=200, required=False)
    page_size = serializers.IntegerField(min_value=1, max_value=MAX_PAGE, required=False, default=50)
    cursor = serializers.IntegerField(min_value=0, max_value=_MAX_SKIP, required=False, default=0)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuses none and several."""
        if sum(name in attrs for name in ("trace_id", "request_id", "consumer")) != 1:
            raise serializers.ValidationError(_("Ask by one of trace_id, request_id and consumer."))
        return attrs


class CallShown(serializers.Serializer[FoundCall]):
    """One call; null is what the gateway did not say. `cost` is in the sender's currency."""

    launch = serializers.CharField()
    at = serializers.DateTimeField(default_timezone=UTC)
    source = serializers.CharField()  # type: ignore[assignment]  # the contract's word
    component = serializers.CharField()
    method = serializers.CharField()
    route = serializers.CharField()
    host = serializers.CharField()
    status = serializers.IntegerField()
    duration_ms = serializers.SerializerMethodField()
    upstream_ms = serializers.SerializerMethodField()
    first_byte_ms = serializers.SerializerMethodField()
    bytes = serializers.SerializerMethodField()
    trace_id = serializers.CharField()
    request_id = serializers.CharField()
    consumer = serializers.CharField()
    consumer_class = serializers.CharField()
    release = serializers.CharField()
    provider = serializers.CharField()
    model = serializers.CharField()
    answered_model = serializers.CharField()
    prompt_version = serializers.CharField()
    input_tokens = serializers.SerializerMethodField()
    output_tokens = serializers.SerializerMethodField()
    cost = serializers.SerializerMethodField()
    flags = serializers.SerializerMethodField()
    error_type = serializers.CharField()

    def get_duration_ms(self, call: FoundCall) -> float | None:
        """The whole request."""
        return _milliseconds(call.duration)

    def get_upstream_ms(self, call: FoundCall) -> float | None:
        """What the service behind took."""
        return _milliseconds(call.upstream)

    def get_first_byte_ms(self, call: FoundCall) -> float | None:
        """Until the first byte or token."""
        return _milliseconds(call.first_byte)

    def get_bytes(self, call: FoundCall) -> int | None:
        """Sent to the consumer."""
        return _known(call.sent_bytes)

    def get_input_tokens(self, call: FoundCall) -> int | None:
        """What the model read."""
        return _known(call.input_tokens)

    def get_output_tokens(self, call: FoundCall) -> int | None:
        """What the model wrote."""
        return _known(call.output_tokens)

    def get_cost(self, call: FoundCall) -> float | None:
        """What it cost."""
        return None if call.cost < 0 else call.cost / 1e9

    def get_flags(self, call: FoundCall) -> list[str]:
        """cached, filtered, cut_short, streamed."""
        return [str(flag.name).lower() for flag in CallFlag if call.flags & flag]


class CallsFound(serializers.Serializer[Any]):
    """A page of calls, the newest first."""

    next = serializers.CharField(allow_null=True)
    results = CallShown(many=True)


class Calls(APIView):
    """Single calls by trace, request or consumer."""

    @extend_schema(parameters=[LAUNCH, CallsAsked], responses=CallsFound)
    def get(self, request: Request) -> Response:
        """The newest first; `next` leads on."""
        launches = list(launches_asked_for(request, right=Right.READ))
        asked = given(CallsAsked, request.query_params.dict())
        ids = {name: asked.get(name, "") for name in ("trace_id", "request_id")}
        consumer = asked.get("consumer")
        wanted = Wanted.of_consumer(consumer) if consumer else Wanted(**ids)
        size, skip = asked["page_size"], asked["cursor"]
        found = STORE.find(launches, wanted, limit=size + 1, skip=skip, now=clock.now())
        more = len(found) > size and skip + size <= _MAX_SKIP
        return Response(
            {
                "next": _next(request, skip + size) if more else None,
                "results": [CallShown(call).data for call in found[:size]],
            }
        )


class WindowsAsked(serializers.Serializer[Any]):
    """A launch and a span of at most eight days; `from` counts, `to` does not."""

    launch = serializers.SlugField(max_length=60)
    to = serializers.DateTimeField(default_timezone=UTC)
    cursor = serializers.IntegerField(min_value=0, max_value=10_000_000, required=False, default=0)

    def get_fields(self) -> dict[str, Any]:
        """Also `from`, which is no name a class can have."""
        return super().get_fields() | {"from": serializers.DateTimeField(default_timezone=UTC)}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuses what would take too long."""
        moments = [attrs["from"], attrs["to"]]
        if any(not 2000 <= moment.year < 3000 for moment in moments):
            raise serializers.ValidationError(_("Write times such as 2026-05-28T13:09:00Z."))
        if not timedelta(0) <= moments[1] - moments[0] <= MAX_SPAN:
            raise serializers.ValidationError(_("“to” must come after “from”, by at most 8 days."))
        return attrs


class _Number(serializers.IntegerField):
    """A count whose column is null where there is none."""

    def get_attribute(self, instance: Window) -> int:
        """The count, 0 for none."""
        return super().get_attribute(instance) or 0


class WindowShown(serializers.Serializer[Window]):
    """One minute of one kind of calls; quantiles are within 1%, consumers within the error shown."""

    at = serializers.DateTimeField(default_timezone=UTC)
    component = serializers.SerializerMethodField()
    method = serializers.CharField(source="kind.method")
    route = serializers.CharField(source="kind.route")
    status_class = serializers.IntegerField(source="kind.status_class")
    scheme = serializers.CharField(source="kind.scheme")
    error_format = serializers.CharField(source="kind.error_format")
    release = serializers.CharField(source="kind.release")
    consumer_class = serializers.CharField(source="kind.consumer_class")
    provider = serializers.CharField(source="kind.provider")
    model = serializers.CharField(source="kind.model")
    prompt_version = serializers.CharField(source="kind.prompt_version")
    calls = _Number()
    errors = _Number()  # type: ignore[assignment]  # a field, which the metaclass takes away
    unavailable = _Number()
    malformed = _Number()
    rate_limited = _Number(source="limited")
    auth_failures = _Number(source="refused")
    provider_errors = _Number()
    flagged = _Number()
    forgot_context = _Number(source="forgot")
    helpful = _Number()
    unhelpful = _Number()
    duration_sum_ms = serializers.SerializerMethodField()
    p50_ms = serializers.SerializerMethodField()
    p95_ms = serializers.SerializerMethodField()
    p99_ms = serializers.SerializerMethodField()
    first_byte_p50_ms = serializers.SerializerMethodField()
    input_tokens = _Number()
    output_tokens = _Number()
    cost = serializers.SerializerMethodField()
    consumers = serializers.SerializerMethodField()
    consumers_error = serializers.SerializerMethodField()

    def get_component(self, row: Window) -> str:
        """The component's slug, or what the sender calls it."""
        return row.kind.component.slug if row.kind.component else row.kind.hint

    def get_duration_sum_ms(self, row: Window) -> float:
        """All durations together."""
        return (row.duration_sum or 0) / 1000

    def get_p50_ms(self, row: Window) -> float | None:
        """Half of the calls took no longer."""
        return _quantile(row.latencies, 0.5)

    def get_p95_ms(self, row: Window) -> float | None:
        """95% of the calls took no longer."""
        return _quantile(row.latencies, 0.95)

    def get_p99_ms(self, row: Window) -> float | None:
        """99% of the calls took no longer."""
        return _quantile(row.latencies, 0.99)

    def get_first_byte_p50_ms(self, row: Window) -> float | None:
        """Half of the model's answers began no later."""
        return _quantile(row.first_bytes, 0.5)

    def get_cost(self, row: Window) -> float:
        """In the sender's currency."""
        return (row.cost or 0) / 1e9

    def get_consumers(self, row: Window) -> int:
        """How many different ones."""
        return distinct.count(bytes(row.consumers or b"")).number

    def get_consumers_error(self, row: Window) -> float:
        """How far off that may be, as a share; 0 where it is exact."""
        return distinct.count(bytes(row.consumers or b"")).error


class WindowsFound(serializers.Serializer[Any]):
    """A page of windows, the oldest first."""

    next = serializers.CharField(allow_null=True)
    results = WindowShown(many=True)


class Windows(APIView):
    """Minute windows of a launch's traffic."""

    @extend_schema(parameters=[WindowsAsked], responses=WindowsFound)
    def get(self, request: Request) -> Response:
        """The oldest first; `next` leads on."""
        said = given(WindowsAsked, request.query_params.dict())
        launch = access_launch(Principal.of(request), said["launch"], right=Right.READ)
        skip: int = said["cursor"]
        begins: datetime = said["from"]
        rows: Sequence[Window] = windows_between(launch, begins, said["to"])[skip : skip + _WINDOWS_A_PAGE + 1]
        return Response(
            {
                "next": _next(request, skip + _WINDOWS_A_PAGE) if len(rows) > _WINDOWS_A_PAGE else None,
                "results": [WindowShown(row).data for row in list(rows)[:_WINDOWS_A_PAGE]],
            }
        )


def _next(request: Request, cursor: int) -> str:
    return request.build_absolute_uri("?" + urlencode(request.query_params.dict() | {"cursor": cursor}))


def _milliseconds(micros: int) -> float | None:
    return None if micros < 0 else micros / 1000


def _known(number: int) -> int | None:
    return None if number < 0 else number


def _quantile(sketch: bytes | memoryview | None, share: float) -> float | None:
    found = latencies.quantile(bytes(sketch or b""), share)
    return None if found is None else round(found / 1000, 3)
