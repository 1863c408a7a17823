"""This module says in one sentence what each chart of times shows, computed from the same figures."""

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hypercare.core.lapse import lapse
from triage.times.page import Times
from triage.times.spread import ENOUGH

_WEEK = 7


def of_parts(times: Times) -> str:
    """Which group takes the longest."""
    told = [part for part in times.parts if part.spread.median is not None]
    if not told:
        return _("No group has %(enough)s or more of them, so none is told; the numbers lead to the rows.") % {
            "enough": ENOUGH}  # fmt: skip
    slowest = max(told, key=lambda part: part.spread.median or 0)
    whole = next(figure for figure in times.figures if figure.measure == times.chosen).spread.median
    return _("%(name)s takes the longest: %(time)s in the middle of %(n)s, against %(whole)s in all.") % {
        "name": slowest.group.name,
        "time": lapse(slowest.spread.median) if slowest.spread.median is not None else "",
        "n": slowest.spread.n,
        "whole": lapse(whole) if whole is not None else "–",
    }


def of_flow(times: Times) -> str:
    """Whether more came than went, and when most came."""
    net = times.opened - times.ended
    words = {"opened": times.opened, "ended": times.ended, "n": abs(net)}
    if net > 0:
        said = _("%(opened)s came and %(ended)s went: %(n)s more are open than before.") % words
    elif net < 0:
        said = _("%(opened)s came and %(ended)s went: %(n)s fewer are open than before.") % words
    else:
        said = _("%(opened)s came and as many went.") % words
    busiest = max(times.flow, key=lambda day: (day.opened, day.day))
    if busiest.opened:
        said += " " + _("Most came on %(day)s: %(n)s.") % {"day": date_format(busiest.day, "j F"), "n": busiest.opened}
    return said


def of_ages(times: Times) -> str:
    """How much of what is open is a week old."""
    if times.oldest is None:
        return _("Nothing is open.")
    old = sum(age.n for age in times.ages if age.least >= _WEEK)
    return ngettext(
        "%(old)s of %(n)s open issue is a week old or older; the oldest is %(key)s.",
        "%(old)s of %(n)s open issues are a week old or older; the oldest is %(key)s.",
        times.open,
    ) % {"old": old, "n": times.open, "key": times.oldest.key}


def of_load(times: Times) -> str:
    """Who carries the most, and what nobody owns."""
    if not times.owners:
        return _("Nothing is open.")
    heaviest = times.owners[0]
    said = ngettext(
        "The most weighs on %(name)s: %(n)s open issue, weight %(weight)s.",
        "The most weighs on %(name)s: %(n)s open issues, weight %(weight)s.",
        heaviest.open,
    ) % {"name": heaviest.name, "n": heaviest.open, "weight": f"{heaviest.weight:g}"}
    late = sum(load.late for load in times.owners)
    if late:
        said += " " + ngettext("%(n)s in all is late.", "%(n)s in all are late.", late) % {"n": late}
    return said


def of_detection(times: Times) -> str:
    """Who noticed first."""
    monitored = next(figure for figure in times.rates if figure.rate.name == "monitored").share
    if not monitored.of:
        return _("No problem that monitoring could see was opened in these days.")
    return _("Monitoring noticed %(part)s of %(of)s problems first or alone, people %(told)s.") % {
        "part": monitored.part, "of": monitored.of, "told": monitored.of - monitored.part}  # fmt: skip
