"""This module keeps what a person changed about the keys of the pages: switched off, or other keys for some of them."""

import re
from typing import Any

from django.utils.translation import gettext as _

from hypercare.core.models import User
from hypercare.core.problem import Problem, wrong
from hypercare.core.strict_json import BadJson, parse

MOST = 80
LONGEST = 10_000
_KEY = re.compile(r"(Ctrl\+)?(Shift\+)?(\S|[A-Z][A-Za-z]{1,11})( \S)?")


def choose(person: User, body: bytes) -> None:
    """Keeps `{"off": true, "keys": {"a": "y"}}`: whether single keys rest, and by their usual keys the chosen ones."""
    try:
        said: Any = parse(body, max_bytes=LONGEST)
    except BadJson:
        said = None
    keys = said.get("keys", {}) if isinstance(said, dict) else None
    if not isinstance(keys, dict) or len(keys) > MOST or not all(map(_is_key, [*keys, *keys.values()])):
        raise _bad(_('Send keys by their usual names, such as {"keys": {"a": "y"}}.'))
    if len(set(keys.values())) < len(keys):
        raise _bad(_("Two commands cannot have the same key."))
    person.key_choices = {"off": said.get("off") is True, "keys": keys}
    person.save(update_fields=["key_choices"])


def _is_key(text: object) -> bool:
    return isinstance(text, str) and _KEY.fullmatch(text) is not None


def _bad(detail: str) -> Problem:
    return wrong("/keys", detail)
