"""This module reads the plain JSON that scripts send, and the alert that other envelopes carry as their data."""

from collections.abc import Callable
from functools import partial

from django.utils.translation import gettext as _

from gateway_ingest.formats import values
from gateway_ingest.formats.incoming import AlertError, FormatError, IncomingAlert, Reading, one_by_one
from gateway_ingest.formats.words import severity_of, status_of
from gateway_ingest.models import AlertStatus
from hypercare.core.strict_json import JSON

FIELDS = ("title", "severity", "status", "fingerprint", "component", "starts_at", "url")
_MORE = frozenset({"summary", "description", "labels", "ends_at"})
_ANY_OF = frozenset({"severity", "status", "fingerprint"})

# Names that programs give the same thing when they fill an envelope of their own.
_TITLES = ("title", "name", "summary", "subject", "message", "alertname")
_SEVERITIES = ("severity", "level", "priority", "impact")
_STATUSES = ("status", "state")
_KEYS = ("fingerprint", "dedup_key")
# Numbers that are a sender's own: another sender behind the same source may use them too.
_OWN_KEYS = ("key", "alert_id", "incident_id", "id")
_COMPONENTS = ("component", "service", "application", "app", "resource")
_STARTS = ("starts_at", "started_at", "startsAt", "start", "created_at", "occurred_at")
_ENDS = ("ends_at", "ended_at", "endsAt", "resolved_at", "closed_at")
_LINKS = ("url", "link", "html_url", "web_url", "href")
# Words that name the thing in a kind such as `shop.alert`, though elsewhere they tell a state.
_THINGS = frozenset({"alert", "alarm", "problem"})
_TEXTS = ("description", "body", "details", "text", "message", "summary")


def recognises(payload: JSON) -> bool:
    """Whether this uses our own names and no other."""
    rows = payload if isinstance(payload, list) else [payload]
    return bool(rows) and all(_is_ours(row) for row in rows)


def _is_ours(row: JSON) -> bool:
    return (
        isinstance(row, dict)
        and bool(values.text(row.get("title")))
        and not _ANY_OF.isdisjoint(row)
        and row.keys() <= {*FIELDS, *_MORE}
    )


def read(payload: JSON) -> Reading:
    """The alert, or each of a list; names we do not know become labels. Raises FormatError without any title."""
    rows = payload if isinstance(payload, list) else [payload]
    if not any(isinstance(row, dict) and values.text(row.get("title")) for row in rows):
        known = ", ".join(FIELDS)
        raise FormatError(_("An alert in our own JSON has a “title”, and may have: %(known)s.") % {"known": known})
    return one_by_one(rows, _alert)


def _alert(row: dict[str, JSON]) -> IncomingAlert:
    title, component = values.text(row.get("title")), values.text(row.get("component"))
    others = {name: value for name, value in row.items() if name not in {*FIELDS, *_MORE}}
    labels = values.labels_of(row.get("labels"), others)
    return values.alert(
        fingerprint=values.key_of(row.get("fingerprint")) or (values.digest_of([title, component]) if title else ""),
        title=title,
        summary=values.first(row.get("description"), row.get("summary")),
        severity=severity_of(values.text(row.get("severity"))),
        status=status_of(values.text(row.get("status")), name="status"),
        labels=labels,
        components=values.component_names({}, component) + values.component_names(labels),
        starts_at=values.moment(row.get("starts_at"), "starts_at"),
        ends_at=values.moment(row.get("ends_at"), "ends_at"),
        url=values.link(row.get("url")),
    )


def carried_alert(
    data: JSON, *, kind: str, about: str, told_at: JSON, sender: str = "", subject: str = ""
) -> IncomingAlert:
    """The alert an envelope carries; its kind, such as `alert.resolved`, tells what the data leaves out.

    `sender` and `subject` are who says it and of what, where the envelope names them.
    """
    said = values.members(data)
    one_of: Callable[[tuple[str, ...]], str] = partial(_one_of, said)
    status = _status(one_of(_STATUSES), kind)
    told = values.moment(told_at, "time")
    started = values.moment(one_of(_STARTS), "starts_at")
    labels = values.labels_of(said.get("labels"), said.get("tags"), {k: v for k, v in said.items() if k not in _TEXTS})
    return values.alert(
        fingerprint=values.key_of(one_of(_KEYS)) or _own_key(one_of, kind, sender, subject),
        title=one_of(_TITLES) or about,
        summary=one_of(_TEXTS),
        severity=severity_of(one_of(_SEVERITIES)),
        status=status,
        labels=labels,
        components=values.component_names(labels, one_of(_COMPONENTS)),
        starts_at=started or (None if status == AlertStatus.RESOLVED else told),
        ends_at=values.moment(one_of(_ENDS), "ends_at") or told,
        url=values.link(*(said.get(name) for name in _LINKS)),
    )


def _own_key(one_of: Callable[[tuple[str, ...]], str], kind: str, sender: str, subject: str) -> str:
    """What tells an alert from others of its sender; without a number or a subject that is its title, as in our own JSON."""
    if own := one_of(_OWN_KEYS):
        return values.key_of(*filter(None, (sender, own)))
    title, component = one_of(_TITLES), one_of(_COMPONENTS)
    made = "" if subject or not title else values.digest_of([title, component])
    return values.key_of(*filter(None, (sender, subject, _stem_of(kind), made)))


def _stem_of(kind: str) -> str:
    """The kind without the word that tells the state, so that begin and end are of one stem."""
    stem, _dot, last = kind.rpartition(".")
    return stem if stem and last not in _THINGS and _word_of(last) else kind


def _one_of(said: dict[str, JSON], names: tuple[str, ...]) -> str:
    return values.first(*(said.get(name) for name in names))


def _status(word: str, kind: str) -> AlertStatus:
    if word:
        return status_of(word, name="data.status")
    return _word_of(kind.rpartition(".")[2]) or AlertStatus.FIRING


def _word_of(word: str) -> AlertStatus | None:
    try:
        return status_of(word, name="type") if word else None
    except AlertError:
        return None
