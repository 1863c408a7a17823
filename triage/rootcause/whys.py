"""This module grows the tree of whys of an issue: each with evidence, confidence, who verified it, code and action."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from hypercare.core.models import Launch, User
from hypercare.core.timeline import Actor
from triage.models import CauseCode, Issue, Sureness, Why
from triage.rootcause import analysis, evidence, twigs
from triage.rootcause.twigs import BONES, WHYS
from triage.rootcause.words import LONGEST, chosen, member
from triage.warroom.words import said

_CODES = {"sureness": Sureness.values, "code": CauseCode.values}


@dataclass(frozen=True)
class WhySaid:
    """What a why says; None leaves a field as it is. `verified_by` is an address, and empty for nobody."""

    text: str | None = None
    sureness: str | None = None
    verified_by: str | None = None
    code: str | None = None
    action: str | None = None
    evidence: list[dict[str, str]] | None = None

    def checked(self, launch: Launch) -> dict[str, Any]:
        """The fields that are to change, as they may be kept; Problem 400 naming the first that may not."""
        kept: dict[str, Any] = {}
        if self.text is not None:
            kept["text"] = said(self.text, "text", longest=LONGEST["why"])
        if self.action is not None:
            kept["action"] = said(self.action, "action", longest=LONGEST["action"], may_lack=True)
        for field, known in _CODES.items():
            if (value := getattr(self, field)) is not None:
                kept[field] = chosen(value, field, known=known)
        if self.verified_by is not None:
            kept["verified_by"] = member(launch, self.verified_by, "verified_by")
        if self.evidence is not None:
            kept["evidence"] = evidence.checked(launch, self.evidence)
        return kept


@transaction.atomic
def add(issue: Issue, new: WhySaid, *, under: int | None, actor: Actor, now: datetime, bone: int | None = None) -> Why:
    """A new why, the last below `under`; begins the analysis. With `bone` it is made of that cause on the fishbone."""
    analysis.begin(issue, actor=actor, now=now)
    row = analysis.lock(issue)
    source = twigs.find(BONES, row, bone, field="bone") if bone is not None else None
    if source and new.text is None:
        new = WhySaid(**vars(new) | {"text": source.text})
    fields = new.checked(issue.launch)
    if "text" not in fields:
        fields["text"] = said("", "text", longest=LONGEST["why"])
    person = fields.pop("verified_by", None)
    why = twigs.hang(WHYS, row, under, fields | _verified(person, now=now))
    if source:
        source.why = why
        source.version += 1
        source.save(update_fields=["why", "version"])
    twigs.tell(WHYS, issue, why, "added", actor=actor, now=now, **({"bone": source.pk} if source else {}))
    return why


@transaction.atomic
def change(issue: Issue, number: int, new: WhySaid, *, actor: Actor, now: datetime, version: int | None = None) -> Why:
    """Changes what a why says; 409 names who changed it since. Other words are verified by nobody until somebody does."""
    row = analysis.lock(issue)
    why = twigs.find(WHYS, row, number)
    twigs.refuse_stale(WHYS, issue, why, version)
    fields = new.checked(issue.launch)
    changed = [name for name, value in fields.items() if getattr(why, name) != value]
    if not changed:
        return why
    data: dict[str, Any] = {name: [getattr(why, name), fields[name]] for name in _CODES if name in changed}
    if "verified_by" in changed:
        fields |= _verified(fields["verified_by"], now=now)
    elif "text" in changed and why.verified_at:
        fields |= {"verified_by": None, "verified_at": None}
        changed.append("verified_by")
        data["unverified"] = why.verified_by_name
    for name, value in fields.items():
        setattr(why, name, value)
    why.version += 1
    why.save()
    twigs.tell(WHYS, issue, why, "changed", actor=actor, now=now, fields=changed, **data)
    return why


@transaction.atomic
def move(
    issue: Issue, number: int, *, under: int | None, actor: Actor, now: datetime, version: int | None = None
) -> Why:
    """Hangs a why with all below it under another, or makes it a root."""
    row = analysis.lock(issue)
    why = twigs.find(WHYS, row, number)
    twigs.refuse_stale(WHYS, issue, why, version)
    before = why.parent_id
    if twigs.move(WHYS, row, why, under=under):
        twigs.tell(WHYS, issue, why, "moved", actor=actor, now=now, under=[before, under])
    return why


@transaction.atomic
def step(issue: Issue, number: int, *, steps: int, actor: Actor, now: datetime) -> None:
    """Moves a why among those beside it."""
    row = analysis.lock(issue)
    why = twigs.find(WHYS, row, number)
    if twigs.step(WHYS, row, why, steps=steps):
        twigs.tell(WHYS, issue, why, "moved", actor=actor, now=now, steps=steps)


@transaction.atomic
def remove(issue: Issue, number: int, *, actor: Actor, now: datetime, version: int | None = None) -> int:
    """Takes a why away with all below it; says how many went."""
    row = analysis.lock(issue)
    why = twigs.find(WHYS, row, number)
    twigs.refuse_stale(WHYS, issue, why, version)
    gone = twigs.take_away(WHYS, row, why, now=now)
    twigs.tell(WHYS, issue, why, "removed", actor=actor, now=now, count=gone)
    return gone


@transaction.atomic
def put_back(issue: Issue, number: int, *, actor: Actor, now: datetime) -> Why:
    """Puts back what was taken away."""
    row = analysis.lock(issue)
    why = twigs.put_back(WHYS, row, number)
    twigs.tell(WHYS, issue, why, "restored", actor=actor, now=now)
    return why


@transaction.atomic
def make_root_cause(issue: Issue, number: int, *, actor: Actor, now: datetime) -> None:
    """Takes a why's words and code for those of the analysis."""
    row = analysis.lock(issue)
    why = twigs.find(WHYS, row, number)
    analysis.change(issue, analysis.Summary(cause=why.text, code=why.code or None), actor=actor, now=now)


def _verified(person: User | None, *, now: datetime) -> dict[str, Any]:
    """Who verified it, by a name that outlives the account, and when."""
    return {
        "verified_by": person,
        "verified_by_name": Actor.person(person).name if person else "",
        "verified_at": now if person else None,
    }
