"""This module puts the rows of the axis into words: from which source, what happened, who did it, and what to open."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from feedback.models import MACHINE_CHANNELS, Feedback
from hypercare.core.clock import in_zone
from hypercare.core.models import Commitment, RecordedDecision, TimelineEntry
from hypercare.core.templatetags.hypercare_ui import percent_of
from hypercare.core.timeline import KINDS
from triage.models import RoomLine, RoomRole, RoomUpdate, WarRoom
from triage.story import ICONS, story_of
from triage.warroom.axis import Row

SOURCES = {
    "report": gettext_lazy("Report"),
    "alert": gettext_lazy("Alert"),
    "deployment": gettext_lazy("Deployment"),
    "traffic": gettext_lazy("Traffic"),
    "issue": gettext_lazy("Issue"),
    "message": gettext_lazy("Message"),
    "room": gettext_lazy("Room"),
    "said": gettext_lazy("Said"),
    "decision": gettext_lazy("Decision"),
    "promise": gettext_lazy("Action"),
}
_ICONS = {
    "deployment.recorded": "rocket",
    "traffic.began": "route", "traffic.peak": "route", "traffic.over": "route",
    "room.opened": "broadcast", "room.closed": "lock", "room.role": "user", "room.came": "login", "room.left": "logout",
    "room.said": "message-circle", "room.noted": "notes", "room.update": "send", "room.update_late": "clock",
    "decision.made": "list-check",
    "promise.made": "flag", "promise.kept": "check", "promise.dropped": "x", "promise.late": "clock",
    "issue.scored": "gauge", "issue.told": "mail-forward",
}  # fmt: skip
# Later than this it is worth saying when a thing was known.
LATE = timedelta(minutes=1)


@dataclass(frozen=True)
class Told:
    """One line of a room's timeline."""

    at: datetime
    known_at: datetime
    source: str
    kind: str
    icon: str
    words: str
    detail: str
    who: str
    subject: str
    href: str

    @property
    def source_word(self) -> Any:
        """Where it comes from, in a word."""
        return SOURCES[self.source]

    @property
    def is_late(self) -> bool:
        """Whether it was known clearly later than it happened."""
        return self.known_at - self.at >= LATE


@dataclass(frozen=True)
class _Texts:
    """What the rows of a page name by number, each kind read with one query."""

    lines: Mapping[int, RoomLine]
    decisions: Mapping[int, RecordedDecision]
    promises: Mapping[int, Commitment]
    updates: Mapping[int, RoomUpdate]
    reports: Mapping[int, str]


def tell(room: WarRoom, rows: Sequence[Row]) -> list[Told]:
    """The rows in words, in their order."""
    texts = _texts(rows)
    return [_told(room, row, texts) for row in rows]


def _texts(rows: Iterable[Row]) -> _Texts:
    named: dict[str, set[int]] = {name: set() for name in ("line", "decision", "promise", "update", "feedback")}
    for row in rows:
        for name, numbers in named.items():
            if value := row.data.get(name):
                numbers.add(int(str(value).removeprefix("HC-")))
    reports = Feedback.objects.filter(pk__in=named["feedback"]).values_list("pk", "title")
    return _Texts(
        RoomLine.objects.in_bulk(named["line"]),
        RecordedDecision.objects.in_bulk(named["decision"]),
        Commitment.objects.in_bulk(named["promise"]),
        RoomUpdate.objects.in_bulk(named["update"]),
        dict(reports),
    )


def _told(room: WarRoom, row: Row, texts: _Texts) -> Told:
    source = source_of(row)
    words, detail = _words(room, row, texts)
    return Told(
        at=row.place.at,
        known_at=row.known_at,
        source=source,
        kind=row.kind,
        icon="bell-ringing" if source == "alert" else _ICONS.get(row.kind) or ICONS.get(row.kind, "info-circle"),
        words=words,
        detail=detail,
        who=row.who,
        subject=row.subject,
        href=_href(room, row),
    )


def source_of(row: Row) -> str:
    """Where a row comes from: a key of SOURCES."""
    family, _dot, _rest = row.kind.partition(".")
    if row.kind in {"issue.opened", "issue.joined"}:
        return "alert" if row.data.get("channel") in MACHINE_CHANNELS else "report"
    if row.kind in {"room.said", "room.noted"}:
        return "said"
    if row.kind in {"issue.told", "room.update", "message.sent", "message.failed"}:
        return "message"
    return family if family in SOURCES else "issue"


