"""This module keeps a launch's register of risks (FMEA): rated before an action and after it, and every change of it told."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Case, F, Q, QuerySet, When
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from hypercare.core import keys
from hypercare.core.access import Principal
from hypercare.core.models import Launch, TimelineEntry
from hypercare.core.problem import Problem, wrong
from hypercare.core.roles import Right
from hypercare.core.timeline import Actor, Entry, record
from triage.access import number_in
from triage.models import Issue, Risk
from triage.rootcause.analysis import conflict_with, refuse_closed_launch
from triage.rootcause.words import FIELD_WORDS, LONGEST, MOST_LINKED, day, member
from triage.score.rpn import ACT_AT, rpn
from triage.warroom.words import said

MOST = 500
ACT_AT_SEVERITY = 9
RATINGS = ("severity", "occurrence", "detection")
AFTER = tuple(f"{name}_after" for name in RATINGS)

# The risks that launches have in common, with values to begin with: severity, occurrence, detection.
COMMON = {
    "gateway_alone": (gettext_lazy("The gateway is a single point of failure"), 9, 3, 3),
    "auth_away": (gettext_lazy("The API that signs people in is unavailable"), 9, 3, 2),
    "rate_limit": (gettext_lazy("A rate limit is too strict for real use"), 6, 5, 4),
    "certificate": (gettext_lazy("A certificate expires"), 9, 2, 5),
    "pool": (gettext_lazy("A pool runs out after calls come in another pattern"), 8, 5, 5),
    "payload": (gettext_lazy("A malformed payload of an old system passes the transformation"), 7, 5, 7),
    "prompt": (gettext_lazy("A changed prompt makes answers worse"), 6, 6, 7),
    "context": (gettext_lazy("The context of a model is cut off"), 6, 6, 8),
    "provider": (gettext_lazy("The provider of a model is away"), 8, 4, 2),
    "tokens": (gettext_lazy("The cost of tokens runs away"), 6, 4, 5),
    "personal_data": (gettext_lazy("Personal data gets into logs"), 9, 4, 7),
    "widget": (gettext_lazy("The feedback widget is blocked, and nobody hears of trouble"), 5, 5, 8),
}


@dataclass(frozen=True)
class RiskSaid:
    """What somebody says of a risk: the fields that are to change; texts, ratings, an address, a day, keys of issues."""

    fields: Mapping[str, Any]

    def checked(self, launch: Launch) -> dict[str, Any]:
        """The fields as they may be kept; Problem 400 naming the first that may not."""
        return {name: read(launch, name, self.fields[name]) for name, read in _READERS.items() if name in self.fields}


def rpn_of(risk: Risk) -> int:
    """The risk priority number before any action."""
    return rpn(risk.severity, risk.occurrence, risk.detection)


def rpn_after(risk: Risk) -> int | None:
    """The same after the action, where it was rated again."""
    if risk.severity_after is None or risk.occurrence_after is None or risk.detection_after is None:
        return None
    return rpn(risk.severity_after, risk.occurrence_after, risk.detection_after)


def must_act(risk: Risk) -> bool:
    """Whether something has still to be done: the number is high, or before any action the harm alone is."""
    after = rpn_after(risk)
    if after is not None:
        return after >= ACT_AT
    return rpn_of(risk) >= ACT_AT or risk.severity >= ACT_AT_SEVERITY


def access_risk(principal: Principal, key: str, *, right: Right) -> Risk:
    """The risk named like RK-3; one that was removed can still be read and put back."""
    return keys.named(Risk.objects.select_related("launch", "component", "owner"), key, "RK", by=principal, right=right)


def register(launch: Launch) -> QuerySet[Risk]:
    """The risks of a launch, the highest number of now first; among equal ones the worse harm."""
    before = F("severity") * F("occurrence") * F("detection")
    after = F("severity_after") * F("occurrence_after") * F("detection_after")
    is_rated = Q(severity_after__isnull=False)
    rows = Risk.objects.filter(launch=launch, removed_at=None).select_related("component", "owner")
    return rows.annotate(
        stands=Case(When(is_rated, then=after), default=before),
        harm=Case(When(is_rated, then=F("severity_after")), default=F("severity")),
    ).order_by("-stands", "-harm", "pk")


def not_offered(launch: Launch) -> list[str]:
    """The common risks that the register has not had yet."""
    had = set(Risk.objects.filter(launch=launch).exclude(seed="").values_list("seed", flat=True))
    return [seed for seed in COMMON if seed not in had]


@transaction.atomic
def take_common(launch: Launch, *, actor: Actor, now: datetime) -> int:
    """Adds the common risks that were never in the register; says how many."""
    _lock(launch)
    missing = not_offered(launch)
    if missing:
        _refuse_more(launch, len(missing))
    with override(launch.language):
        for seed in missing:
            words, *ratings = COMMON[seed]
            fields = dict(zip(RATINGS, ratings, strict=True)) | {"failure": str(words), "seed": seed}
            _add(launch, fields, actor=actor, now=now)
    return len(missing)


@transaction.atomic
def add(launch: Launch, new: RiskSaid, *, actor: Actor, now: datetime) -> Risk:
    """A new line of the register."""
    _lock(launch)
    _refuse_more(launch, 1)
    missing = {"failure": ""} | dict.fromkeys(RATINGS)
    return _add(launch, RiskSaid(missing | dict(new.fields)).checked(launch), actor=actor, now=now)


def _add(launch: Launch, fields: dict[str, Any], *, actor: Actor, now: datetime) -> Risk:
    issues = fields.pop("issues", [])
    _refuse_half(fields)
    risk = Risk.objects.create(launch=launch, made_at=now, made_by_name=actor.name, **fields)
    risk.issues.set(issues)
    data = {"note": risk.failure, "rpn": rpn_of(risk)}
    record(launch, [Entry(risk.key, "risk.added", data)], actor=actor, now=now)
    return risk


@transaction.atomic
def change(risk: Risk, new: RiskSaid, *, actor: Actor, now: datetime, version: int | None = None) -> Risk:
    """Changes fields of a risk, each with what it was before in the timeline; 409 names who changed it since."""
    row = _locked(risk)
    if version is not None and version != row.version:
        latest = history(row).filter(kind="risk.changed").first()
        raise conflict_with(latest, row.key, version=row.version)
    if row.removed_at:
        raise Problem(409, _("%(key)s was removed; put it back first.") % {"key": row.key})
    fields = new.checked(row.launch)
    old = {name: _plain(row, name) for name in fields}
    issues = fields.pop("issues", None)
    for name, value in fields.items():
        setattr(row, name, value)
    _refuse_half({name: getattr(row, name) for name in AFTER})
    if issues is not None:
        row.issues.set(issues)
    changed = [name for name in old if _plain(row, name) != old[name]]
    if changed:
        row.version += 1
        row.save()
        data = {"fields": changed, "old": {name: old[name] for name in changed}}
        data["new"] = {name: _plain(row, name) for name in changed}
        record(row.launch, [Entry(row.key, "risk.changed", data)], actor=actor, now=now)
    return row


@transaction.atomic
def remove(risk: Risk, *, actor: Actor, now: datetime) -> None:
    """Takes a risk from the register; it can be put back."""
    row = _locked(risk)
    if row.removed_at is None:
        row.removed_at = now
        row.save(update_fields=["removed_at"])
        record(row.launch, [Entry(row.key, "risk.removed", {"note": row.failure})], actor=actor, now=now)


@transaction.atomic
def put_back(risk: Risk, *, actor: Actor, now: datetime) -> None:
    """Puts a removed risk back."""
    row = _locked(risk)
    if row.removed_at is not None:
        _refuse_more(row.launch, 1)
        row.removed_at = None
        row.save(update_fields=["removed_at"])
        record(row.launch, [Entry(row.key, "risk.restored", {"note": row.failure})], actor=actor, now=now)


def history(risk: Risk) -> QuerySet[TimelineEntry]:
    """All that happened to a risk, the newest first."""
    return TimelineEntry.objects.filter(launch=risk.launch_id, subject=risk.key).order_by("-id")


def changes_in_words(entry: TimelineEntry) -> list[tuple[str, str, str]]:
    """The fields of an entry with what they were and what they became."""
    old, new, fields = (entry.data.get(name, {}) for name in ("old", "new", "fields"))
    return [(str(FIELD_WORDS.get(name, name)), _shown(old.get(name)), _shown(new.get(name))) for name in fields]


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(value) or "–"
    return "–" if value in (None, "") else str(value)


def _plain(risk: Risk, name: str) -> Any:
    """A field as the timeline holds it."""
    if name == "issues":
        return [f"IS-{number}" for number in risk.issues.order_by("pk").values_list("pk", flat=True)]
    value = getattr(risk, name)
    if isinstance(value, date):
        return value.isoformat()
    if name in {"owner", "component"}:
        return str(value) if value else ""
    return value


def _lock(launch: Launch) -> None:
    """Nobody else adds to the register meanwhile; 409 in a closed launch."""
    refuse_closed_launch(Launch.objects.select_for_update().get(pk=launch.pk))


def _locked(risk: Risk) -> Risk:
    rows = Risk.objects.select_for_update(of=("self",)).select_related("launch", "component", "owner")
    row = rows.get(pk=risk.pk)
    refuse_closed_launch(row.launch)
    return row


def _refuse_more(launch: Launch, number: int) -> None:
    if Risk.objects.filter(launch=launch, removed_at=None).count() + number > MOST:
        raise Problem(409, _("A register holds %(most)s risks at most.") % {"most": MOST})


def _refuse_half(fields: Mapping[str, Any]) -> None:
    rated = [name for name in AFTER if fields.get(name) is not None]
    missing = [name for name in AFTER if name not in rated]
    if rated and missing:
        raise wrong(f"/{missing[0]}", _("After the action rate all three, or none."))


def _rating(value: Any, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 10:
        raise wrong(f"/{name}", _("Choose a whole number from 1 to 10."))
    return value


def _component(launch: Launch, slug: str) -> Any:
    if not slug:
        return None
    found = launch.components.filter(slug=slug).first() if "\x00" not in slug else None
    if found is None:
        raise wrong("/component", _("There is no such component in this launch."))
    return found


def _issues(launch: Launch, named: Iterable[str]) -> list[Issue]:
    """The issues that happened, by their keys; another launch's is no issue here."""
    numbers = {key: number_in(key) for key in named if key.strip()}
    found = {row.pk: row for row in Issue.objects.filter(launch=launch, pk__in=[n for n in numbers.values() if n])}
    for key, number in numbers.items():
        if number not in found:
            raise wrong("/issues", _("There is no %(key)s in this launch.") % {"key": key[:40]})
    if len(found) > MOST_LINKED:
        raise wrong("/issues", _("Link %(limit)s issues at most.") % {"limit": MOST_LINKED})
    return list(found.values())


def _text(_launch: Launch, name: str, value: Any) -> str:
    return said(value, name, longest=LONGEST[name], may_lack=name != "failure")


def _rated(_launch: Launch, name: str, value: Any) -> int:
    return _rating(value, name)


def _rated_or_not(_launch: Launch, name: str, value: Any) -> int | None:
    return None if value is None else _rating(value, name)


_READERS: dict[str, Callable[[Launch, str, Any], Any]] = {
    **dict.fromkeys(("failure", "effect", "controls", "action"), _text),
    **dict.fromkeys(RATINGS, _rated),
    **dict.fromkeys(AFTER, _rated_or_not),
    "component": lambda launch, _name, value: _component(launch, value),
    "owner": lambda launch, name, value: member(launch, value, name),
    "due_on": lambda _launch, name, value: day(value, name),
    "issues": lambda launch, _name, value: _issues(launch, value),
}
