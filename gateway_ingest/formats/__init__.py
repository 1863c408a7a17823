"""This package holds one pure file for each wire format, and finds the one a payload is written in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, tzinfo
from typing import Protocol

from django.utils.translation import gettext as _

from gateway_ingest.formats import (
    alertmanager,
    azuremonitor,
    cloudevents,
    cloudwatch,
    datadog,
    dynatrace,
    elastic,
    gcpmonitoring,
    generic,
    grafana,
    graylog,
    newrelic,
    pagerduty,
    pingdom,
    sentry,
    splunk,
    standardwebhooks,
    statuspage,
    uptimerobot,
    zabbix,
)
from gateway_ingest.formats.incoming import FormatError, Headers, IncomingAlert, Reading, Unreadable
from hypercare.core.strict_json import JSON

__all__ = [
    "FORMATS",
    "Format",
    "FormatError",
    "Headers",
    "IncomingAlert",
    "Reading",
    "Unreadable",
    "read_as",
    "recognised",
]

_NO_HEADERS: Mapping[str, str] = {}


class _OfBody(Protocol):
    """A format that is all in the body."""

    def recognises(self, payload: JSON) -> bool: ...
    def read(self, payload: JSON) -> Reading: ...


def _no_id(_payload: JSON, _headers: Headers) -> str:
    return ""


@dataclass(frozen=True)
class Format:
    """How one sender writes alerts: `recognises` looks, `read` reads or raises FormatError.

    `delivery_id` is what the sender calls a delivery, where it has a name for it; `read_in` reads with the zone of a
    sender whose times do not say theirs.
    """

    name: str
    recognises: Callable[[JSON, Headers], bool]
    read: Callable[[JSON, Headers], Reading]
    delivery_id: Callable[[JSON, Headers], str] = _no_id
    read_in: Callable[[JSON, tzinfo], Reading] | None = None


def _of_body(name: str, reader: _OfBody, delivery_id: Callable[[JSON, Headers], str] = _no_id) -> Format:
    return Format(
        name,
        lambda payload, _headers: reader.recognises(payload),
        lambda payload, _headers: reader.read(payload),
        delivery_id,
    )


_ALL = (
    _of_body("alertmanager", alertmanager),
    _of_body("grafana", grafana),
    _of_body("datadog", datadog),
    _of_body("pagerduty", pagerduty),
    _of_body("sentry", sentry),
    _of_body("cloudwatch", cloudwatch, cloudwatch.delivery_id),
    _of_body("gcpmonitoring", gcpmonitoring),
    _of_body("azuremonitor", azuremonitor),
    _of_body("newrelic", newrelic),
    _of_body("dynatrace", dynatrace),
    replace(_of_body("zabbix", zabbix), read_in=zabbix.read),
    _of_body("elastic", elastic),
    _of_body("splunk", splunk),
    _of_body("graylog", graylog),
    _of_body("pingdom", pingdom),
    _of_body("uptimerobot", uptimerobot),
    _of_body("statuspage", statuspage),
    _of_body("standardwebhooks", standardwebhooks, standardwebhooks.delivery_id),
    Format("cloudevents", cloudevents.recognises, cloudevents.read, cloudevents.delivery_id),
    _of_body("generic", generic),
)
FORMATS = {known.name: known for known in _ALL}


def recognised(payload: JSON, headers: Headers = _NO_HEADERS) -> Format | None:
    """The format a payload is written in, if we know it."""
    return next((known for known in _ALL if known.recognises(payload, headers)), None)


def read_as(name: str, payload: JSON, headers: Headers = _NO_HEADERS, *, zone: tzinfo = UTC) -> Reading:
    """Reads a payload as its address says; raises FormatError also for one that plainly is another's."""
    found = recognised(payload, headers)
    if found is not None and found.name != name:
        detail = _("This is a notification of “%(found)s”, posted to “%(name)s”; post it there or leave the name out.")
        raise FormatError(detail % {"found": found.name, "name": name})
    known = FORMATS[name]
    return known.read_in(payload, zone) if known.read_in else known.read(payload, headers)
