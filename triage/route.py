"""This module decides whose an issue is: the component most of its reports name, and the team that owns it.

Like the score it runs over a batch of root issues with a constant number of queries, inside the caller's transaction.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import override

from hypercare.core import rows
from hypercare.core.models import Component
from triage import decisions
from triage.models import Issue
from triage.score.tally import Counted, Tally

DECIDER = "rule: route"


class Named(NamedTuple):
    """The component that most reports of an issue name, the earlier one among equals."""

    component_id: int
    times: int
    of: int


def route(counted: Counted, *, now: datetime) -> None:
    """Gives these root issues their component and team, where no person holds them; the caller publishes the board."""
    issues = list(Issue.objects.filter(pk__in=counted.tallies).defer("search").select_related("launch"))
    named = {root: named for root, tally in counted.tallies.items() if (named := _named(tally))}
    held = decisions.overridden_fields(counted.tallies)
    meant = {one.component_id for one in named.values()} | {issue.component_id for issue in issues}
    components = Component.objects.select_related("team").in_bulk([pk for pk in meant if pk])
    was = {issue.pk: (issue.component_id, issue.team_id) for issue in issues}
    said: list[decisions.IssueValue] = []
    for issue in issues:
        with override(issue.launch.language):
            said += _apply(issue, named.get(issue.pk), set(held.get(issue.pk, {})), components)
    changed = [issue for issue in issues if was[issue.pk] != (issue.component_id, issue.team_id)]
    rows.update(changed, ["component_id", "team_id"])
    decisions.suggest_for_issues(said, now=now)


def _named(tally: Tally) -> Named | None:
    if not tally.components:
        return None
    component_id, times = tally.components.most_common(1)[0]
    return Named(component_id, times, tally.components.total())


def _apply(
    issue: Issue, named: Named | None, held: set[str], components: Mapping[int, Component]
) -> list[decisions.IssueValue]:
    said = []
    component = components[named.component_id] if named else None
    if named or issue.component_id:
        reason = _("no report names one")
        if named:
            reason = _("%(times)s of %(of)s reports that name one") % {"times": named.times, "of": named.of}
        share = named.times / named.of if named else None
        slug = component.slug if component else ""
        said.append(decisions.IssueValue(issue, "component", slug, "rule", DECIDER, share, reason))
    if "component" not in held:
        issue.component = component
    owner = components.get(issue.component_id or 0)
    team = owner.team if owner else None
    if team or issue.team_id:
        reason = (
            _("owns %(component)s") % {"component": owner.name} if owner and team else _("no component with a team")
        )
        said.append(decisions.IssueValue(issue, "team", team.name if team else "", "rule", DECIDER, None, reason))
    if "team" not in held:
        issue.team = team
    return said
