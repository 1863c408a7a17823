"""This module reads Langfuse's observations as its API and its exports write them; only model calls count."""

from django.utils.translation import gettext as _

from gateway_ingest.formats.calls import marks, values
from gateway_ingest.formats.calls.incoming import CallError, CallFlag, ConsumerClass, IncomingCall, Row

_MODEL_CALLS = ("GENERATION", "EMBEDDING")


def recognises(row: Row) -> bool:
    """An observation: its type, its trace and its beginning."""
    return isinstance(row, dict) and "traceId" in row and "startTime" in row and "type" in row


def read(row: Row) -> IncomingCall:
    """One observation as a call; raises CallError. Input and output are not looked at."""
    if not isinstance(row, dict) or not recognises(row):
        raise CallError(_("A Langfuse observation has “type”, “traceId” and “startTime”."))
    if row["type"] not in _MODEL_CALLS:
        raise CallError(_("This observation is a step of a trace and no model call; only generations are taken."))
    at = values.any_time(row["startTime"])
    user = values.text(row.get("userId"))
    failed = row.get("level") == "ERROR"
    call = IncomingCall(
        at=at,
        status=500 if failed else 200,
        method="POST",
        duration=_since(at, row.get("endTime"), row.get("latency")),
        first_byte=_since(at, row.get("completionStartTime"), row.get("timeToFirstToken")),
        request_id=values.text(row.get("id")),
        trace_id=values.trace_of(row["traceId"]),
        consumer=user,
        consumer_class=ConsumerClass.USER if user else "",
        component=values.text(values.first(row, "traceName", "name")),
        release=values.text(values.first(row, "release", "version")),
        provider=values.text(values.members(row.get("metadata")).get("ls_provider")),
        model=values.text(values.first(row, "model", "providedModelName")),
        prompt_version=_prompt(row),
        input_tokens=_tokens(row, "input", "promptTokens"),
        output_tokens=_tokens(row, "output", "completionTokens"),
        cost=_cost(row),
        error_type="error" if failed else "",
    )
    call.flags |= marks.of_words(row.get("tags"))
    scores = row.get("scores")
    for score in map(values.members, scores[:100] if isinstance(scores, list) else []):
        call.flags |= marks.of_score(score.get("name"), score.get("value"), score.get("stringValue"))
    if "cache_read_input_tokens" in values.members(row.get("usageDetails")):
        call.flags |= CallFlag.CACHED
    return call


def _since(at: int, later: object, seconds: object) -> int:
    if later not in (None, ""):
        passed = values.any_time(later) - at
        return passed if passed >= 0 else -1
    return values.span(seconds, micros=1e6)


def _tokens(row: dict[str, object], name: str, old_name: str) -> int:
    for place in (row.get("usageDetails"), row.get("usage")):
        if (found := values.count(values.members(place).get(name))) >= 0:
            return found
    return values.count(row.get(old_name))


def _cost(row: dict[str, object]) -> int:
    given = values.members(row.get("costDetails")).get("total")
    return values.money(values.first(row, "calculatedTotalCost", "totalCost") if given is None else given)


def _prompt(row: dict[str, object]) -> str:
    name, version = values.text(row.get("promptName")), values.text(row.get("promptVersion"))
    return f"{name}:{version}" if name and version else name
