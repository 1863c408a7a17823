"""This module gathers what people see of a vote: what stands to choose, their own ballot, who voted, and the result."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from hypercare.core.models import User
from triage.models import Ballot, Candidate, VotingRound
from triage.votes.rounds import invited_to, is_open, may_see_tally, outcome_of
from triage.votes.tally import STRONG, WEAK, Outcome, Result

BAR_WIDTH = 240.0


@dataclass(frozen=True)
class Line:
    """One issue that stands to choose, what the reader gave it, and its result where that is shown."""

    candidate: Candidate
    mine: int
    result: Result | None
    width: str


@dataclass(frozen=True)
class VotePage:
    """A round as its reader sees it at a moment."""

    round: VotingRound
    is_open: bool
    lines: list[Line]
    ballot: Ballot | None
    voters: int
    invited: int
    waits_for: list[User]
    outcome: Outcome | None
    sentence: str


def vote_page(one: VotingRound, *, reader: User, now: datetime) -> VotePage:
    """The page of a round; a constant number of queries."""
    outcome = outcome_of(one)
    ballot = one.ballots.filter(voter=reader).first()
    invited = invited_to(one.launch)
    voted = set(one.ballots.values_list("voter", flat=True))
    shown = outcome if may_see_tally(one, now) else None
    return VotePage(
        round=one,
        is_open=is_open(one, now) and not one.launch.closed_at,
        lines=_lines(one, ballot, shown),
        ballot=ballot,
        voters=outcome.voters,
        invited=one.invited if one.invited is not None else len(invited),
        waits_for=[person for person in invited if person.pk not in voted],
        outcome=shown,
        sentence=sentence_of(shown) if shown else "",
    )


def _lines(one: VotingRound, ballot: Ballot | None, outcome: Outcome | None) -> list[Line]:
    """By the result where it is shown, else in the order of the ballot."""
    results = {result.issue: result for result in outcome.results} if outcome else {}
    most = max((result.share for result in results.values()), default=0.0)
    given = ballot.given if ballot else {}
    lines = [
        Line(
            candidate,
            int(given.get(str(candidate.issue_id), 0)),
            result := results.get(candidate.issue_id),
            f"{BAR_WIDTH * result.share / most:.1f}" if result and most else "0",
        )
        for candidate in one.candidates.select_related("issue")
    ]
    return sorted(lines, key=lambda line: -line.result.given if line.result else 0)


def sentence_of(outcome: Outcome) -> str:
    """How far the voters agree, and what that figure means."""
    if outcome.agreement is None:
        return _("Agreement needs two voters at least.")
    shared = round(100 * outcome.agreement)
    meaning = _("any two voters gave %(shared)s of 100 to the same issues, on the mean") % {"shared": shared}
    if outcome.agreement >= STRONG:
        return _("They agree: %(meaning)s.") % {"meaning": meaning}
    if outcome.agreement >= WEAK:
        return _("They agree in part: %(meaning)s.") % {"meaning": meaning}
    return _("They are of different minds: %(meaning)s. Talk before you decide.") % {"meaning": meaning}
