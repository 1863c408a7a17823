"""This module reads Portkey's log exports; the request and response inside are looked at for nothing but figures."""

from django.utils.translation import gettext as _

from gateway_ingest.formats.calls import marks, values
from gateway_ingest.formats.calls.incoming import CallError, CallFlag, ConsumerClass, IncomingCall, Row


def recognises(row: Row) -> bool:
    """The export's own names for provider and model, or for the tokens that were sent and answered."""
    return isinstance(row, dict) and "created_at" in row and ("ai_org" in row or "req_units" in row)


def read(row: Row) -> IncomingCall:
    """One object as a call; raises CallError."""
    if not isinstance(row, dict) or not recognises(row):
        raise CallError(_("A row of a Portkey export has “created_at”, “ai_org” and “ai_model”."))
    path, host = values.path_of(row.get("request_url"))
    metadata = values.members(row.get("metadata"))
    user = values.text(values.first(metadata, "_user", "user", "user_id"))
    call = IncomingCall(
        at=values.any_time(row["created_at"]),
        status=_status(row),
        method=values.method(row.get("request_method")) or "POST",
        path=path,
        host=host,
        duration=values.span(row.get("response_time"), micros=1e3),
        first_byte=values.span(row.get("time_to_first_token"), micros=1e3),
        request_id=values.text(row.get("id")),
        trace_id=values.trace_of(row.get("trace_id")),
        consumer=user or values.text(row.get("api_key_id")),
        consumer_class=ConsumerClass.USER if user else ConsumerClass.KEY if row.get("api_key_id") else "",
        component=values.text(values.first(metadata, "service", "_service")) or values.text(row.get("config")),
        release=values.text(metadata.get("release")),
        provider=values.text(row.get("ai_org")),
        model=values.text(row.get("ai_model")),
        prompt_version=_prompt(row),
        input_tokens=values.count(row.get("req_units")),
        output_tokens=values.count(row.get("res_units")),
        cost=_cost(row),
    )
    if str(row.get("cache_status", "")).upper().endswith(("HIT", "SEMANTIC_HIT")):
        call.flags |= CallFlag.CACHED
    call.flags |= marks.of_words(metadata.get("tags")) | marks.of_score("feedback", row.get("feedback"), None)
    if call.status == 446:
        call.flags |= CallFlag.FILTERED
    return call


def _status(row: dict[str, object]) -> int:
    given = values.status(row.get("response_status_code"))
    if given or not isinstance(row.get("is_success"), bool):
        return given
    return 200 if row["is_success"] else 500


def _cost(row: dict[str, object]) -> int:
    """Portkey counts in cents."""
    cents = values.real(row.get("cost"))
    return values.money(cents / 100) if cents is not None else -1


def _prompt(row: dict[str, object]) -> str:
    name, version = values.text(values.first(row, "prompt_slug", "prompt_id")), values.text(row.get("prompt_version"))
    return f"{name}:{version}" if name and version else name
