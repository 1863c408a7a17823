"""This module holds the risk priority number of FMEA: severity x occurrence x detection, each 1 to 10, and why each is so."""

from datetime import timedelta
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

ACT_AT = 100
_SEVERITY = {1: 10, 2: 8, 3: 6, 4: 4, 5: 2}
# Signals a day from which an occurrence counts as so often.
_OCCURRENCE = ((1000, 10), (300, 9), (100, 8), (30, 7), (10, 6), (5, 5), (3, 4), (2, 3))
_SELDOM = 2
_SEEN_BY_BOTH, _SEEN_BY_MACHINES, _SEEN_BY_PEOPLE = 5, 3, 8


class Risk(NamedTuple):
    """What the three parts follow from."""

    severity: int
    signals: int
    from_machines: int
    over: timedelta

    @property
    def levels(self) -> tuple[int, int, int]:
        """Severity, occurrence and detection by the rules."""
        return _SEVERITY[self.severity], self._occurrence, self._detection

    @property
    def reasons(self) -> tuple[str, str, str]:
        """Why each is so, in the reader's language."""
        often = ngettext("%(n)s signal, %(rate)s a day", "%(n)s signals, %(rate)s a day", self.signals)
        seen = {
            _SEEN_BY_MACHINES: _("only machines saw it so far"),
            _SEEN_BY_BOTH: _("machines see it, and people had to tell as well"),
            _SEEN_BY_PEOPLE: _("only people told of it: no machine sees it"),
        }
        rate = round(self._a_day, 1)
        return f"SEV{self.severity}", often % {"n": self.signals, "rate": rate}, seen[self._detection]

    @property
    def _a_day(self) -> float:
        """By the signals since the first one; a day at least, so that the first hour is no forecast."""
        return self.signals / max(self.over.total_seconds() / 86_400, 1.0)

    @property
    def _occurrence(self) -> int:
        a_day = self._a_day
        return next((level for at_least, level in _OCCURRENCE if a_day >= at_least), _SELDOM)

    @property
    def _detection(self) -> int:
        """Small where machines see it before people have to tell; large where only people do."""
        if not self.from_machines:
            return _SEEN_BY_PEOPLE
        return _SEEN_BY_BOTH if self.signals > self.from_machines else _SEEN_BY_MACHINES


def rpn(severity: int, occurrence: int, detection: int) -> int:
    """The product, 1 to 1,000; the three stay visible beside it, since equal products differ."""
    return severity * occurrence * detection
