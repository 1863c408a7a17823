"""This module reads Sentry: alerts and issues of its integration platform, the legacy plugin's webhook, and bare events."""

from django.utils.translation import gettext as _

from gateway_ingest.formats import values
from gateway_ingest.formats.incoming import FormatError, IncomingAlert, Reading, one_by_one
from gateway_ingest.formats.words import severity_of
from gateway_ingest.models import AlertStatus
from hypercare.core.strict_json import JSON

_KINDS = ("event", "error", "issue", "metric_alert")
_STATUS_OF_ISSUE = {
    "resolved": AlertStatus.RESOLVED,
    "ignored": AlertStatus.SUPPRESSED,
    "archived": AlertStatus.SUPPRESSED,
    "assigned": AlertStatus.ACKNOWLEDGED,
}
_DEFAULT_GROUPING = "{{ default }}"


def recognises(payload: JSON) -> bool:
    """Whether this is one of Sentry's webhooks or a bare event."""
    return _kind(payload) != "" or _is_legacy(payload) or _is_event(payload)


def read(payload: JSON) -> Reading:
    """The one alert of the payload; raises FormatError for any other payload."""
    kind = _kind(payload)
    if kind == "issue":
        return one_by_one([payload], _issue)
    if kind == "metric_alert":
        return one_by_one([payload], _metric_alert)
    if kind:
        return one_by_one([values.at(payload, "data", kind)], _event)
    if _is_legacy(payload):
        return one_by_one([payload], _legacy)
    if _is_event(payload):
        return one_by_one([payload], _event)
    raise FormatError(_("A Sentry payload has “action” with “data”, or an event with “event_id” and “level”."))


def _kind(payload: JSON) -> str:
    if not values.has(payload, "action", "data"):
        return ""
    data = values.members(values.at(payload, "data"))
    return next((kind for kind in _KINDS if isinstance(data.get(kind), dict)), "")


def _is_legacy(payload: JSON) -> bool:
    return values.has(payload, "project", "culprit", "event") and isinstance(values.at(payload, "event"), dict)


def _is_event(payload: JSON) -> bool:
    return values.has(payload, "event_id", "platform") and (
        values.has(payload, "level") or values.has(payload, "exception")
    )


def _issue(payload: dict[str, JSON]) -> IncomingAlert:
    issue = values.members(values.at(payload, "data", "issue"))
    action = values.text(payload.get("action"))
    status = _STATUS_OF_ISSUE.get(action) or AlertStatus.FIRING
    seen = issue.get("firstSeen") if action == "created" else issue.get("lastSeen") or issue.get("firstSeen")
    project = issue.get("project")
    return values.alert(
        fingerprint=values.key_of(issue.get("id")),
        title=values.first(issue.get("title"), values.at(issue, "metadata", "value")),
        summary=values.text(issue.get("culprit")),
        severity=severity_of(values.text(issue.get("level"))),
        status=status,
        labels=values.labels_of({name: issue.get(name) for name in ("shortId", "platform", "substatus", "count")}),
        components=values.component_names({}, values.at(project, "slug"), values.at(project, "name")),
        # When it was seen last lags behind its events, and says nothing of when somebody resolved it.
        starts_at=None if status == AlertStatus.RESOLVED else values.moment(seen, "firstSeen"),
        url=values.link(issue.get("web_url"), issue.get("permalink")),
    )


def _metric_alert(payload: dict[str, JSON]) -> IncomingAlert:
    found = values.members(values.at(payload, "data", "metric_alert"))
    rule = values.members(found.get("alert_rule"))
    action = values.text(payload.get("action"))
    number = values.first(found.get("identifier"), found.get("id"))
    return values.alert(
        fingerprint=values.key_of("metric-alert", number),
        title=values.first(found.get("title"), values.at(payload, "data", "description_title"), rule.get("name")),
        summary=values.text(values.at(payload, "data", "description_text")),
        severity=severity_of(action),
        status=AlertStatus.RESOLVED if action == "resolved" else AlertStatus.FIRING,
        labels=values.labels_of({name: rule.get(name) for name in ("aggregate", "query", "environment", "name")}),
        components=values.component_names({}, *values.items(found.get("projects"))),
        starts_at=values.moment(found.get("date_started") or found.get("date_detected"), "date_started"),
        ends_at=values.moment(found.get("date_closed"), "date_closed"),
        url=values.link(values.at(payload, "data", "web_url")),
    )


def _legacy(payload: dict[str, JSON]) -> IncomingAlert:
    """The plugin names the group as `id` and packs the event beside it."""
    event = values.members(payload.get("event"))
    own = {"issue_id": payload.get("id"), "web_url": payload.get("url"), "project_slug": payload.get("project_slug")}
    told = {name: payload.get(name) for name in ("culprit", "level", "message", "project_name", "project")}
    return _event({**told, **{name: value for name, value in event.items() if value is not None}, **own})


def _event(event: dict[str, JSON]) -> IncomingAlert:
    tags = values.labels_of(event.get("tags"))
    error = _error(event)
    named = ": ".join(filter(None, (values.text(values.at(error, name)) for name in ("type", "value"))))
    message = values.first(
        values.at(event, "logentry", "formatted"),
        values.at(event, "logentry", "message"),
        event.get("message"),
        values.at(event, "message", "formatted"),
    )
    facts = {name: event.get(name) for name in ("environment", "release", "platform", "culprit", "transaction")}
    return values.alert(
        fingerprint=_group(event) or values.digest_of([named or message, event.get("culprit"), _place(error)]),
        title=values.first(event.get("title"), named, message, event.get("culprit")),
        summary="\n\n".join(dict.fromkeys(filter(None, (message, values.text(event.get("culprit")))))),
        severity=severity_of(values.first(event.get("level"), tags.get("level"), "error")),
        status=AlertStatus.FIRING,
        labels=tags | values.labels_of(facts),
        components=values.component_names(
            tags, event.get("project_slug"), event.get("project_name"), event.get("project"), event.get("server_name")
        ),
        starts_at=values.moment(event.get("datetime") or event.get("timestamp"), "timestamp"),
        url=values.link(event.get("web_url"), event.get("url")),
    )


def _group(event: dict[str, JSON]) -> str:
    """The issue's number where Sentry gave one, else the grouping that the program asked for."""
    asked = [part for part in values.items(event.get("fingerprint")) if part != _DEFAULT_GROUPING]
    return values.key_of(values.first(event.get("issue_id"), event.get("groupID"))) or (
        values.digest_of(asked) if asked else ""
    )


def _error(event: dict[str, JSON]) -> JSON:
    """The last exception is the one that was raised in the end."""
    given = event.get("exception")
    chain = values.items(given) or values.items(values.at(given, "values"))
    return chain[-1] if chain else None


def _place(error: JSON) -> str:
    frames = values.items(values.at(error, "stacktrace", "frames"))
    last = frames[-1] if frames else None
    return f"{values.text(values.at(last, 'module'))}.{values.text(values.at(last, 'function'))}"
