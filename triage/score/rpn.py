"""This module holds the risk priority number of FMEA: severity x occurrence x detection, each 1 to 10, and why each is so."""

from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from triage.score.rice import Part

ACT_AT = 100
_SEVERITY = {1: 10, 2: 8, 3: 6, 4: 4, 5: 2}
# Signals a day from which an occurrence counts as so often.
_OCCURRENCE = ((1000, 10), (300, 9), (100, 8), (30, 7), (10, 6), (5, 5), (3, 4), (2, 3))
_SELDOM = 2
_SEEN_BY_BOTH, _SEEN_BY_MACHINES, _SEEN_BY_PEOPLE = 5, 3, 8


def rpn(severity: int, occurrence: int, detection: int) -> int:
    """The product, 1 to 1,000; the three stay visible beside it, since equal products differ."""
    return severity * occurrence * detection


def severity_part(severity: int) -> Part:
    """SEV1 is 10, SEV5 is 2."""
    return Part(_SEVERITY[severity], f"SEV{severity}")


def occurrence_part(signals: int, *, over: timedelta) -> Part:
    """By the signals a day since the first one; a day at least, so that the first hour is no forecast."""
    a_day = signals / max(over / timedelta(days=1), 1.0)
    value = next((level for at_least, level in _OCCURRENCE if a_day >= at_least), _SELDOM)
    reason = ngettext("%(n)s signal, %(rate)s a day", "%(n)s signals, %(rate)s a day", signals)
    return Part(value, reason % {"n": signals, "rate": round(a_day, 1)})


def detection_part(*, people: int, machines: int) -> Part:
    """Small where machines see it before people have to tell; large where only people do."""
    if machines and not people:
        return Part(_SEEN_BY_MACHINES, _("only machines saw it so far"))
    if machines:
        return Part(_SEEN_BY_BOTH, _("machines see it, and people had to tell as well"))
    return Part(_SEEN_BY_PEOPLE, _("only people told of it: no machine sees it"))
