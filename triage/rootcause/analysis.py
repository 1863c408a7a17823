"""This module begins the analysis of an issue and keeps what it says in short: symptom, root cause, factors and codes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hypercare.core.clock import in_zone
from hypercare.core.models import Launch, TimelineEntry
from hypercare.core.problem import Problem
from hypercare.core.timeline import Actor, Entry, record
from triage.models import CauseCode, Issue, RootCause, WhyMissed
from triage.rootcause.words import LONGEST, chosen, factors_of, field_words
from triage.warroom.words import said


@dataclass(frozen=True)
class Summary:
    """What an analysis says in short; None leaves a field as it is."""

    symptom: str | None = None
    cause: str | None = None
    factors: list[str] | None = None
    code: str | None = None
    missed: str | None = None

    def checked(self) -> dict[str, Any]:
        """The fields that are to change, as they may be kept; Problem 400 naming the first that may not."""
        kept: dict[str, Any] = {}
        if self.symptom is not None:
            kept["symptom"] = said(self.symptom, "symptom", longest=LONGEST["symptom"], has_lines=True)
        if self.cause is not None:
            kept["cause"] = said(self.cause, "cause", longest=LONGEST["cause"], has_lines=True, may_lack=True)
        if self.factors is not None:
            kept["factors"] = factors_of(self.factors)
        if self.code is not None:
            kept["code"] = chosen(self.code, "code", known=CauseCode.values)
        if self.missed is not None:
            kept["missed"] = chosen(self.missed, "missed", known=WhyMissed.values)
        return kept


def symptom_of(issue: Issue) -> str:
    """What people saw, as the issue tells it: the words to begin with."""
    seen = ngettext("%(n)s signal since %(since)s.", "%(n)s signals since %(since)s.", issue.feedback_count) % {
        "n": issue.feedback_count,
        "since": date_format(in_zone(issue.opened_at, issue.launch.zone), "j F H:i"),
    }
    return f"{issue.title}. {seen}"


def analysis_row(issue: Issue) -> RootCause | None:
    """The analysis of an issue, where one was begun."""
    return RootCause.objects.filter(issue=issue).first()


@transaction.atomic
def begin(issue: Issue, *, actor: Actor, now: datetime) -> RootCause:
    """Begins the analysis, its symptom filled in from the issue; the one there is, where it was begun before."""
    refuse_closed(issue)
    row, is_new = RootCause.objects.get_or_create(
        issue=issue,
        defaults={"symptom": symptom_of(issue), "begun_at": now, "begun_by_name": actor.name, "changed_at": now},
    )
    if is_new:
        record(issue.launch, [Entry(issue.key, "cause.begun")], actor=actor, now=now)
    return row


@transaction.atomic
def change(issue: Issue, new: Summary, *, actor: Actor, now: datetime, version: int | None = None) -> RootCause:
    """Changes what the analysis says in short, and begins it where there was none; 409 names who changed it since."""
    fields = new.checked()
    begin(issue, actor=actor, now=now)
    row = lock(issue)
    if version is not None and version != row.version:
        raise conflict(issue, {}, _("The analysis"), version=row.version)
    changed = [name for name, value in fields.items() if getattr(row, name) != value]
    if not changed:
        return row
    data: dict[str, Any] = {"fields": changed}
    data |= {name: [getattr(row, name), fields[name]] for name in ("code", "missed") if name in changed}
    for name in changed:
        setattr(row, name, fields[name])
    row.version += 1
    row.changed_at = now
    row.save(update_fields=[*changed, "version", "changed_at"])
    record(issue.launch, [Entry(issue.key, "cause.changed", data)], actor=actor, now=now)
    return row


def lock(issue: Issue) -> RootCause:
    """The analysis of an issue, locked for change; 404 before it was begun, 409 where nothing more is taken."""
    refuse_closed(issue)
    row = RootCause.objects.select_for_update().filter(issue=issue).first()
    if row is None:
        raise Problem(404, _("The analysis of %(key)s was not begun yet.") % {"key": issue.key})
    return row


def refuse_closed(issue: Issue) -> None:
    """409 in a closed launch, and for an issue that went into another."""
    refuse_closed_launch(issue.launch)
    if issue.merged_into_id:
        detail = _("%(key)s is merged into %(into)s; look for the cause there.")
        raise Problem(409, detail % {"key": issue.key, "into": f"IS-{issue.merged_into_id}"})


def refuse_closed_launch(launch: Launch) -> None:
    """409 in a closed launch."""
    if launch.closed_at:
        raise Problem(
            409, _("%(launch)s is closed; everything can be read, nothing changed.") % {"launch": launch.name}
        )


def conflict(issue: Issue, about: Mapping[str, int], what: str, *, version: int) -> Problem:
    """A 409 that names who changed what, as the timeline tells it; `about` is the row by its name there."""
    entries = TimelineEntry.objects.filter(launch=issue.launch_id, subject=issue.key)
    entries = (
        entries.filter(data__contains=dict(about), kind__startswith="cause.")
        if about
        else entries.filter(kind="cause.changed")
    )
    return conflict_with(entries.order_by("-id").first(), what, version=version)


def conflict_with(latest: TimelineEntry | None, what: str, *, version: int) -> Problem:
    """The same, where the entry is known."""
    fields = field_words(latest.data.get("fields", [])) if latest else ""
    words = {"what": what, "who": latest.actor_name if latest else _("someone"), "fields": fields}
    detail = _("%(what)s was changed by %(who)s meanwhile (%(fields)s). Look at it again, then decide.")
    if not fields:
        detail = _("%(what)s was changed by %(who)s meanwhile. Look at it again, then decide.")
    return Problem(
        409,
        detail % words,
        changed_by=latest.actor_name if latest else None,
        changes={"kind": latest.kind} | latest.data if latest else {},
        version=version,
    )
