"""This module says in one sentence what each chart of times shows, computed from the same figures."""

from datetime import timedelta

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hypercare.core.lapse import lapse
from triage.times.page import Part, Times
from triage.times.spread import ENOUGH

_WEEK = 7
_NO_TIME = timedelta(0)


def of_parts(times: Times) -> str:
    """Which group takes the longest, where one does."""
    told = [part for part in times.parts if part.spread.is_told]
    if not any(part.spread.n for part in times.parts):
        return _("There is none in these days.")
    if not told:
        return _("No group has %(enough)s or more of them, so none is told; the numbers lead to the rows.") % {
            "enough": ENOUGH}  # fmt: skip
    lengths = [lapse(part.spread.median or _NO_TIME) for part in told]
    slowest = max(told, key=lambda part: part.spread.median or _NO_TIME)
    most = lapse(slowest.spread.median or _NO_TIME)
    words = {"name": _called(slowest), "time": most, "n": slowest.spread.n, "enough": ENOUGH, "whole": _whole(times)}
    if len(told) == 1:
        return (
            _("Only %(name)s has %(enough)s or more: %(time)s in the middle of %(n)s, against %(whole)s in all.")
            % words
        )
    if lengths.count(most) == len(told):
        return _("No group stands out: each takes %(time)s in the middle.") % words
    if lengths.count(most) > 1:
        alike = [_called(part) for part, length in zip(told, lengths, strict=True) if length == most]
        return _("These take the longest, %(time)s in the middle: %(names)s; in all it is %(whole)s.") % (
            words | {"names": ", ".join(alike)})  # fmt: skip
    return _("The longest is %(name)s: %(time)s in the middle of %(n)s, against %(whole)s in all.") % words


def _called(part: Part) -> str:
    """The name of a group in a sentence, where “no team” alone would turn it round."""
    return part.group.name if part.group.key is not None else _("the group “%(name)s”") % {"name": part.group.name}


def _whole(times: Times) -> str:
    whole = next(figure for figure in times.figures if figure.measure == times.chosen).spread.median
    return lapse(whole) if whole is not None else "–"


def of_flow(times: Times) -> str:
    """Whether more came than went, and when most came."""
    net = times.opened - times.ended
    words = {"opened": times.opened, "ended": times.ended, "n": abs(net)}
    if not times.opened and not times.ended:
        return _("Nothing came and nothing went.")
    if net > 0:
        said = ngettext(
            "%(opened)s came and %(ended)s went: %(n)s more is open than before.",
            "%(opened)s came and %(ended)s went: %(n)s more are open than before.",
            net,
        )
    elif net < 0:
        said = ngettext(
            "%(opened)s came and %(ended)s went: %(n)s fewer is open than before.",
            "%(opened)s came and %(ended)s went: %(n)s fewer are open than before.",
            -net,
        )
    else:
        said = _("%(opened)s came and as many went.")
    return f"{said % words} {_busiest(times)}".strip()


def _busiest(times: Times) -> str:
    """When most came, where one day stands out."""
    most = max(day.opened for day in times.flow)
    busiest = [day for day in times.flow if day.opened == most]
    if most < 2:
        return ""
    if len(busiest) > 1:
        return _("No day had more than %(n)s.") % {"n": most}
    return _("Most came on %(day)s: %(n)s.") % {"day": date_format(busiest[0].day, "j F"), "n": most}


def of_ages(times: Times) -> str:
    """How much of what is open is a week old."""
    if times.oldest is None:
        return _("Nothing is open.")
    old = sum(age.n for age in times.ages if age.least >= _WEEK)
    if not old:
        return ngettext(
            "The one open issue, %(key)s, is less than a week old.",
            "None of the %(n)s open issues is a week old; the oldest is %(key)s.",
            times.open,
        ) % {"n": times.open, "key": times.oldest.key}
    if times.open == 1:
        return _("The one open issue, %(key)s, is a week old or older.") % {"key": times.oldest.key}
    return ngettext(
        "%(old)s of %(n)s open issues is a week old or older, %(key)s.",
        "%(old)s of %(n)s open issues are a week old or older; the oldest is %(key)s.",
        old,
    ) % {"old": old, "n": times.open, "key": times.oldest.key}


def of_load(times: Times) -> str:
    """Who carries the most, and what nobody owns."""
    if not times.owners:
        return _("Nothing is open.")
    heaviest = times.owners[0]
    alike = [load.name for load in times.owners if load.weight == heaviest.weight]
    words = {"name": heaviest.name, "n": heaviest.open, "weight": f"{heaviest.weight:g}", "names": ", ".join(alike)}
    if len(alike) > 1:
        said = _("The same weight, %(weight)s, and no more lies on each of: %(names)s.") % words
    elif not heaviest.is_owned:
        said = (
            ngettext(
                "The most has no owner: %(n)s open issue, weight %(weight)s.",
                "The most has no owner: %(n)s open issues, weight %(weight)s.",
                heaviest.open,
            )
            % words
        )
    else:
        said = (
            ngettext(
                "The most weighs on %(name)s: %(n)s open issue, weight %(weight)s.",
                "The most weighs on %(name)s: %(n)s open issues, weight %(weight)s.",
                heaviest.open,
            )
            % words
        )
    late = sum(load.late for load in times.owners)
    if late:
        said += " " + ngettext("%(n)s in all is late.", "%(n)s in all are late.", late) % {"n": late}
    return said


def of_detection(times: Times) -> str:
    """Who noticed first."""
    monitored = next(figure for figure in times.rates if figure.rate.name == "monitored").share
    if not monitored.of:
        return _("No problem that monitoring could see was opened in these days.")
    words = {"part": monitored.part, "of": monitored.of, "told": monitored.of - monitored.part}
    if monitored.part == monitored.of:
        said = ngettext(
            "Monitoring noticed the one problem first or alone.",
            "Monitoring noticed all %(of)s problems first or alone.",
            monitored.of,
        )
    elif not monitored.part:
        said = ngettext(
            "People noticed the one problem first, monitoring did not.",
            "People noticed all %(of)s problems first, monitoring none.",
            monitored.of,
        )
    else:
        said = _("Monitoring noticed %(part)s of %(of)s problems first or alone, people %(told)s.")
    return said % words
