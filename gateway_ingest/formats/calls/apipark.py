"""This module reads APIPark's access log and its AI events; bodies, headers and `authorization` are never looked at."""

from django.utils.translation import gettext as _

from gateway_ingest.formats.calls import values
from gateway_ingest.formats.calls.incoming import CallError, ConsumerClass, IncomingCall, Row

_ENVELOPE = frozenset({"strategy", "application", "proxy_status", "ai_provider", "node", "cluster", "proxy_uri", "api"})


def recognises(row: Row) -> bool:
    """An access row with several of APIPark's own names, or an AI event."""
    if not isinstance(row, dict) or "request_id" not in row:
        return False
    if isinstance(row.get("ai"), dict):
        return "time_iso8601" in row and "ai_model" in values.members(row["ai"])
    return "msec" in row and len(_ENVELOPE & row.keys()) >= 3


def read(row: Row) -> IncomingCall:
    """One object as a call; raises CallError. Numbers may stand in quotes."""
    if not isinstance(row, dict) or not recognises(row):
        raise CallError(_("An APIPark row has “msec”, “request_id” and names such as “strategy” and “application”."))
    ai = values.members(row.get("ai"))
    return _event(row, ai) if ai else _access(row)


def _access(row: dict[str, object]) -> IncomingCall:
    path, host = values.path_of(row.get("request_uri"))
    application = values.text(row.get("application"))
    call = IncomingCall(
        at=values.any_time(row["msec"]),
        status=values.status(row.get("status")),
        method=values.method(row.get("request_method")),
        path=path,
        host=values.text(row.get("request_host")) or host,
        duration=values.span(row.get("request_time"), micros=1e3),
        upstream=values.span(row.get("response_time"), micros=1e3),
        request_id=values.text(row["request_id"]),
        trace_id=values.trace_of(row.get("trace_id")),
        scheme=values.scheme_of(row.get("scheme"), row.get("request_scheme")),
        consumer=application or values.text(values.first(row, "src_ip", "remote_addr")),
        consumer_class=ConsumerClass.APPLICATION if application else ConsumerClass.ADDRESS,
        component=values.text(values.first(row, "service", "provider", "api")),
    )
    _read_ai(call, row)
    return call


def _event(row: dict[str, object], ai: dict[str, object]) -> IncomingCall:
    """An AI event has no status of its own; that of the provider that answered last counts."""
    statuses = ai.get("ai_provider_statuses")
    last = values.members(statuses[-1]) if isinstance(statuses, list) and statuses else {}
    word = last.get("status")
    call = IncomingCall(
        at=values.any_time(row["time_iso8601"]),
        status=_STATUS_WORDS.get(word, 0) if isinstance(word, str) and not word.isdecimal() else values.status(word),
        request_id=values.text(row["request_id"]),
        component=values.text(values.first(row, "api", "provider")),
        cost=values.money(ai.get("ai_model_cost")),
    )
    _read_ai(call, ai)
    return call


_STATUS_WORDS = {"normal": 200, "success": 200, "exceeded": 429, "expired": 401, "invalid": 401, "timeout": 504}


def _read_ai(call: IncomingCall, row: dict[str, object]) -> None:
    call.provider = values.text(row.get("ai_provider"))
    call.model = values.text(row.get("ai_model"))
    call.input_tokens = values.count(row.get("ai_model_input_token"))
    call.output_tokens = values.count(row.get("ai_model_output_token"))
