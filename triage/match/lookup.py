"""This module looks up, while somebody writes, which issues of the launch the text may be about."""

from dataclasses import dataclass

from hypercare.core.models import Launch
from triage import tree
from triage.match import deep
from triage.match.pairs import SHOWN
from triage.match.words import words_in
from triage.models import Issue, Match

MOST_CHARACTERS = 2000
FEWEST_WORDS = 2
LOOKED_AT = 60
AT_LEAST = 0.2


@dataclass(frozen=True)
class Likely:
    """An issue that a text may be about, and which part of the text it was told with before."""

    issue: Issue
    share: float


def look_up(launch: Launch, text: str) -> list[Likely]:
    """The issues whose reports say most of what a text says, open or ended; nothing while it says too little."""
    text = text[:MOST_CHARACTERS].strip()
    title, _line, body = text.partition("\n")
    words = words_in(launch.pk, title, body)
    if words.title_words + words.body_words < FEWEST_WORDS:
        return []
    found = deep.search(launch.pk, deep.ask(launch.pk, words), at_most=LOOKED_AT)
    live = Match.objects.filter(feedback_id__in=[row.feedback_id for row in found], ended_at=None)
    issue_of = dict(live.filter(issue__launch=launch).values_list("feedback_id", "issue_id"))
    roots = tree.roots_of(set(issue_of.values()))
    shares: dict[int, float] = {}
    for row in found:
        if row.feedback_id in issue_of and row.share >= AT_LEAST:
            shares.setdefault(roots[issue_of[row.feedback_id]], min(row.share, 1.0))
    issues = Issue.objects.filter(launch=launch).in_bulk(list(shares)[:SHOWN])
    return [Likely(issues[root], share) for root, share in shares.items() if root in issues]
