"""This module reads UptimeRobot's webhook in JSON: a monitor that is down, up, or whose certificate ends soon."""

from django.utils.translation import gettext as _

from gateway_ingest.formats import values
from gateway_ingest.formats.incoming import AlertError, FormatError, IncomingAlert, Reading, one_by_one
from gateway_ingest.models import AlertSeverity, AlertStatus
from hypercare.core.strict_json import JSON

_DOWN, _UP, _SSL, _DOMAIN = "1", "2", "3", "4"
_SEVERITIES = {
    _DOWN: AlertSeverity.CRITICAL,
    _UP: AlertSeverity.CRITICAL,
    _SSL: AlertSeverity.WARNING,
    _DOMAIN: AlertSeverity.WARNING,
}


def recognises(payload: JSON) -> bool:
    """Whether this tells of a monitor."""
    return values.has(payload, "monitorID", "alertType")


def read(payload: JSON) -> Reading:
    """The one alert of the monitor; raises FormatError for any other payload."""
    if not recognises(payload):
        raise FormatError(_("An UptimeRobot notification has “monitorID” and “alertType”."))
    return one_by_one([payload], _alert)


def _alert(said: dict[str, JSON]) -> IncomingAlert:
    kind = values.text(said.get("alertType"))
    if kind not in _SEVERITIES:
        raise AlertError(_("“alertType” must be 1 (down), 2 (up), 3 or 4 (a certificate or domain ends soon)."))
    told = values.moment(said.get("alertDateTime"), "alertDateTime")
    name = values.first(said.get("monitorFriendlyName"), said.get("monitorURL"))
    # What ends soon is another alert than what is down: coming up again does not renew a certificate.
    about = {_SSL: "certificate", _DOMAIN: "domain"}.get(kind)
    monitor = said.get("monitorID")
    return values.alert(
        fingerprint=values.key_of(monitor, about) if about else values.key_of(monitor),
        title=name,
        summary=values.text(said.get("alertDetails")),
        severity=_SEVERITIES[kind],
        status=AlertStatus.RESOLVED if kind == _UP else AlertStatus.FIRING,
        labels=values.labels_of({field: said.get(field) for field in ("monitorURL", "alertTypeFriendlyName")}),
        components=values.component_names({}, name),
        starts_at=None if kind == _UP else told,
        ends_at=told,
        url=values.link(said.get("monitorURL")),
    )
