"""This module reads the webhook of Prometheus Alertmanager, versions 3 and 4; keys it does not know are no obstacle."""

import json

from django.utils.translation import gettext as _

from gateway_ingest.formats import values
from gateway_ingest.formats.incoming import AlertError, FormatError, IncomingAlert, Reading, Unreadable
from gateway_ingest.formats.words import severity_of
from gateway_ingest.models import AlertStatus
from hypercare.core.strict_json import JSON

_TITLES = ("summary", "title", "message")
_COMPONENT_LABELS = ("component", "service", "job")
_ENVELOPE = frozenset({"receiver", "groupKey", "groupLabels", "commonLabels", "version"})
# What only Grafana writes into the same envelope.
GRAFANA_ONLY = frozenset({"orgId", "state"})


def recognises(payload: JSON) -> bool:
    """Whether this looks like Alertmanager's envelope."""
    return (
        isinstance(payload, dict)
        and isinstance(payload.get("alerts"), list)
        and not _ENVELOPE.isdisjoint(payload)
        and GRAFANA_ONLY.isdisjoint(payload)
    )


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
        return labelled_alert(alert, group_status=group_status)
    except AlertError as wrong:
        return Unreadable(str(wrong))


def labelled_alert(alert: JSON, *, group_status: JSON, links: tuple[str, ...] = ("generatorURL",)) -> IncomingAlert:
    """One alert of labels and annotations; raises AlertError."""
    if not isinstance(alert, dict):
        raise AlertError(_("An alert is an object in braces with “labels”."))
    labels = _texts(alert, "labels")
    annotations = _texts(alert, "annotations")
    if not labels:
        raise AlertError(_("The alert has no labels; send at least “alertname”."))
    values.check_size([*labels.items(), *annotations.items()])
    status = alert.get("status")
    return values.alert(
        fingerprint=_fingerprint(alert.get("fingerprint"), labels),
        title=_title(labels, annotations),
        summary=_summary(annotations),
        severity=severity_of(labels.get("severity") or annotations.get("severity", "")),
        status=_status(group_status if status in (None, "") else status),
        labels=labels,
        components=tuple(labels[name] for name in _COMPONENT_LABELS if labels.get(name)),
        starts_at=values.moment(alert.get("startsAt"), "startsAt"),
        ends_at=values.end_moment(alert.get("endsAt"), "endsAt"),
        url=values.link(*(alert.get(name) for name in links)),
    )


def _texts(alert: dict[str, JSON], name: str) -> dict[str, str]:
    """Labels or annotations: values are texts by definition; a number or a yes or no is written out."""
    given = alert.get(name)
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise AlertError(_("“%(name)s” must be an object in braces.") % {"name": name})
    return {key: _text(value, f"{name}.{key[:80]}") for key, value in given.items() if value is not None}


def _text(value: JSON, where: str) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    raise AlertError(_("“%(where)s” must be a text in quotes.") % {"where": where})


def _status(status: JSON) -> AlertStatus:
    if status in (None, "firing"):
        return AlertStatus.FIRING
    if status == "resolved":
        return AlertStatus.RESOLVED
    raise AlertError(_("“status” must be “firing” or “resolved”."))


def _fingerprint(given: JSON, labels: dict[str, str]) -> str:
    """The sender's fingerprint where it is one, else one made of the labels, which are what makes an alert the same."""
    return (values.key_of(given) if isinstance(given, str) else "") or values.digest_of({**labels})


def _title(labels: dict[str, str], annotations: dict[str, str]) -> str:
    candidates = [*(annotations.get(name, "") for name in _TITLES), labels.get("alertname", "")]
    named = next((text for text in candidates if text.strip()), "")
    return named or ", ".join(f"{name}={value}" for name, value in sorted(labels.items()))


def _summary(annotations: dict[str, str]) -> str:
    """The description first, then what else the rule's author wrote."""
    rest = {name: text for name, text in annotations.items() if name not in {"summary", "description", "severity"}}
    lines = [
        annotations.get("description", "").strip(),
        *(f"{name}: {text}" for name, text in rest.items() if text.strip()),
    ]
    return "\n\n".join(line for line in lines if line)
