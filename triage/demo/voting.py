"""This module lets the story's people vote on what matters most, and its lead take a result over."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from hypercare.core.timeline import SYSTEM
from triage.demo.stage import Stage
from triage.votes import rounds
from triage.votes.rounds import Question

Data = Mapping[str, Any]


def vote(stage: Stage, data: Data, now: datetime) -> None:
    """Opens a vote about what comes first then; everybody named gives their parts in that order."""
    issues = rounds.first_issues(stage.launch, data["top"])
    question = Question(
        data["question"],
        issues,
        data["method"],
        now + timedelta(hours=data["hours"]),
        dots=data.get("dots", rounds.USUAL_DOTS),
    )
    opened = rounds.open_round(stage.launch, question, actor=stage.actor(data["who"]), now=now)
    for number, (who, parts) in enumerate(data["given"].items(), start=1):
        given = {issue.key: part for issue, part in zip(issues, parts, strict=True)}
        rounds.cast(opened, given, voter=stage.people[who], now=now + timedelta(minutes=7 * number))


def take_over(stage: Stage, data: Data, now: datetime) -> None:
    """Ends what is over by then, and takes the first results of the newest that has ended over."""
    for one in rounds.rounds_of(stage.launch).filter(closed_at=None, closes_at__lte=now):
        rounds.close(one, actor=SYSTEM, now=now)
    ended = rounds.rounds_of(stage.launch).filter(closed_at__isnull=False).first()
    results = rounds.outcome_of(ended).results if ended else ()
    open_ones = (
        {candidate.issue_id for candidate in ended.candidates.filter(issue__merged_into=None)} if ended else set()
    )
    for result in [one for one in results if one.issue in open_ones][: data["first"]]:
        if ended:
            rounds.apply(ended, result.issue, actor=stage.actor(data["who"]), now=now)
