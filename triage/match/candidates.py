"""This module gathers the issues that an issue may be one problem with, and what speaks for each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models.functions import Left

from feedback.models import MACHINE_CHANNELS
from triage import tree
from triage.match import deep
from triage.match.anyhow import nearest_rows
from triage.match.judge import Features, features_of
from triage.match.nearest import COMPARED_ROWS, Near, nearest
from triage.match.readings import Read
from triage.match.similarity import told_words
from triage.match.words import MAX_CHARACTERS
from triage.models import Issue, Match

WORDS_KEPT = 6


@dataclass(frozen=True)
class Candidate:
    """Another issue, the report of it that is nearest, and what else speaks for one problem."""

    issue: Issue
    near: Near
    evidence: dict[str, Any]
    of_machines: bool

    @property
    def features(self) -> Features:
        """What is weighed."""
        return features_of(self.near, self.evidence)


@dataclass(frozen=True)
class _Telling:
    """A report in its issue, with what else is known of it."""

    feedback_id: int
    issue_id: int
    text: str
    is_machine: bool
    occurred_at: datetime
    trace_id: str
    release: str


def candidates_of(one: Read, issue: Issue) -> list[Candidate]:
    """The issues nearest to a report of this one; what is merged into it counts as this one."""
    found = nearest_rows(
        one.launch_id,
        deep.ask(one.launch_id, one.words),
        meaning=one.meaning,
        besides=frozenset({one.feedback_id}),
        at_most=COMPARED_ROWS,
    )
    tellings = _tellings(one.launch_id, [one.feedback_id, *(row.feedback_id for row in found)])
    own = tellings.get(one.feedback_id)
    if own is None:
        return []
    inside, roots = _members_of(issue), tree.roots_of({telling.issue_id for telling in tellings.values()})
    group_of = {
        number: issue.pk if telling.issue_id in inside else roots[telling.issue_id]
        for number, telling in tellings.items()
    }
    near = nearest(one.launch_id, one.words, found, group_of=group_of, besides={issue.pk})
    others = Issue.objects.in_bulk([each.group for each in near])
    return [_candidate(own, issue, tellings[each.feedback_id], others[each.group], each) for each in near]


def _members_of(issue: Issue) -> set[int]:
    return set(tree.members_of([issue.pk])[issue.pk])


def _tellings(launch_id: int, feedback_ids: Sequence[int]) -> dict[int, _Telling]:
    """Reports of this launch alone, whatever the search found."""
    live = Match.objects.filter(
        feedback_id__in=feedback_ids, ended_at=None, feedback__launch_id=launch_id, issue__launch_id=launch_id
    ).annotate(start=Left("feedback__body", MAX_CHARACTERS))
    names = ("feedback_id", "issue_id", "feedback__title", "start", "feedback__channel", "feedback__occurred_at")
    more = ("feedback__trace_id", "feedback__context__release")
    return {
        number: _Telling(
            number, issue_id, f"{title}\n{start}", channel in MACHINE_CHANNELS, at, trace, str(release or "")[:100]
        )
        for number, issue_id, title, start, channel, at, trace, release in live.values_list(*names, *more)
    }


def _candidate(own: _Telling, issue: Issue, other: _Telling, of: Issue, near: Near) -> Candidate:
    both = issue.component_id is not None and of.component_id is not None
    evidence = {
        "report": f"HC-{own.feedback_id}",
        "other_report": f"HC-{other.feedback_id}",
        "words": told_words(own.text, other.text)[:WORDS_KEPT],
        "component": issue.component_id == of.component_id if both else None,
        "trace": bool(own.trace_id) and own.trace_id == other.trace_id,
        "release": bool(own.release) and own.release == other.release,
        "hours": round(abs((own.occurred_at - other.occurred_at).total_seconds()) / 3600),
    }
    return Candidate(of, near, evidence, own.is_machine or other.is_machine)