def _words(room: WarRoom, row: Row, texts: _Texts) -> tuple[str, str]:
    family = row.kind.partition(".")[0]
    if family in {"room", "decision", "promise"}:
        return _of_room(room, row, texts)
    if family in {"deployment", "traffic"}:
        return _of_deployment(row.data) if family == "deployment" else (_of_traffic(row), str(row.data["of"]))
    if row.kind == "issue.scored":
        return _of_score(row.data)
    if row.kind == "issue.told":
        return ngettext("%(n)s reporter was told by mail", "%(n)s reporters were told by mail", row.data["people"]) % {
            "n": row.data["people"]}, ""  # fmt: skip
    return _of_issue(row, texts)


def _of_deployment(data: Mapping[str, Any]) -> tuple[str, str]:
    what = " ".join(filter(None, (data["component"], data["version"])))
    return _("%(what)s deployed to %(where)s") % {"what": what, "where": data["environment"]}, data["summary"]


def _of_issue(row: Row, texts: _Texts) -> tuple[str, str]:
    entry = TimelineEntry(subject=row.subject, kind=row.kind, data=row.data, occurred_at=row.place.at)
    happening = story_of([entry])[0]
    if row.kind in {"issue.opened", "issue.joined"}:
        key = str(row.data.get("feedback", ""))
        how = f"{happening.words}, {key}"
        title = texts.reports.get(int(key.removeprefix("HC-") or 0), "")
        return (title, how) if title else (how, "")
    return happening.words, happening.detail


def _of_traffic(row: Row) -> str:
    if row.kind == "traffic.began":
        return _("Calls began to fail")
    if row.kind == "traffic.over":
        return _("Calls no longer fail")
    share = percent_of(row.data["errors"], row.data["calls"])
    return _("Worst minute: %(share)s failed, %(errors)s of %(calls)s calls") % {
        "share": share, "errors": row.data["errors"], "calls": row.data["calls"]}  # fmt: skip


def _of_score(data: Mapping[str, Any]) -> tuple[str, str]:
    why = next((str(one["why"]) for one in data["moved"].values() if one.get("why")), "")
    if "severity" in data["moved"]:
        was = data["moved"]["severity"]["was"]
        return _("Severity SEV%(old)s → SEV%(new)s") % {"old": was, "new": data["severity"]}, why
    return _("Reach %(value)s of %(of)s") % {"value": data["reach"], "of": data["reach_of"] or "–"}, why


def _of_room(room: WarRoom, row: Row, texts: _Texts) -> tuple[str, str]:
    data, said = row.data, str(KINDS[row.kind])
    detail = str(data.get("reason") or data.get("words") or "")
    if line := texts.lines.get(data.get("line", 0)):
        said = line.text
    elif update := texts.updates.get(data.get("update", 0)):
        said = ngettext("Update to %(n)s person", "Update to %(n)s people", data["people"]) % {"n": data["people"]}
        detail = " · ".join(filter(None, (update.conditions, update.actions, update.needs)))
    elif decision := texts.decisions.get(data.get("decision", 0)):
        instead = _("instead of %(key)s") % {"key": data["supersedes"]} if data.get("supersedes") else ""
        said, detail = decision.what, ", ".join(filter(None, (decision.why, instead)))
    elif one := texts.promises.get(data.get("promise", 0)):
        due = date_format(in_zone(one.due_at, room.launch.zone), "j M H:i")
        owned = _("%(who)s, due %(due)s") % {"who": one.owner_name, "due": due}
        said, detail = f"{said}: {one.what}", one.reason or owned
    elif row.kind == "room.role":
        said = _role(data)
    elif row.kind == "room.update_late":
        detail = _("every %(minutes)s minutes") % {"minutes": data["minutes"]}
    return said, detail


def _role(data: Mapping[str, Any]) -> str:
    role = " ".join(filter(None, (str(RoomRole(data["role"]).label), data.get("area", ""))))
    if not data["who"]:
        return _("%(role)s: %(before)s gave it up") % {"role": role, "before": data["before"]}
    if data["before"]:
        return _("%(role)s: %(who)s, after %(before)s") % {"role": role, "who": data["who"], "before": data["before"]}
    return f"{role}: {data['who']}"


def _href(room: WarRoom, row: Row) -> str:
    slug = room.launch.slug
    if key := row.data.get("feedback"):
        return reverse("triage:feedback", args=[slug, key])
    if alert := row.data.get("alert") or (row.subject if row.subject.startswith("AL-") else ""):
        return reverse("gateway_ingest:alert", args=[slug, str(alert).removeprefix("AL-")])
    if row.kind == "deployment.recorded":
        return reverse("gateway_ingest:traffic_deployment", args=[slug, row.subject.removeprefix("DP-")])
    if row.kind.startswith("traffic."):
        query = {name: value for name, value in row.data["query"].items() if name == "component"}
        return f"{reverse('gateway_ingest:traffic', args=[slug])}?{urlencode(query)}"
    return reverse("triage:issue", args=[slug, row.subject]) if row.subject.startswith("IS-") else ""
