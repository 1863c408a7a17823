"""This module opens rounds of voting, takes ballots until they end, ends them, and brings a result into an issue's value."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hypercare.core import keys
from hypercare.core.access import Principal
from hypercare.core.launches import check_not_closed
from hypercare.core.models import Launch, User
from hypercare.core.problem import Problem, wrong
from hypercare.core.roles import Right, roles_with
from hypercare.core.timeline import SYSTEM, Actor, Entry, record
from triage import overrides
from triage.models import Ballot, Candidate, Issue, Method, VotingRound
from triage.one_by_one import one_by_one
from triage.score.ranking import open_roots
from triage.votes.tally import Outcome, count
from triage.warroom import words

POINTS = 100
FEWEST, MOST = 2, 30
MOST_DOTS, USUAL_DOTS = 20, 5
SHORTEST, LONGEST = timedelta(minutes=5), timedelta(days=30)
LONGEST_QUESTION = 200


@dataclass(frozen=True)
class Question:
    """What a round asks: of which issues, how, until when, and whether the tally stays hidden until then."""

    words: str
    issues: Sequence[Issue]
    method: str
    closes_at: datetime
    dots: int = USUAL_DOTS
    is_hidden: bool = True


def access_round(principal: Principal, key: str, *, right: Right) -> VotingRound:
    """The round named like VR-4."""
    return keys.named(VotingRound.objects.select_related("launch"), key, "VR", by=principal, right=right)


def is_open(one: VotingRound, now: datetime) -> bool:
    """Whether ballots are taken; its time ends it also before anybody writes that down."""
    return one.closed_at is None and now < one.closes_at


def rounds_of(launch: Launch) -> QuerySet[VotingRound]:
    """All rounds, the newest first."""
    return VotingRound.objects.filter(launch=launch).select_related("launch").order_by("-pk")


def first_issues(launch: Launch, number: int) -> list[Issue]:
    """The issues that come first now, for a round about so many."""
    if not FEWEST <= number <= MOST:
        raise wrong("/top", _("Choose %(fewest)s to %(most)s issues.") % {"fewest": FEWEST, "most": MOST})
    return list(open_roots(launch)[:number])


@transaction.atomic
def open_round(launch: Launch, question: Question, *, actor: Actor, now: datetime) -> VotingRound:
    """A new round that everybody with the right to vote is asked in."""
    if launch.closed_at:
        raise Problem(409, _("The launch is closed; nothing is voted on any more."))
    _check(question, now=now)
    one = VotingRound.objects.create(
        launch=launch,
        question=words.said(question.words, "question", longest=LONGEST_QUESTION),
        method=question.method,
        each=POINTS if question.method == Method.POINTS else question.dots,
        is_hidden=question.is_hidden,
        opened_at=now,
        opened_by_name=actor.name,
        closes_at=question.closes_at,
    )
    Candidate.objects.bulk_create(
        Candidate(round=one, issue=issue, position=place) for place, issue in enumerate(question.issues)
    )
    told = {"issues": [issue.key for issue in question.issues], "method": one.method}
    record(launch, [Entry(one.key, "vote.opened", told | {"until": one.closes_at.isoformat()})], actor=actor, now=now)
    return one


def _check(question: Question, *, now: datetime) -> None:
    if question.method not in Method.values:
        raise wrong("/method", _("Use one of %(known)s.") % {"known": ", ".join(Method.values)})
    if not 1 <= question.dots <= MOST_DOTS:
        raise wrong("/dots", _("Give each voter 1 to %(most)s dots.") % {"most": MOST_DOTS})
    if not FEWEST <= len(set(question.issues)) <= MOST:
        raise wrong("/issues", _("Choose %(fewest)s to %(most)s issues.") % {"fewest": FEWEST, "most": MOST})
    if not SHORTEST <= question.closes_at - now <= LONGEST:
        raise wrong("/closes_at", _("Let it end in 5 minutes to 30 days from now."))


@transaction.atomic
def cast(one: VotingRound, given: Mapping[str, Any], *, voter: User, now: datetime) -> Ballot:
    """A person's ballot in place of any they gave before; 409 once the round has ended."""
    held = _held(one)
    if held.launch.closed_at or not is_open(held, now):
        raise Problem(409, _("The vote has ended; no ballot is taken or changed any more."))
    read = _read(held, given)
    ballot, is_new = Ballot.objects.update_or_create(
        round=held,
        voter=voter,
        defaults={"voter_name": Actor.person(voter).name, "given": read, "cast_at": now},
    )
    # Who voted is told once; what they gave stays with the ballot.
    entry = Entry(held.key, "vote.cast", once_key=f"vote:{held.pk}:{voter.pk}")
    record(held.launch, [entry] if is_new else [], actor=Actor.person(voter), now=now)
    return ballot


def _held(one: VotingRound) -> VotingRound:
    """The round, locked: a ballot and the end of the round never pass each other."""
    return VotingRound.objects.select_for_update(of=("self",)).select_related("launch").get(pk=one.pk)


