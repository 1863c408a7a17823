"""This module reads Zabbix: webhooks that teams fill with its macros, and the event stream of its connector."""

import re
from datetime import UTC, datetime, tzinfo

from django.utils.translation import gettext as _

from gateway_ingest.formats import values
from gateway_ingest.formats.incoming import FormatError, IncomingAlert, Reading, one_by_one
from gateway_ingest.formats.words import severity_of, status_of
from gateway_ingest.models import AlertSeverity, AlertStatus
from hypercare.core.strict_json import JSON

_NUMBERS = dict(
    enumerate(
        (
            *(AlertSeverity.LOW, AlertSeverity.INFO, AlertSeverity.WARNING),
            *(AlertSeverity.WARNING, AlertSeverity.HIGH, AlertSeverity.CRITICAL),
        )
    )
)
_VALUES = {"0": AlertStatus.RESOLVED, "1": AlertStatus.FIRING}
_SIGNS = frozenset(
    {"eventname", "eventvalue", "eventnseverity", "eventseverity", "triggerid", "triggerstatus", "triggername"}
)
_NO_LETTER = re.compile(r"[^a-z0-9]")


def recognises(payload: JSON) -> bool:
    """Whether this has the names of Zabbix's macros, or is an event of its stream."""
    return _is_stream(payload) or _is_macros(payload)


def read(payload: JSON, zone: tzinfo = UTC) -> Reading:
    """The one alert of the event, its times in the server's zone; raises FormatError for any other payload."""
    if _is_stream(payload):
        return one_by_one([payload], _streamed)
    if not _is_macros(payload):
        raise FormatError(_("A Zabbix event has “event_id” and “event_name”, “event_value” or “trigger_id”."))
    return one_by_one([payload], lambda event: _from_macros(event, zone))


def _is_macros(payload: JSON) -> bool:
    plain = _plain(payload)
    return "eventid" in plain and not _SIGNS.isdisjoint(plain)


def _is_stream(payload: JSON) -> bool:
    return values.has(payload, "eventid", "value", "clock") and not isinstance(values.at(payload, "value"), str)


def _plain(payload: JSON) -> dict[str, JSON]:
    """`EVENT.ID`, `event_id` and `eventId` are the same to us."""
    return {_NO_LETTER.sub("", name.lower()): value for name, value in values.members(payload).items()}


def _from_macros(payload: dict[str, JSON], zone: tzinfo) -> IncomingAlert:
    said = _plain(payload)
    tags = values.labels_of(values.parsed(said.get("eventtagsjson") or said.get("eventtags")))
    tags = tags or values.labels_of(said.get("eventtags"))
    started = _moment(said, "eventdate", "eventtime", zone)
    return values.alert(
        fingerprint=values.key_of(said.get("eventid")),
        title=values.first(said.get("eventname"), said.get("triggername"), said.get("alertsubject")),
        summary=values.first(said.get("alertmessage"), said.get("eventopdata"), said.get("triggerdescription")),
        severity=_severity(said),
        status=_status(said),
        labels=tags | values.labels_of({"host": said.get("hostname"), "ip": said.get("hostip")}),
        components=values.component_names(tags, said.get("hostname"), said.get("hosthost"), said.get("host")),
        starts_at=started,
        ends_at=_moment(said, "eventrecoverydate", "eventrecoverytime", zone),
        url=_url(said),
        let_go="unacknowledged" in values.text(said.get("eventupdateaction")).lower(),
    )


def _severity(said: dict[str, JSON]) -> AlertSeverity:
    word = values.first(said.get("eventnseverity"), said.get("eventseverity"), said.get("triggerseverity"))
    return _NUMBERS[int(word)] if re.fullmatch("[0-5]", word) else severity_of(word)


def _status(said: dict[str, JSON]) -> AlertStatus:
    value = values.text(said.get("eventvalue"))
    status = _VALUES.get(value) or status_of(
        values.first(said.get("triggerstatus"), said.get("eventstatus"), said.get("status"), value), name="event_value"
    )
    taken = values.text(said.get("eventackstatus")).lower() == "yes" or (
        "acknowledged" in values.text(said.get("eventupdateaction")).lower().replace("unacknowledged", "")
    )
    return AlertStatus.ACKNOWLEDGED if taken and status == AlertStatus.FIRING else status


def _moment(said: dict[str, JSON], day: str, time: str, zone: tzinfo) -> datetime | None:
    """Date and time stand apart, in the server's zone, which Zabbix does not tell."""
    given = f"{values.text(said.get(day))} {values.text(said.get(time))}".strip()
    return None if "{" in given else values.moment(given, day, zone)


def _url(said: dict[str, JSON]) -> str:
    root = values.link(said.get("zabbixurl"))
    event, trigger = values.text(said.get("eventid")), values.text(said.get("triggerid"))
    built = f"{root.rstrip('/')}/tr_events.php?triggerid={trigger}&eventid={event}" if root and trigger else ""
    return values.link(said.get("problemurl"), said.get("eventurl"), said.get("triggerurl"), said.get("url"), built)


def _streamed(event: dict[str, JSON]) -> IncomingAlert:
    """A recovery has a number of its own and names the problem's as `p_eventid`."""
    tags = values.labels_of(event.get("tags"))
    hosts = [
        values.first(values.at(host, "name"), values.at(host, "host")) for host in values.items(event.get("hosts"))
    ]
    level = values.text(event.get("severity"))
    over = values.text(event.get("value")) == "0"
    told = values.moment(event.get("clock"), "clock")
    problem = values.first(event.get("p_eventid"), event.get("eventid"))
    return values.alert(
        fingerprint=values.key_of(problem),
        title=values.first(event.get("name"), f"Event {problem}"),
        severity=_NUMBERS[int(level)] if re.fullmatch("[0-5]", level) else AlertSeverity.WARNING,
        status=AlertStatus.RESOLVED if over else AlertStatus.FIRING,
        labels=tags | values.labels_of({"groups": ", ".join(map(values.text, values.items(event.get("groups"))))}),
        components=values.component_names(tags, *hosts),
        starts_at=None if over else told,
        ends_at=told,
    )
