"""This module turns what a rule found into the word of an alert, with the evidence that a person needs."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from gateway_ingest.formats import IncomingAlert
from gateway_ingest.models import AlertSeverity, AlertStatus
from gateway_ingest.rules.defaults import MEANINGS
from gateway_ingest.rules.keys import fingerprint, named, short_name, shown
from gateway_ingest.rules.rule import Against, Measure, Rule
from gateway_ingest.rules.span import MINUTE
from gateway_ingest.rules.state import Change, Look
from gateway_ingest.rules.traffic import measured, plain
from gateway_ingest.rules.watching import Found
from gateway_ingest.rules.wording import MEASURES, amount
from hypercare.core.models import Launch


@dataclass(frozen=True)
class Figures:
    """What a finding says in numbers, each in the measure's own unit."""

    value: float
    limit: float
    usual: float | None


def figures_of(rule: Rule, look: Look) -> Figures:
    """The value, the limit it has reached, and what is usual or wanted."""
    value = measured(rule, look.whole, usual=look.usual)
    limit = ((rule.step_at(value) if value is not None else None) or rule.steps[0]).limit
    if rule.against is not Against.ITSELF and look.usual:
        limit *= look.usual
    return Figures(plain(rule.measure, look.whole) or 0.0, limit, look.usual)


def said(launch: Launch, found: Found, facts: Mapping[str, Any]) -> IncomingAlert:
    """The alert's word for one change, in the launch's language. `facts` is the evidence that only windows have."""
    with translation.override(launch.language):
        over = found.change is Change.RESOLVED
        labels = {"rule": found.rule.name, **named(found.rule.per, found.key)}
        return IncomingAlert(
            fingerprint=fingerprint(found.rule.name, found.key),
            title=_title(found)[:300],
            summary=_summary(launch, found, facts),
            severity=found.state.severity or AlertSeverity.LOW,
            status=AlertStatus.RESOLVED if over else AlertStatus.FIRING,
            labels=labels,
            component_names=(labels["component"],) if "component" in labels else (),
            starts_at=None if over else _begins(found),
            ends_at=found.look.at if over else None,
            url=chart_address(launch, found),
            worse=found.change is Change.WORSE,
            evidence=_evidence(launch, found, facts),
        )


def chart_address(launch: Launch, found: Found) -> str:
    """Where the chart of the finding's key and time is."""
    page = reverse("gateway_ingest:rule", args=[launch.slug, found.rule.name])
    of = short_name(found.rule.name, found.key)
    return f"{settings.PUBLIC_URL}{page}?of={of}&at={found.look.at:%Y-%m-%dT%H:%MZ}#chart"


def _title(found: Found) -> str:
    about = shown(found.key)
    return f"{_(found.rule.title)}: {about}" if about else _(found.rule.title)


def _summary(launch: Launch, found: Found, facts: Mapping[str, Any]) -> str:
    if "crosses_at" in facts:
        return f"{_(MEANINGS[found.rule.name])} {foresight(launch, facts)}"
    if "last_heard_at" in facts:
        return f"{_(MEANINGS[found.rule.name])} {_last_heard(launch, facts)}"
    figures, zone = figures_of(found.rule, found.look), ZoneInfo(launch.zone)
    measure = found.rule.measure
    sentences = [
        _("%(measure)s: %(value)s from %(from)s to %(until)s; the limit is %(limit)s.")
        % {
            "measure": MEASURES[measure],
            "value": amount(measure, figures.value),
            "from": f"{_begins(found).astimezone(zone):%H:%M}",
            "until": f"{found.look.at.astimezone(zone):%H:%M}",
            "limit": amount(measure, figures.limit),
        }
    ]
    if late := _late_answers(launch, found, facts):
        sentences.append(late)
    if figures.usual and found.rule.against is Against.USUAL:
        sentences.append(_("Usual is %(usual)s.") % {"usual": amount(measure, figures.usual)})
    return " ".join([_(MEANINGS[found.rule.name]), *sentences])


def _late_answers(launch: Launch, found: Found, facts: Mapping[str, Any]) -> str:
    """From when the oldest flagged answer is, where that is before the time in which it was told."""
    oldest = facts.get("oldest_call_at")
    if oldest is None or datetime.fromisoformat(oldest) >= _begins(found):
        return ""
    at = datetime.fromisoformat(oldest).astimezone(ZoneInfo(launch.zone))
    return _("They were told late: the oldest answer is from %(at)s.") % {"at": date_format(at, "j F, H:i")}


def _last_heard(launch: Launch, facts: Mapping[str, Any]) -> str:
    """Since when nothing came, and how often it should."""
    last_at = datetime.fromisoformat(facts["last_heard_at"]).astimezone(ZoneInfo(launch.zone))
    return _("It was last heard on %(at)s and is expected every %(seconds)d s.") % {
        "at": date_format(last_at, "j F, H:i"),
        "seconds": facts["interval_seconds"],
    }


def foresight(launch: Launch, facts: Mapping[str, Any]) -> str:
    """How fast a latency drifts, and on which day it crosses its target."""
    crosses_at = datetime.fromisoformat(facts["crosses_at"]).astimezone(ZoneInfo(launch.zone))
    return _("It rises %(share)s a day, is at %(level)s and crosses %(target)s on %(day)s.") % {
        "share": amount(Measure.ERROR_SHARE, facts["a_day"]),
        "level": amount(Measure.P95_MS, facts["level_ms"]),
        "target": amount(Measure.P95_MS, facts["target_ms"]),
        "day": date_format(crosses_at, "l j F"),
    }


def _begins(found: Found) -> datetime:
    return found.look.at - min(found.rule.minutes * MINUTE, timedelta(days=1))


def _evidence(launch: Launch, found: Found, facts: Mapping[str, Any]) -> dict[str, Any]:
    figures = figures_of(found.rule, found.look)
    return {
        "name": found.rule.name,
        "title": _(found.rule.title),
        "measure": str(MEASURES[found.rule.measure]),
        "value": round(figures.value, 6),
        "limit": round(figures.limit, 6),
        "usual": None if figures.usual is None else round(figures.usual, 6),
        "from": _begins(found).isoformat(),
        "until": found.look.at.isoformat(),
        "calls": found.look.whole.calls,
        **named(found.rule.per, found.key),
        **facts,
        "chart": chart_address(launch, found),
    }
