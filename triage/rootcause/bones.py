"""This module grows the fishbone of an issue: bones, causes on them, causes of those, what is likely and what ruled out."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from hypercare.core.problem import Problem, wrong
from hypercare.core.timeline import Actor
from triage.models import Bone, Issue, RootCause, Suspicion
from triage.rootcause import analysis, twigs
from triage.rootcause.twigs import BONES
from triage.rootcause.words import LONGEST, chosen
from triage.warroom.words import said

PRESETS = {
    "general": (
        gettext_lazy("General"),
        {
            "people": gettext_lazy("People"),
            "process": gettext_lazy("Process"),
            "technology": gettext_lazy("Technology: gateway, service, data"),
            "environment": gettext_lazy("Environment"),
            "third_parties": gettext_lazy("Third parties"),
            "management": gettext_lazy("Management"),
        },
    ),
    "ai": (
        gettext_lazy("AI"),
        {
            "model": gettext_lazy("Model"),
            "prompt": gettext_lazy("Prompt"),
            "context": gettext_lazy("Context and retrieval"),
            "training_data": gettext_lazy("Training data"),
            "guardrails": gettext_lazy("Guardrails"),
            "user_input": gettext_lazy("User input"),
        },
    ),
}
MOST_BONES = 12


@dataclass(frozen=True)
class BoneSaid:
    """What a bone or a cause says; None leaves a field as it is."""

    text: str | None = None
    standing: str | None = None

    def checked(self) -> dict[str, Any]:
        """The fields that are to change, as they may be kept; Problem 400 naming the first that may not."""
        kept: dict[str, Any] = {}
        if self.text is not None:
            kept["text"] = said(self.text, "text", longest=LONGEST["bone"])
        if self.standing is not None:
            kept["standing"] = chosen(self.standing, "standing", known=Suspicion.values)
        return kept


@transaction.atomic
def add_preset(issue: Issue, name: str, *, actor: Actor, now: datetime) -> list[Bone]:
    """Adds the bones of a preset that are not there yet; begins the analysis."""
    if name not in PRESETS:
        raise wrong("/preset", _("Use one of %(known)s.") % {"known": ", ".join(PRESETS)})
    analysis.begin(issue, actor=actor, now=now)
    row = analysis.lock(issue)
    bones = _bones(row)
    seeds, texts = {bone.seed for bone in bones}, {bone.text for bone in bones}
    with override(issue.launch.language):
        words = {seed: str(word) for seed, word in PRESETS[name][1].items()}
    missing = {seed: text for seed, text in words.items() if seed not in seeds and text not in texts}
    if len(bones) + len(missing) > MOST_BONES:
        raise _too_many_bones("preset")
    made = [twigs.hang(BONES, row, None, {"text": text, "seed": seed}) for seed, text in missing.items()]
    if made:
        twigs.tell(BONES, issue, made[0], "added", actor=actor, now=now, note=", ".join(missing.values()))
    return made


@transaction.atomic
def add(issue: Issue, new: BoneSaid, *, under: int | None, actor: Actor, now: datetime) -> Bone:
    """A new bone, or with `under` a cause on a bone or on a cause; begins the analysis."""
    analysis.begin(issue, actor=actor, now=now)
    return _add(issue, analysis.lock(issue), new, under, actor=actor, now=now)


def _add(issue: Issue, row: RootCause, new: BoneSaid, under: int | None, *, actor: Actor, now: datetime) -> Bone:
    fields = {"text": said(new.text or "", "text", longest=LONGEST["bone"])} | new.checked()
    _refuse_for_bones(row, under, fields.get("standing", ""))
    bone = twigs.hang(BONES, row, under, fields)
    twigs.tell(BONES, issue, bone, "added", actor=actor, now=now)
    return bone


@transaction.atomic
def change(
    issue: Issue, number: int, new: BoneSaid, *, actor: Actor, now: datetime, version: int | None = None
) -> Bone:
    """Changes words or standing; 409 names who changed it since."""
    bone = twigs.find(BONES, analysis.lock(issue), number)
    twigs.refuse_stale(BONES, issue, bone, version)
    fields = new.checked()
    if bone.parent_id is None and fields.get("standing"):
        raise _only_causes()
    changed = [name for name, value in fields.items() if getattr(bone, name) != value]
    if changed:
        data = {"standing": [bone.standing, fields["standing"]]} if "standing" in changed else {}
        for name in changed:
            setattr(bone, name, fields[name])
        bone.version += 1
        bone.save(update_fields=[*changed, "version"])
        twigs.tell(BONES, issue, bone, "changed", actor=actor, now=now, fields=changed, **data)
    return bone


@transaction.atomic
def move(
    issue: Issue, number: int, *, under: int | None, actor: Actor, now: datetime, version: int | None = None
) -> Bone:
    """Hangs a cause on another bone or cause; none under nothing, since a cause is no bone."""
    row = analysis.lock(issue)
    bone = twigs.find(BONES, row, number)
    twigs.refuse_stale(BONES, issue, bone, version)
    if (under is None) != (bone.parent_id is None):
        raise wrong("/under", _("A bone stays a bone, and a cause hangs on a bone or on another cause."))
    before = bone.parent_id
    if twigs.move(BONES, row, bone, under=under):
        twigs.tell(BONES, issue, bone, "moved", actor=actor, now=now, under=[before, under])
    return bone


@transaction.atomic
def remove(issue: Issue, number: int, *, actor: Actor, now: datetime, version: int | None = None) -> int:
    """Takes a bone or a cause away with all on it; says how many went."""
    row = analysis.lock(issue)
    bone = twigs.find(BONES, row, number)
    twigs.refuse_stale(BONES, issue, bone, version)
    gone = twigs.take_away(BONES, row, bone, now=now)
    twigs.tell(BONES, issue, bone, "removed", actor=actor, now=now, count=gone)
    return gone


@transaction.atomic
def put_back(issue: Issue, number: int, *, actor: Actor, now: datetime) -> Bone:
    """Puts back what was taken away; 409 for a cause whose bone is gone."""
    row = analysis.lock(issue)
    gone = next((one for one in twigs.removals(BONES, row) if one.pk == number), None)
    if gone and gone.parent_id and all(one.pk != gone.parent_id for one in twigs.live(BONES, row)):
        raise wrong("/removed", _("What it hung on was removed too; put that back first."))
    if gone and gone.parent_id is None:
        _refuse_for_bones(row, None, "")
    bone = twigs.put_back(BONES, row, number)
    twigs.tell(BONES, issue, bone, "restored", actor=actor, now=now)
    return bone


def _bones(row: RootCause) -> list[Bone]:
    return [bone for bone in twigs.live(BONES, row) if bone.parent_id is None]


def _refuse_for_bones(row: RootCause, under: int | None, standing: str) -> None:
    if under is None and standing:
        raise _only_causes()
    if under is None and len(_bones(row)) >= MOST_BONES:
        raise _too_many_bones("text")


def _too_many_bones(field: str) -> Problem:
    return wrong(f"/{field}", _("A fishbone has %(most)s bones at most.") % {"most": MOST_BONES})


def _only_causes() -> Problem:
    return wrong("/standing", _("Only a cause on a bone is likely or ruled out."))
