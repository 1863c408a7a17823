"""This module reads what a sender posts as a web form, as UptimeRobot and GitHub do, and writes it as the JSON it stands for."""

import json
from collections.abc import Mapping
from urllib.parse import parse_qsl

from django.utils.translation import gettext as _

from hypercare.core.problem import Problem

_CONTENT_TYPE = "application/x-www-form-urlencoded"
_MAX_FIELDS = 200
# Under which name senders put a whole JSON text into a form.
_WHOLE = "payload"


def is_form(headers: Mapping[str, str]) -> bool:
    """Whether headers, their names in small letters, tell of a form."""
    return headers.get("content-type", "").lower().startswith(_CONTENT_TYPE)


def as_json(body: bytes) -> bytes:
    """The form's fields as one object, or the JSON that its only field holds; raises Problem 400."""
    if body.lstrip()[:1] in {b"{", b"["}:
        return body  # tools that call everything a form, such as curl
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MAX_FIELDS, errors="strict")
    except ValueError as error:
        detail = _("The form cannot be read; it has more than 200 fields or is no UTF-8.")
        raise Problem(400, detail) from error
    fields = dict(pairs)
    if not fields:
        raise Problem(400, _("The form is empty."))
    return fields[_WHOLE].encode() if fields.keys() == {_WHOLE} else json.dumps(fields).encode()
