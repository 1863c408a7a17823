"""This module reads Pingdom's webhook: a check that is down or up again."""

from django.utils.translation import gettext as _

from gateway_ingest.formats import values
from gateway_ingest.formats.incoming import FormatError, IncomingAlert, Reading, one_by_one
from gateway_ingest.formats.words import known_severity, status_of
from gateway_ingest.models import AlertSeverity, AlertStatus
from hypercare.core.strict_json import JSON

_STATES = {"FAILING": AlertStatus.FIRING, "SUCCESS": AlertStatus.RESOLVED}


def recognises(payload: JSON) -> bool:
    """Whether this tells the state of a check."""
    return values.has(payload, "check_id", "check_name", "current_state")


def read(payload: JSON) -> Reading:
    """The one alert of the check; raises FormatError for any other payload."""
    if not recognises(payload):
        raise FormatError(_("A Pingdom notification has “check_id”, “check_name” and “current_state”."))
    return one_by_one([payload], _alert)


def _alert(check: dict[str, JSON]) -> IncomingAlert:
    state = values.text(check.get("current_state"))
    status = _STATES.get(state) or status_of(state, name="current_state")
    told = values.moment(check.get("state_changed_timestamp") or check.get("state_changed_utc_time"), "state_changed")
    tags = ", ".join(map(values.text, values.items(check.get("tags"))))
    hostname = values.at(check, "check_params", "hostname")
    facts = {name: check.get(name) for name in ("check_type", "importance_level", "previous_state")}
    return values.alert(
        fingerprint=values.key_of(check.get("check_id")),
        title=values.text(check.get("check_name")),
        summary=values.first(check.get("long_description"), check.get("description")),
        severity=known_severity(values.text(check.get("importance_level"))) or AlertSeverity.CRITICAL,
        status=status,
        labels=values.labels_of({**facts, "hostname": hostname, "tags": tags}),
        components=values.component_names({}, *values.items(check.get("tags")), check.get("check_name"), hostname),
        starts_at=None if status == AlertStatus.RESOLVED else told,
        ends_at=told,
        url=values.link(values.at(check, "check_params", "full_url"), values.at(check, "check_params", "url")),
    )
