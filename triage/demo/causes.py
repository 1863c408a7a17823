"""This module tells what the story's people found out of causes, and which risks they keep."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from feedback.models import Feedback
from gateway_ingest.deployments import name_of
from gateway_ingest.models import Alert
from hypercare.core.clock import local_day
from hypercare.core.models import Deployment
from hypercare.core.timeline import Actor
from triage.demo import lookup
from triage.demo.stage import Stage
from triage.models import Issue, Risk
from triage.rootcause import analysis, bones, risks, whys
from triage.rootcause.bones import BoneSaid

Told = Mapping[str, Any]


def look_for(stage: Stage, issue: Issue, told: Told, *, actor: Actor, now: datetime) -> None:
    """Writes the analysis of an issue as the story tells it: in short, its whys, its fishbone."""
    for why in told["whys"]:
        _ask(stage, issue, why, None, actor=actor, now=now)
    for preset, drawn in told.get("fishbone", {}).items():
        there = bones.add_preset(issue, preset, actor=actor, now=now)
        for bone, causes in zip(there, drawn, strict=True):
            for cause in causes:
                _draw(issue, cause, bone.pk, actor=actor, now=now)
    analysis.change(issue, analysis.Summary(**told["short"]), actor=actor, now=now)


def _ask(stage: Stage, issue: Issue, told: Told, under: int | None, *, actor: Actor, now: datetime) -> None:
    verified = stage.people[told["verified"]].email if "verified" in told else None
    shown = [{"ref": _ref(stage, name), "shows": shows} for name, shows in told.get("evidence", {}).items()]
    plain = {name: told[name] for name in ("text", "sureness", "code", "action") if name in told}
    said = whys.WhySaid(**plain, verified_by=verified, evidence=shown)
    row = whys.add(issue, said, under=under, actor=actor, now=now)
    for below in told.get("whys", ()):
        _ask(stage, issue, below, row.pk, actor=actor, now=now)


def _draw(issue: Issue, told: Told, under: int, *, actor: Actor, now: datetime) -> None:
    row = bones.add(issue, BoneSaid(told["text"], told.get("standing", "")), under=under, actor=actor, now=now)
    for below in told.get("causes", ()):
        _draw(issue, below, row.pk, actor=actor, now=now)


def _ref(stage: Stage, name: str) -> str:
    """The key of what the story names as `report thread`, `alert name` or `deploy component version`."""
    kind, *words = name.split()
    if kind == "deploy":
        component, version = words
        rows = Deployment.objects.filter(launch=stage.launch, release__component__slug=component)
        return name_of(rows.filter(release__version=version).latest("pk"))
    if kind == "alert":
        return f"AL-{Alert.objects.filter(source=stage.source, fingerprint=words[0]).latest('pk').pk}"
    first = Feedback.objects.filter(launch=stage.launch, external_id__startswith=f"{words[0]}-01")
    return first.earliest("pk").key


def keep_risks(stage: Stage, data: Told, now: datetime) -> None:
    """Takes the common risks where they lack, and changes or adds those that the story names."""
    actor = stage.actor(data["who"])
    risks.take_common(stage.launch, actor=actor, now=now)
    for told in stage.story.causes[data["told"]]:
        fields = _fields(stage, told, now=now)
        if "seed" in told:
            row = Risk.objects.get(launch=stage.launch, seed=told["seed"])
            risks.change(row, risks.RiskSaid(fields), actor=actor, now=now)
        else:
            risks.add(stage.launch, risks.RiskSaid(fields), actor=actor, now=now)


def _fields(stage: Stage, told: Told, *, now: datetime) -> dict[str, Any]:
    plain = ("failure", "effect", "controls", "component", "action")
    fields: dict[str, Any] = {name: told[name] for name in plain if name in told}
    fields |= dict(zip(risks.RATINGS, told.get("rated", ()), strict=False))
    fields |= dict(zip(risks.AFTER, told.get("after", ()), strict=False))
    if "owner" in told:
        fields["owner"] = stage.people[told["owner"]].email
    if "days" in told:
        fields["due_on"] = (local_day(now, stage.launch.zone) + timedelta(days=told["days"])).isoformat()
    if "issues" in told:
        found = (lookup.issue_of(stage, name) for name in told["issues"])
        fields["issues"] = [issue.key for issue in found if issue]
    return fields