def _read(one: VotingRound, given: Mapping[str, Any]) -> dict[str, int]:
    numbers = set(one.candidates.values_list("issue_id", flat=True))
    read: dict[str, int] = {}
    for key, part in given.items():
        number = (
            int(key[3:]) if key.startswith("IS-") and key[3:].isascii() and key[3:].isdecimal() and len(key) < 22 else 0
        )
        if number not in numbers:
            raise wrong("/given", _("%(key)s does not stand to choose in this vote.") % {"key": key[:40]})
        if isinstance(part, bool) or not isinstance(part, int) or not 0 <= part <= one.each:
            detail = _("Give %(key)s a whole number from 0 to %(most)s.") % {"key": key, "most": one.each}
            raise wrong(f"/given/{key}", detail)
        if part:
            read[str(number)] = part
    total = sum(read.values())
    if one.method == Method.POINTS and total != one.each:
        raise wrong("/given", _("The points must be %(each)s together; these are %(total)s.") % {
            "each": one.each, "total": total})  # fmt: skip
    if not 1 <= total <= one.each:
        raise wrong("/given", _("Give 1 to %(each)s dots together; these are %(total)s.") % {
            "each": one.each, "total": total})  # fmt: skip
    return read


@transaction.atomic
def close(one: VotingRound, *, actor: Actor, now: datetime) -> VotingRound:
    """Ends a round before its time, or writes down that its time came; what has ended stays as it is.

    The ballot of who may no longer vote goes with the end.
    """
    held = _held(one)
    if held.closed_at is None:
        invited = invited_to(held.launch)
        held.closed_at, held.invited = min(now, held.closes_at), len(invited)
        held.ballots.exclude(voter__in=invited).delete()
        held.save(update_fields=["closed_at", "invited"])
        entry = Entry(held.key, "vote.closed", {"voters": held.ballots.count()}, occurred_at=held.closed_at)
        record(held.launch, [entry], actor=actor, now=now)
    return held


def close_due(*, now: datetime) -> None:
    """Writes down the end of every round whose time has come."""
    due = VotingRound.objects.filter(closed_at=None, closes_at__lte=now).select_related("launch")
    one_by_one(due.order_by("pk"), lambda one: close(one, actor=SYSTEM, now=now))


def invited_to(launch: Launch) -> list[User]:
    """Who may vote now."""
    return list(
        User.objects.filter(
            memberships__launch=launch, memberships__role__in=roles_with(Right.VOTE), is_active=True
        ).order_by("name", "email")
    )


def counted(one: VotingRound) -> QuerySet[Ballot]:
    """The ballots that count: of those who may vote now, and after the end of those who might then."""
    return one.ballots.all() if one.closed_at else one.ballots.filter(voter__in=invited_to(one.launch))


def outcome_of(one: VotingRound) -> Outcome:
    """What the ballots that count say so far."""
    given = counted(one).values_list("given", flat=True)
    ballots = [{int(issue): part for issue, part in ballot.items()} for ballot in given]
    return count(list(one.candidates.values_list("issue_id", flat=True)), ballots)


def may_see_tally(one: VotingRound, now: datetime) -> bool:
    """Whether the tally is shown; a hidden one only after the end, to leads too."""
    return not one.is_hidden or not is_open(one, now)


@transaction.atomic
def apply(one: VotingRound, issue_id: int, *, actor: Actor, now: datetime) -> Candidate:
    """Makes a result the issue's business value: 10 for the one that got the most, the others in proportion."""
    check_not_closed(one.launch)
    if is_open(one, now):
        raise Problem(409, _("The vote is still open; its result can be taken over after its end."))
    outcome = outcome_of(one)
    result = next((each for each in outcome.results if each.issue == issue_id), None)
    if result is None:
        raise Problem(404, _("IS-%(issue)s did not stand to choose in this vote.") % {"issue": issue_id})
    if not outcome.voters:
        raise Problem(409, _("Nobody voted, so there is no result to take over."))
    reason = ngettext(
        "vote %(key)s: %(share)s%% of what %(voters)s voter gave",
        "vote %(key)s: %(share)s%% of what %(voters)s voters gave",
        outcome.voters,
    ) % {"key": one.key, "share": round(100 * result.share), "voters": outcome.voters}
    overrides.override_issue(issue_id, field="business_value", value=result.value, reason=reason, actor=actor, now=now)
    candidate = one.candidates.get(issue=issue_id)
    candidate.applied_at, candidate.applied_by_name, candidate.applied_value = now, actor.name, result.value
    candidate.save(update_fields=["applied_at", "applied_by_name", "applied_value"])
    record(
        one.launch,
        [Entry(one.key, "vote.applied", {"issue": f"IS-{issue_id}", "value": result.value})],
        actor=actor,
        now=now,
    )
    return candidate
