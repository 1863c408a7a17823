"""This module says what an incident's moments tell: how long it was unknown, who was first, after which deployment."""

from dataclasses import dataclass
from datetime import timedelta

from django.utils.translation import gettext as _

from hypercare.core.lapse import lapse
from triage.warroom.moments import CallOut, Moment, Moments


@dataclass(frozen=True)
class Said:
    """A call-out in words, with the figure large and the sentence it belongs to."""

    name: str
    figure: str
    sentence: str
    seconds: int
    start_key: str
    end_key: str


def said_of(found: Moments) -> list[Said]:
    """All call-outs of an incident, in the order of its course."""
    return [_said(one) for one in found.call_outs()]


def _said(one: CallOut) -> Said:
    return Said(
        name=one.name,
        figure=lapse(one.lapse),
        sentence=_sentence(one),
        seconds=int(one.lapse.total_seconds()),
        start_key=one.start.key,
        end_key=one.end.key,
    )


def _sentence(one: CallOut) -> str:
    named = {"time": lapse(one.lapse), "what": one.start.words, "who": one.end.words}
    if one.name == "detected":
        named |= {"start": _began(one.start), "end": _named(one.end)}
    later = one.lapse >= timedelta(0)
    sentences = {
        "after_deployment": _("It began %(time)s after %(what)s was deployed"),
        "detected": _("Known %(time)s after %(start)s, by %(end)s"),
        "report_lag": _("The first report came %(time)s after the first alert")
        if later
        else _("The first report came %(time)s before the first alert"),
        "taken_up": _("Taken up %(time)s after it was known, by %(who)s"),
        "mitigated": _("Mitigated %(time)s after it began"),
        "ended": _("Closed %(time)s after it began"),
    }
    return sentences[one.name] % named


def _began(start: Moment) -> str:
    if start.what == "effect":
        return _("the first failed calls")
    return _("the first report") if start.what == "report" else _("the first alert")


def _named(end: Moment) -> str:
    named = _("the alert %(key)s") if end.what == "alert" else _("the report %(key)s")
    return named % {"key": end.key}
