"""This module reads LiteLLM's StandardLoggingPayload, as its callbacks and its bucket loggers write it."""

from django.utils.translation import gettext as _

from gateway_ingest.formats.calls import marks, values
from gateway_ingest.formats.calls.incoming import CallError, CallFlag, ConsumerClass, IncomingCall, Row


def recognises(row: Row) -> bool:
    """A call type, a start time and a status in LiteLLM's words."""
    return isinstance(row, dict) and "call_type" in row and "startTime" in row and "status" in row


def read(row: Row) -> IncomingCall:
    """One object as a call; raises CallError. Messages and answers are not looked at."""
    if not isinstance(row, dict) or not recognises(row):
        raise CallError(_("A LiteLLM row has “call_type”, “startTime” and “status”."))
    at, meta = values.any_time(row["startTime"]), values.members(row.get("metadata"))
    error = values.members(row.get("error_information"))
    consumer, consumer_class = _consumer(row, meta)
    call = IncomingCall(
        at=at,
        status=_status(row, error),
        method="POST",
        path=values.path_of(meta.get("user_api_key_request_route"))[0],
        host=values.path_of(row.get("api_base"))[1],
        duration=_since(at, row.get("endTime")),
        first_byte=_since(at, row.get("completionStartTime")),
        request_id=values.text(row.get("id")),
        trace_id=values.trace_of(row.get("trace_id"), meta.get("traceparent")),
        consumer=consumer,
        consumer_class=consumer_class,
        component=values.text(values.first(row, "model_group", "call_type")),
        provider=values.text(row.get("custom_llm_provider") or error.get("llm_provider")),
        model=values.text(values.first(row, "model_group", "model")),
        answered_model=values.text(row.get("model")),
        prompt_version=_prompt(meta),
        input_tokens=values.count(row.get("prompt_tokens")),
        output_tokens=values.count(row.get("completion_tokens")),
        cost=values.money(row.get("response_cost")),
        error_type=values.text(error.get("error_class")),
    )
    if row.get("cache_hit") in (True, "True", "true"):
        call.flags |= CallFlag.CACHED
    if row.get("stream") is True:
        call.flags |= CallFlag.STREAMED
    call.flags |= marks.of_words(row.get("request_tags"))
    if _guarded(row.get("guardrail_information")) or "ContentPolicy" in call.error_type:
        call.flags |= CallFlag.FILTERED
    return call


def _status(row: dict[str, object], error: dict[str, object]) -> int:
    if row["status"] == "success":
        return 200
    if row["status"] != "failure":
        raise CallError(_("“status” must be “success” or “failure”."))
    given = values.count(error.get("error_code"))
    return given if 400 <= given <= 599 else 500


def _since(at: int, later: object) -> int:
    if later in (None, "", 0):
        return -1
    passed = values.any_time(later) - at
    return passed if passed >= 0 else -1


def _consumer(row: dict[str, object], meta: dict[str, object]) -> tuple[str, str]:
    for given, kind in (
        (row.get("end_user"), ConsumerClass.USER),
        (meta.get("user_api_key_hash"), ConsumerClass.KEY),
        (meta.get("user_api_key_team_alias"), ConsumerClass.TEAM),
        (row.get("requester_ip_address") or meta.get("requester_ip_address"), ConsumerClass.ADDRESS),
    ):
        if name := values.text(given):
            return name, kind
    return "", ""


def _prompt(meta: dict[str, object]) -> str:
    prompt = values.members(meta.get("prompt_management_metadata"))
    name, version = values.text(prompt.get("prompt_id")), values.text(prompt.get("prompt_version"))
    return f"{name}:{version}" if name and version else name or values.text(meta.get("prompt_version"))


def _guarded(given: object) -> bool:
    found = given if isinstance(given, list) else [given]
    return any("intervened" in str(values.members(one).get("guardrail_status", "")) for one in found)
