"""This module reads the webhook of Prometheus Alertmanager, version 4; keys it does not know are no obstacle."""

import hashlib
import json
from datetime import UTC, datetime

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from gateway_ingest.formats.incoming import FormatError, IncomingAlert, Reading, Unreadable, severity_of
from hypercare.core.strict_json import JSON

_TITLES = ("summary", "title", "message")
_COMPONENT_LABELS = ("component", "service", "job")
_ENVELOPE = frozenset({"receiver", "groupKey", "groupLabels", "commonLabels", "version"})
_MAX_TITLE = 300
_MAX_URL = 1000
_MAX_FINGERPRINT = 160
# Labels and annotations of one alert; together they must fit into a report's context and stay readable.
_MAX_BYTES = 32 * 1024
# Alertmanager's zero time and other placeholders lie outside; so does whatever no calendar of ours can hold.
_YEARS = range(2000, 3000)


class _AlertError(ValueError):
    """What keeps one alert from being read."""


def recognises(payload: JSON) -> bool:
    """Whether this looks like Alertmanager's envelope."""
    return isinstance(payload, dict) and isinstance(payload.get("alerts"), list) and not _ENVELOPE.isdisjoint(payload)


def read(payload: JSON) -> Reading:
    """The alerts in the order they stand, each read or with its error; raises FormatError without a list of alerts."""
    if not isinstance(payload, dict):
        raise FormatError(_("An Alertmanager notification is an object in braces; this is something else."))
    alerts = payload.get("alerts")
    if not isinstance(alerts, list):
        raise FormatError(_("An Alertmanager notification has a list “alerts”; here it is missing or no list."))
    return [_read_or_say_why(alert, payload.get("status")) for alert in alerts]


def _read_or_say_why(alert: JSON, group_status: JSON) -> IncomingAlert | Unreadable:
    try:
        return _alert(alert, group_status)
    except _AlertError as wrong:
        return Unreadable(str(wrong))


def _alert(alert: JSON, group_status: JSON) -> IncomingAlert:
    if not isinstance(alert, dict):
        raise _AlertError(_("An alert is an object in braces with “labels”."))
    labels = _texts(alert, "labels")
    annotations = _texts(alert, "annotations")
    if not labels:
        raise _AlertError(_("The alert has no labels; send at least “alertname”."))
    _check_size([*labels.items(), *annotations.items()])
    status = alert.get("status")
    firing = _is_firing(group_status if status in (None, "") else status)
    return IncomingAlert(
        fingerprint=_fingerprint(alert.get("fingerprint"), labels),
        title=_title(labels, annotations),
        summary=_summary(annotations),
        severity=severity_of(labels.get("severity") or annotations.get("severity", "")),
        firing=firing,
        labels=labels,
        component_names=tuple(labels[name] for name in _COMPONENT_LABELS if labels.get(name)),
        starts_at=_moment(alert, "startsAt"),
        ends_at=None if firing else _moment(alert, "endsAt"),
        url=_url(alert.get("generatorURL")),
    )


def _texts(alert: dict[str, JSON], name: str) -> dict[str, str]:
    """Labels or annotations: values are texts by definition; a number or a yes or no is written out."""
    given = alert.get(name)
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise _AlertError(_("“%(name)s” must be an object in braces.") % {"name": name})
    return {key: _text(value, f"{name}.{key[:80]}") for key, value in given.items() if value is not None}


def _text(value: JSON, where: str) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    raise _AlertError(_("“%(where)s” must be a text in quotes.") % {"where": where})


def _check_size(texts: list[tuple[str, str]]) -> None:
    size = sum(len(part.encode("utf-8", "surrogatepass")) for text in texts for part in text)
    if size > _MAX_BYTES:
        detail = _("Labels and annotations have %(size)d bytes and the limit is %(limit)d; shorten the annotations.")
        raise _AlertError(detail % {"size": size, "limit": _MAX_BYTES})


def _is_firing(status: JSON) -> bool:
    if status in (None, "firing"):
        return True
    if status == "resolved":
        return False
    raise _AlertError(_("“status” must be “firing” or “resolved”."))


def _fingerprint(given: JSON, labels: dict[str, str]) -> str:
    """The sender's fingerprint where it fits, else one made of the labels, which are what makes an alert the same."""
    if isinstance(given, str) and 0 < len(given.strip()) <= _MAX_FINGERPRINT:
        return given.strip()
    return hashlib.sha256(json.dumps(labels, sort_keys=True).encode()).hexdigest()[:32]


def _title(labels: dict[str, str], annotations: dict[str, str]) -> str:
    candidates = [*(annotations.get(name, "") for name in _TITLES), labels.get("alertname", "")]
    words = next((" ".join(text.split()) for text in candidates if text.strip()), "")
    title = words or ", ".join(f"{name}={value}" for name, value in sorted(labels.items()))
    return title if len(title) <= _MAX_TITLE else title[: _MAX_TITLE - 1] + "…"


def _summary(annotations: dict[str, str]) -> str:
    """The description first, then what else the rule's author wrote."""
    rest = {name: text for name, text in annotations.items() if name not in {"summary", "description", "severity"}}
    lines = [
        annotations.get("description", "").strip(),
        *(f"{name}: {text}" for name, text in rest.items() if text.strip()),
    ]
    return "\n\n".join(line for line in lines if line)


def _moment(alert: dict[str, JSON], name: str) -> datetime | None:
    given = alert.get(name)
    if given in (None, ""):
        return None
    try:
        moment = parse_datetime(given) if isinstance(given, str) else None
    except ValueError:
        moment = None
    if moment is None:
        raise _AlertError(_("“%(name)s” must be a time such as 2026-05-28T13:09:00Z.") % {"name": name})
    if moment.year == 1 or (name == "endsAt" and moment.year not in _YEARS):
        return None
    if moment.year not in _YEARS:
        raise _AlertError(
            _("“%(name)s” lies in the year %(year)d; check the sender's clock.") % {"name": name, "year": moment.year}
        )
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _url(given: JSON) -> str:
    fits = isinstance(given, str) and given.startswith(("http://", "https://")) and len(given) <= _MAX_URL
    return str(given) if fits else ""
