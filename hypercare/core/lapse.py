"""This module writes lengths of time as people read them."""

from datetime import timedelta

from django.utils.translation import gettext as _


def lapse(length: timedelta) -> str:
    """A length of time in words: 40 s, 11 min, 1 h 5 min, 3 d 2 h; without its sign."""
    seconds = int(abs(length).total_seconds())
    if seconds < 60:
        return _("%(n)s s") % {"n": seconds}
    minutes = round(seconds / 60)
    if minutes < 60:
        return _("%(n)s min") % {"n": minutes}
    if minutes < 24 * 60:
        return _("%(h)s h %(m)s min") % {"h": minutes // 60, "m": minutes % 60}
    return _("%(d)s d %(h)s h") % {"d": minutes // (24 * 60), "h": minutes // 60 % 24}
