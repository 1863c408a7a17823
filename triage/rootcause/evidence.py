"""This module knows what may show that a why is true: rows of the same launch, named by key, and addresses elsewhere."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from feedback.models import Feedback
from gateway_ingest.models import Alert
from hypercare.core.clock import in_zone
from hypercare.core.models import Deployment, Launch, TimelineEntry
from hypercare.core.problem import wrong
from triage import tree
from triage.models import Issue, WarRoom
from triage.proof.standing import fixes_in_force
from triage.rootcause.words import LONGEST, MOST_EVIDENCE
from triage.story import story_of
from triage.warroom.axis import Place, Row
from triage.warroom.rooms import newest_of
from triage.warroom.telling import tell
from triage.warroom.words import said

LONGEST_ADDRESS = 500
OFFERED = 12
_KEY = re.compile(r"(HC|IS|AL|DP|WR|TE)-([1-9][0-9]{0,17})", re.IGNORECASE)
_KEY_IN_PATH = re.compile(r"/(HC|IS|WR)-([1-9][0-9]{0,17})(?:/|$)")
_ROOM, _ISSUE = "WR-", "IS-"


@dataclass(frozen=True)
class Found:
    """A row that something names: what it is about, and its page."""

    words: str
    path: str


def checked(launch: Launch, given: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    """Evidence as it is kept: `ref` and `shows`; Problem 400 for what the launch does not know."""
    if len(given) > MOST_EVIDENCE:
        raise wrong("/evidence", _("Name %(limit)s pieces of evidence at most.") % {"limit": MOST_EVIDENCE})
    kept = [{"ref": _ref(one.get("ref", "")), "shows": _shows(one.get("shows", ""))} for one in given]
    known = find(launch, [one["ref"] for one in kept])
    for one in kept:
        if one["ref"] not in known:
            raise wrong("/evidence", _("There is no %(key)s in this launch.") % {"key": one["ref"]})
    return list({one["ref"]: one for one in kept}.values())


def _ref(text: str) -> str:
    """A key, also one in an address of our own, or an address elsewhere; Problem 400 for anything else."""
    written = said(text, "evidence", longest=LONGEST_ADDRESS)
    if found := _KEY.fullmatch(written):
        return found[0].upper()
    if written.startswith(f"{settings.PUBLIC_URL}/"):
        if found := _KEY_IN_PATH.search(urlsplit(written).path):
            return f"{found[1]}-{found[2]}"
        raise wrong("/evidence", _("Name a page of Hypercare by its key, such as HC-12, IS-3 or DP-4."))
    if not _is_address(written):
        detail = _("Write a key such as HC-12, IS-3, AL-5, DP-4 or WR-7, or an address that begins with https://.")
        raise wrong("/evidence", detail)
    return written


def _shows(text: str) -> str:
    return said(text, "evidence", longest=LONGEST["shows"], may_lack=True)


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return (
            parts.scheme in {"http", "https"} and bool(parts.hostname) and "@" not in parts.netloc and " " not in text
        )
    except ValueError:
        return False


def find(launch: Launch, refs: Iterable[str]) -> dict[str, Found]:
    """What there is of the things named, by name; addresses elsewhere are taken as they are."""
    numbers: dict[str, set[int]] = defaultdict(set)
    found = {}
    for ref in refs:
        if key := _KEY.fullmatch(ref):
            numbers[key[1]].add(int(key[2]))
        else:
            found[ref] = Found(urlsplit(ref).netloc, ref)
    for prefix, wanted in numbers.items():
        found |= {f"{prefix}-{number}": one for number, one in _READERS[prefix](launch, wanted).items()}
    return found


def _reports(launch: Launch, numbers: set[int]) -> dict[int, Found]:
    rows = Feedback.objects.filter(launch=launch, pk__in=numbers).only("pk", "title")
    return {row.pk: Found(row.title, reverse("triage:feedback", args=[launch.slug, row.key])) for row in rows}


def _issues(launch: Launch, numbers: set[int]) -> dict[int, Found]:
    rows = Issue.objects.filter(launch=launch, pk__in=numbers).only("pk", "title")
    return {row.pk: Found(row.title, reverse("triage:issue", args=[launch.slug, row.key])) for row in rows}


def _alerts(launch: Launch, numbers: set[int]) -> dict[int, Found]:
    rows = Alert.objects.filter(launch=launch, pk__in=numbers).only("pk", "title")
    return {row.pk: Found(row.title, reverse("gateway_ingest:alert", args=[launch.slug, row.pk])) for row in rows}


def _deployments(launch: Launch, numbers: set[int]) -> dict[int, Found]:
    rows = Deployment.objects.filter(launch=launch, pk__in=numbers)
    return {
        row.pk: Found(_deployed(row), reverse("gateway_ingest:traffic_deployment", args=[launch.slug, row.pk]))
        for row in rows.select_related("release__component", "environment", "launch")
    }


def _deployed(row: Deployment) -> str:
    component = row.release.component.name if row.release.component else ""
    at = date_format(in_zone(row.deployed_at, row.launch.zone), "j M H:i")
    return f"{component} {row.release.version}, {row.environment.name}, {at}".strip()


def _rooms(launch: Launch, numbers: set[int]) -> dict[int, Found]:
    rows = WarRoom.objects.filter(launch=launch, pk__in=numbers).select_related("issue")
    return {row.pk: Found(row.issue.title, reverse("triage:room", args=[launch.slug, row.key])) for row in rows}


def _entries(launch: Launch, numbers: set[int]) -> dict[int, Found]:
    """Entries about rooms and issues; what the log of the launch holds besides is no evidence."""
    of: dict[str, list[TimelineEntry]] = defaultdict(list)
    for row in _about_work(launch).filter(pk__in=numbers):
        of[row.subject].append(row)
    rooms = {one.key: one for one in _rooms_named(launch, set(of))}
    found: dict[int, Found] = {}
    for subject, rows in of.items():
        found |= _of_room(rooms[subject], rows) if subject in rooms else _of_issue(launch, rows)
    return found


def _about_work(launch: Launch) -> QuerySet[TimelineEntry]:
    return TimelineEntry.objects.filter(launch=launch, subject__regex=r"^(WR|IS)-")


def _rooms_named(launch: Launch, keys: set[str]) -> Iterable[WarRoom]:
    numbers = [int(key.removeprefix(_ROOM)) for key in keys if key.startswith(_ROOM)]
    return WarRoom.objects.filter(launch=launch, pk__in=numbers).select_related("launch", "issue")


def _of_issue(launch: Launch, rows: list[TimelineEntry]) -> dict[int, Found]:
    """The entries in words, on the issue's page."""
    path = reverse("triage:issue", args=[launch.slug, rows[0].subject])
    return {row.pk: Found(f"{_at(launch, row)} {story_of([row])[0].words}", path) for row in rows}


