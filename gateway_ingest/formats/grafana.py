"""This module reads Grafana's webhook: unified alerting, and the legacy alerting of version 8 and before."""

from django.utils.translation import gettext as _

from gateway_ingest.formats import values
from gateway_ingest.formats.alertmanager import GRAFANA_ONLY, labelled_alert
from gateway_ingest.formats.incoming import AlertError, FormatError, IncomingAlert, Reading, Unreadable, one_by_one
from gateway_ingest.formats.words import severity_of, status_of
from hypercare.core.strict_json import JSON

_LINKS = ("generatorURL", "panelURL", "dashboardURL")


def recognises(payload: JSON) -> bool:
    """Whether this is one of Grafana's two envelopes."""
    return _is_legacy(payload) or _is_unified(payload)


def read(payload: JSON) -> Reading:
    """The alerts of a notification; raises FormatError for any other payload."""
    if _is_legacy(payload):
        return one_by_one([payload], _legacy_alert)
    if not isinstance(payload, dict) or not isinstance(payload.get("alerts"), list):
        raise FormatError(_("A Grafana notification has a list “alerts”, or a “ruleId” with a “state”."))
    return [_read_or_say_why(alert, payload.get("status")) for alert in values.items(payload["alerts"])]


def _is_unified(payload: JSON) -> bool:
    return (
        isinstance(payload, dict)
        and isinstance(payload.get("alerts"), list)
        and not GRAFANA_ONLY.isdisjoint(payload)
        and "receiver" in payload
    )


def _is_legacy(payload: JSON) -> bool:
    return values.has(payload, "ruleId", "ruleName", "state")


def _read_or_say_why(alert: JSON, group_status: JSON) -> IncomingAlert | Unreadable:
    try:
        return labelled_alert(alert, group_status=group_status, links=_LINKS)
    except AlertError as wrong:
        return Unreadable(str(wrong))


def _legacy_alert(payload: dict[str, JSON]) -> IncomingAlert:
    """The old webhook names a rule and its state, and no time."""
    labels = values.labels_of(payload.get("tags"))
    matches = [
        f"{values.text(values.at(match, 'metric'))}: {values.text(values.at(match, 'value'))}"
        for match in values.items(payload.get("evalMatches"))
    ]
    return values.alert(
        fingerprint=values.key_of(payload.get("ruleId")),
        title=values.first(payload.get("ruleName"), payload.get("title")),
        summary="\n".join([values.text(payload.get("message")), *matches]),
        severity=severity_of(labels.get("severity", ""), labels.get("priority", "")),
        status=status_of(values.text(payload.get("state")), name="state"),
        labels=labels,
        components=values.component_names(labels),
        url=values.link(payload.get("ruleUrl")),
    )
