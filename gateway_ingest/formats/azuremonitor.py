"""This module reads Azure Monitor's common alert schema."""

from django.utils.translation import gettext as _

from gateway_ingest.formats import values
from gateway_ingest.formats.incoming import FormatError, IncomingAlert, Reading, one_by_one
from gateway_ingest.formats.words import severity_of, status_of
from gateway_ingest.models import AlertSeverity
from hypercare.core.strict_json import JSON

_SEVERITIES = {
    "sev0": AlertSeverity.CRITICAL,
    "sev1": AlertSeverity.HIGH,
    "sev2": AlertSeverity.WARNING,
    "sev3": AlertSeverity.INFO,
    "sev4": AlertSeverity.LOW,
}


def recognises(payload: JSON) -> bool:
    """Whether this names the schema or has its essentials."""
    return values.has(values.at(payload, "data", "essentials"), "alertId", "monitorCondition")


def read(payload: JSON) -> Reading:
    """The one alert of the notification; raises FormatError for any other payload."""
    if not recognises(payload):
        raise FormatError(_("An Azure notification has “data.essentials”; switch the common alert schema on."))
    return one_by_one([values.at(payload, "data")], _alert)


def _alert(data: dict[str, JSON]) -> IncomingAlert:
    essentials = values.members(data.get("essentials"))
    word = values.text(essentials.get("severity")).lower()
    targets = [values.text(target).rpartition("/")[2] for target in values.items(essentials.get("alertTargetIDs"))]
    custom = values.labels_of(data.get("customProperties"), values.at(data, "alertContext", "properties"))
    facts = {name: essentials.get(name) for name in ("signalType", "monitoringService", "targetResourceGroup")}
    return values.alert(
        fingerprint=values.key_of(essentials.get("alertId")),
        title=values.text(essentials.get("alertRule")),
        summary=values.text(essentials.get("description")),
        severity=_SEVERITIES.get(word) or severity_of(word),
        status=status_of(values.text(essentials.get("monitorCondition")), name="monitorCondition"),
        labels=custom | values.labels_of(facts),
        components=values.component_names(custom, *values.items(essentials.get("configurationItems")), *targets),
        starts_at=values.moment(essentials.get("firedDateTime"), "firedDateTime"),
        ends_at=values.moment(essentials.get("resolvedDateTime"), "resolvedDateTime"),
        url=values.link(
            essentials.get("investigationLink"),
            values.at(data, "alertContext", "linkToSearchResultsUI"),
            values.at(data, "alertContext", "LinkToSearchResults"),
        ),
    )
