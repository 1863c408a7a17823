"""This module renders a small part of a page once for all that it shows, since lists show the same rows again and again."""

from collections.abc import Hashable
from functools import lru_cache

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import get_language

REMEMBERED = 5000


def fragment(template: str, shown: Hashable) -> SafeString:
    """The template's markup of `shown`, in the present language and zone.

    The template is given `shown` and nothing else, and equal values give equal markup, so what is remembered is never
    out of date: a value that changed is another value.
    """
    return _rendered(template, shown, get_language(), timezone.get_current_timezone_name())


@lru_cache(maxsize=REMEMBERED)
def _rendered(template: str, shown: Hashable, language: str | None, zone: str) -> SafeString:  # noqa: ARG001 - read by tags
    return render_to_string(template, {"shown": shown})
