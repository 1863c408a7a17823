"""This module writes refusals as OpenTelemetry's senders want them: a `google.rpc.Status`, in protobuf or JSON."""

from django.http import HttpResponse, JsonResponse

from hypercare.core.problem import Problem

PROTOBUF, JSON = "application/x-protobuf", "application/json"
# gRPC's numbers for the same refusals.
_INVALID, _NOT_FOUND, _DENIED, _UNAVAILABLE, _UNKNOWN_CALLER = 3, 5, 7, 14, 16
_CODES = {401: _UNKNOWN_CALLER, 403: _DENIED, 404: _NOT_FOUND, 503: _UNAVAILABLE}


def refused(problem: Problem, *, binary: bool) -> HttpResponse:
    """The problem with its code and message, and with its Retry-After if it has one."""
    code = _CODES.get(problem.status, _INVALID)
    wait = problem.extra.get("retry_after")
    headers = {"Retry-After": str(wait)} if wait else None
    if binary:
        message = _message(code, problem.detail)
        return HttpResponse(message, status=problem.status, content_type=PROTOBUF, headers=headers)
    return JsonResponse({"code": code, "message": problem.detail}, status=problem.status, headers=headers)


def _message(code: int, detail: str) -> bytes:
    """Two fields do not need a generated class: 1 is the code, 2 the message."""
    text = detail.encode()
    return b"\x08" + _varint(code) + b"\x12" + _varint(len(text)) + text


def _varint(number: int) -> bytes:
    parts = bytearray()
    while number > 0x7F:
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*parts, number])
