"""This module takes what the in-app widget sends: one text, what kind it is, and what the page knew."""

import re
from datetime import datetime
from http import HTTPStatus
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from feedback import intake, quarantine, spoken
from feedback.intake import Receipt
from feedback.models import Channel
from feedback.report import Report, ReportErrors, read_report
from feedback.spoken import Kind
from hypercare.core.models import LaunchKey
from hypercare.core.problem import FieldError, Problem, not_found
from hypercare.core.timeline import Actor

WIDGET = Actor("Widget")
_KEY = re.compile(r"[A-Za-z0-9_-]{8,40}")
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
# Where the widget's fields stand in the report that everything else reads.
_SENT_AS = {"/reporter/email": "/email", "/reporter/name": "/name", "/title": "/text", "/body": "/text"}


def live_key(text: str, *, now: datetime) -> LaunchKey:
    """The key a page carries; 404 for one that is not known or has ended."""
    key = LaunchKey.objects.select_related("launch").filter(key=text).first() if _KEY.fullmatch(text) else None
    if key is None:
        raise not_found(_("This widget key is not known. Copy the snippet again from the launch's widget page."))
    if key.expires_at and key.expires_at <= now:
        raise not_found(_("This widget key ended on %(day)s. Copy the new snippet from the launch's widget page.") % {
            "day": f"{key.expires_at:%Y-%m-%d}"})  # fmt: skip
    return key


def read(data: object, *, key: LaunchKey) -> Report:
    """The report a widget sent; raises Problem 400 or 413 that names the widget's own fields."""
    if not isinstance(data, dict):
        raise Problem(400, _("A report is an object in braces with at least a text."))
    text, kind = data.get("text"), data.get("kind")
    errors = _errors_in_text(text)
    if kind is not None and kind not in Kind.values:
        errors.append(FieldError("/kind", _("“kind” is one of %(known)s.") % {"known": ", ".join(Kind.values)}))
    if errors:
        too_long = isinstance(text, str) and spoken.is_too_long(text)
        raise _refusal(errors, status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE if too_long else HTTPStatus.BAD_REQUEST)
    try:
        report, _unknown = read_report(_as_report(data), source=f"key:{key.pk}", channels=frozenset({Channel.WIDGET}))
    except ReportErrors as error:
        raise _refusal(list(error.errors)) from error
    return report


@transaction.atomic
def receive(key: LaunchKey, report: Report, *, now: datetime) -> Receipt:
    """Stores the report and notes the key's first one."""
    LaunchKey.objects.filter(pk=key.pk, first_report_at=None).update(first_report_at=now)
    copies = quarantine.locked_copies(key.launch, report)
    receipt = intake.accept(key.launch, report, actor=WIDGET, now=now)
    quarantine.settle(copies, receipt, actor=WIDGET, now=now)
    return receipt


def trace_of(context: object) -> str:
    """The trace id of the last failed request that carried one."""
    requests = context.get("requests") if isinstance(context, dict) else None
    for call in reversed(requests if isinstance(requests, list) else []):
        parent = call.get("traceparent") if isinstance(call, dict) else None
        found = _TRACEPARENT.fullmatch(parent) if isinstance(parent, str) and _failed(call) else None
        if found:
            return found[1]
    return ""


def _failed(call: dict[str, Any]) -> bool:
    status = call.get("status")
    return not isinstance(status, int) or status == 0 or status >= 400


def _errors_in_text(text: object) -> list[FieldError]:
    if not isinstance(text, str):
        return [FieldError("/text", _("“text” is missing; send what happened as a text in quotes."))]
    return [FieldError("/text", detail) for detail in spoken.complaints_about(text)]


def _as_report(data: dict[str, Any]) -> dict[str, Any]:
    context, name = data.get("context"), data.get("name")
    if name and not data.get("email") and (context is None or isinstance(context, dict)):
        context = (context or {}) | {"name": name}
    return {
        "channel": Channel.WIDGET,
        "title": spoken.title_of(data["text"]),
        "body": data["text"],
        "kind": data.get("kind"),
        "context": context,
        "fields": data.get("fields"),
        "reporter": {"email": data.get("email"), "name": name},
        "language": data.get("language"),
        "external_id": data.get("external_id"),
        "trace_id": trace_of(context),
    }


def _refusal(errors: list[FieldError], *, status: int = HTTPStatus.BAD_REQUEST) -> Problem:
    sent = tuple(
        dict.fromkeys(FieldError(_SENT_AS.get(error.pointer, error.pointer), error.detail) for error in errors)
    )
    return Problem(status, sent[0].detail, errors=sent)
