"""This module reads Datadog's webhook, whose template every team fills in its own way."""

import re

from django.utils.translation import gettext as _

from gateway_ingest.formats import values
from gateway_ingest.formats.incoming import FormatError, IncomingAlert, Reading, one_by_one
from gateway_ingest.formats.words import known_status, severity_of
from gateway_ingest.models import AlertStatus
from hypercare.core.strict_json import JSON

_SIGNS = frozenset({"alert_transition", "alert_cycle_key", "alert_query", "monitor_id", "aggreg_key"})
_TRANSITIONS = {
    "recovered": AlertStatus.RESOLVED,
    "muted": AlertStatus.SUPPRESSED,
    "acknowledged": AlertStatus.ACKNOWLEDGED,
}
# `[P1] [Re-Triggered on {host:a}] CPU` names the state in front of the monitor's name.
_PREFIX = re.compile(r"^(?:\[(?P<words>[^\]]{0,80})\]\s*)")
_PRIORITY = re.compile(r"p?([1-5])", re.IGNORECASE)


def recognises(payload: JSON) -> bool:
    """Whether this carries the names of Datadog's variables."""
    if not isinstance(payload, dict) or not ({"title", "event_title"} & payload.keys()):
        return False
    return not _SIGNS.isdisjoint(payload) or values.has(payload, "event_type", "last_updated", "org")


def read(payload: JSON) -> Reading:
    """The one alert of the event; raises FormatError for any other payload."""
    if not recognises(payload):
        raise FormatError(_("A Datadog event has a “title” and “alert_transition”, “monitor_id” or “event_type”."))
    return one_by_one([payload], _alert)


def _alert(event: dict[str, JSON]) -> IncomingAlert:
    title = values.first(event.get("title"), event.get("event_title"))
    states, name = _split(title)
    tags = values.labels_of(event.get("tags"))
    status = _status(values.first(event.get("alert_transition"), event.get("alert_status")), states)
    told = values.moment(event.get("date") or event.get("last_updated"), "date")
    monitor = values.first(event.get("monitor_id"), event.get("alert_id"))
    scope = _scope(event.get("alert_scope") or event.get("scopes"))
    return values.alert(
        fingerprint=values.key_of(monitor, scope) or values.key_of(monitor or event.get("aggreg_key")) or name,
        title=title,
        summary=values.first(event.get("body"), event.get("message"), event.get("text"), event.get("description")),
        severity=severity_of(
            *(_priority(event.get(field)) for field in ("alert_priority", "severity", "priority")),
            values.text(event.get("alert_type")),
        ),
        status=status,
        labels=tags | values.labels_of({"host": event.get("hostname"), "scope": scope}),
        components=values.component_names(tags, event.get("hostname")),
        starts_at=None if status == AlertStatus.RESOLVED else told,
        ends_at=told,
        url=values.link(event.get("link"), event.get("url"), event.get("event_url")),
    )


def _split(title: str) -> tuple[list[str], str]:
    """The words in brackets in front, and the name behind them."""
    states: list[str] = []
    while (prefix := _PREFIX.match(title)) and len(states) < 4:
        states.append(prefix["words"].lower())
        title = title[prefix.end() :]
    return states, values.key_of(title)


def _status(transition: str, states: list[str]) -> AlertStatus:
    """Whatever is neither over nor taken fires: Triggered, Warn, No Data, Renotify and their repetitions."""
    told = [transition.lower(), *(state.split(" on ")[0].strip() for state in states)]
    found = (_TRANSITIONS.get(word) or known_status(word) for word in told)
    return next((status for status in found if status), AlertStatus.FIRING)


def _scope(given: JSON) -> str:
    return ",".join(filter(None, map(values.text, given))) if isinstance(given, list) else values.text(given)


def _priority(given: JSON) -> str:
    """`P3`, `p3` and 3 are the same."""
    word = values.text(given)
    number = _PRIORITY.fullmatch(word)
    return f"p{number[1]}" if number else word