def _of_room(room: WarRoom, rows: list[TimelineEntry]) -> dict[int, Found]:
    """The entries in words; the page of each begins with it."""
    page = reverse("triage:room", args=[room.launch.slug, room.key])
    lines = [
        Row(Place(row.occurred_at, 0, row.pk), row.recorded_at, row.kind, row.subject, row.actor_name, row.data)
        for row in rows
    ]
    found = {}
    for row, told in zip(rows, tell(room, lines), strict=True):
        after = Place(row.occurred_at, 0, row.pk + 1).as_text()
        found[row.pk] = Found(f"{_at(room.launch, row)} {told.words}", f"{page}?before={after}")
    return found


def _at(launch: Launch, row: TimelineEntry) -> str:
    return date_format(in_zone(row.occurred_at, launch.zone), "j M H:i")


_READERS: dict[str, Callable[[Launch, set[int]], dict[int, Found]]] = {
    "HC": _reports, "IS": _issues, "AL": _alerts, "DP": _deployments, "WR": _rooms, "TE": _entries,
}  # fmt: skip


def offered(issue: Issue) -> list[tuple[str, str]]:
    """What lies near as evidence, to choose from: the newest of its reports, alerts, fixes and of its room's timeline."""
    launch, keys = issue.launch, tree.keys_of(issue.pk)
    reports = Feedback.objects.filter(launch=launch, issue_key__in=keys).order_by("-pk")
    alerts = Alert.objects.filter(launch=launch, feedback__issue_key__in=keys).order_by("-pk").distinct()
    refs = [f"HC-{pk}" for pk in reports.values_list("pk", flat=True)[:OFFERED]]
    refs += [f"AL-{pk}" for pk in alerts.values_list("pk", flat=True)[:OFFERED]]
    refs += [f"DP-{pk}" for pk in _near_deployments(issue)]
    if room := newest_of(issue):
        entries = TimelineEntry.objects.filter(launch=launch, subject__in=[room.key, issue.key])
        told = entries.exclude(kind__startswith="cause.").exclude(kind__in=("room.came", "room.left", "room.role"))
        refs += [room.key, *(f"TE-{pk}" for pk in told.order_by("-pk").values_list("pk", flat=True)[: 2 * OFFERED])]
    found = find(launch, refs)
    return [(ref, found[ref].words) for ref in refs if ref in found]


def _near_deployments(issue: Issue) -> list[int]:
    """What carries its fix, and what went live in the day before it was opened."""
    fixes = fixes_in_force(issue.pk).values_list("deployment_id", flat=True)
    near = Deployment.objects.filter(
        launch=issue.launch_id, deployed_at__range=(issue.opened_at - timedelta(days=1), issue.opened_at)
    )
    return [*fixes[:OFFERED], *near.order_by("-deployed_at").values_list("pk", flat=True)[:OFFERED]]
