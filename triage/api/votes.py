"""This module is the API of votes: list and open them, read one, vote, end it, and take its results over."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from hypercare.core import clock
from hypercare.core.access import Principal, access_launch
from hypercare.core.api.pages import NewestFirst
from hypercare.core.models import Launch
from hypercare.core.problem import wrong
from hypercare.core.roles import Right
from triage.access import number_in
from triage.api.schema import PROBLEMS, read_order
from triage.models import Method, VotingRound
from triage.views.votes import issues_named
from triage.votes import rounds
from triage.votes.page import VotePage, vote_page
from triage.votes.rounds import Question, access_round
from triage.votes.tally import Result
from triage.warroom import words

_TEXTS = ("question", "method", "closes_at", "issue")


class VoteResultShape(serializers.Serializer[Any]):
    """One issue's result."""

    share = serializers.FloatField()
    given = serializers.IntegerField()
    least = serializers.IntegerField(help_text="The least that a voter gave it.")
    most = serializers.IntegerField()
    supporters = serializers.IntegerField(help_text="How many gave it any.")
    value = serializers.FloatField(help_text="The business value it would become: 10 for the one that got the most.")


class CandidateShape(serializers.Serializer[Any]):
    """An issue that stands to choose."""

    issue = serializers.CharField()
    title = serializers.CharField()
    mine = serializers.IntegerField(help_text="What you gave it.")
    result = VoteResultShape(allow_null=True)
    applied_value = serializers.FloatField(allow_null=True)
    applied_by = serializers.CharField()


class RoundShape(serializers.Serializer[Any]):
    """A vote as you may see it."""

    id = serializers.CharField()
    question = serializers.CharField()
    method = serializers.ChoiceField(choices=Method.choices)
    each = serializers.IntegerField(help_text="How many points or dots a voter has.")
    is_open = serializers.BooleanField()
    is_hidden = serializers.BooleanField(help_text="No results until the end.")
    opened_at = serializers.DateTimeField()
    closes_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)


class WholeRoundShape(RoundShape):
    """A vote with what stands to choose and what came of it so far."""

    voters = serializers.IntegerField()
    invited = serializers.IntegerField()
    agreement = serializers.FloatField(
        allow_null=True, help_text="What any two voters gave to the same issues, as a share, on the mean of all pairs."
    )
    sentence = serializers.CharField()
    candidates = CandidateShape(many=True)


class RoundPageShape(serializers.Serializer[Any]):
    """Votes, newest first."""

    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    results = RoundShape(many=True)


class QuestionShape(serializers.Serializer[Any]):
    """A new vote: about `issues`, or about the `top` so many of the ranking."""

    question = serializers.CharField()
    method = serializers.ChoiceField(choices=Method.choices)
    closes_at = serializers.DateTimeField()
    issues = serializers.ListField(child=serializers.CharField(), required=False)
    top = serializers.IntegerField(required=False)
    dots = serializers.IntegerField(required=False)
    is_hidden = serializers.BooleanField(required=False)


class BallotShape(serializers.Serializer[Any]):
    """What you give, by key: 100 points in all, or as many dots as each has."""

    given = serializers.DictField(child=serializers.IntegerField())


class ApplyShape(serializers.Serializer[Any]):
    """Which result becomes a value."""

    issue = serializers.CharField()


class Votes(APIView):
    """Votes of a launch."""

    @extend_schema(
        operation_id="votes_list",
        parameters=[OpenApiParameter("cursor", str)],
        responses={200: RoundPageShape, **PROBLEMS},
    )
    def get(self, request: Request, slug: str) -> Response:
        """Votes, newest first."""
        launch = access_launch(Principal.of(request), slug, right=Right.READ)
        pages = NewestFirst()
        page: list[VotingRound] = pages.paginate_queryset(rounds.rounds_of(launch), request, view=self) or []
        return pages.get_paginated_response([_round(one) for one in page])

    @extend_schema(operation_id="votes_open", request=QuestionShape, responses={201: WholeRoundShape, **PROBLEMS})
    def post(self, request: Request, slug: str) -> Response:
        """Opens a vote; everybody who may vote is asked."""
        principal = Principal.of(request)
        launch = access_launch(principal, slug, right=Right.MANAGE)
        said = read_order(request.data, texts=_TEXTS)
        opened = rounds.open_round(launch, _question(launch, said), actor=principal.actor, now=clock.now())
        return Response(_whole(opened, principal), status=201)


class Vote(APIView):
    """One vote."""

    @extend_schema(operation_id="votes_read", responses={200: WholeRoundShape, **PROBLEMS})
    def get(self, request: Request, key: str) -> Response:
        """What stands to choose, what you gave, and the result where it is shown."""
        principal = Principal.of(request)
        return Response(_whole(access_round(principal, key, right=Right.READ), principal))


class VoteBallot(APIView):
    """Your ballot."""

    @extend_schema(operation_id="votes_cast", request=BallotShape, responses={200: WholeRoundShape, **PROBLEMS})
    def put(self, request: Request, key: str) -> Response:
        """Votes, or votes anew: the last ballot before the end counts; 409 after it."""
        principal = Principal.of(request)
        one = access_round(principal, key, right=Right.VOTE)
        said = read_order(request.data, texts=())
        given = said.get("given")
        if not isinstance(given, dict):
            raise wrong("/given", _("Send “given” as an object: a key such as IS-12, and what you give it."))
        rounds.cast(one, given, voter=principal.user, now=clock.now())
        return Response(_whole(one, principal))


class VoteClose(APIView):
    """The end of a vote."""

    @extend_schema(operation_id="votes_close", request=None, responses={200: WholeRoundShape, **PROBLEMS})
    def post(self, request: Request, key: str) -> Response:
        """Ends it before its time; one that has ended stays as it is."""
        principal = Principal.of(request)
        one = access_round(principal, key, right=Right.MANAGE)
        return Response(_whole(rounds.close(one, actor=principal.actor, now=clock.now()), principal))


class VoteApply(APIView):
    """A result that becomes a value."""

    @extend_schema(operation_id="votes_apply", request=ApplyShape, responses={200: WholeRoundShape, **PROBLEMS})
    def post(self, request: Request, key: str) -> Response:
        """Makes the result of one issue its business value; the vote is its origin."""
        principal = Principal.of(request)
        one = access_round(principal, key, right=Right.MANAGE)
        said = read_order(request.data, texts=_TEXTS)
        issue = number_in(said["issue"])
        if issue is None:
            raise wrong("/issue", _("Write the issue's key, such as IS-12."))
        rounds.apply(one, issue, actor=principal.actor, now=clock.now())
        return Response(_whole(one, principal))


def _question(launch: Launch, said: dict[str, Any]) -> Question:
    named, top = said.get("issues"), said.get("top")
    if named is not None and not (isinstance(named, list) and all(isinstance(one, str) for one in named)):
        raise wrong("/issues", _("Send “issues” as a list of keys such as IS-12."))
    dots, hidden = said.get("dots", rounds.USUAL_DOTS), said.get("is_hidden", True)
    for name, value, kind in (("top", top or 0, int), ("dots", dots, int), ("is_hidden", hidden, bool)):
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            detail = _("“%(name)s” must be %(kind)s.") % {
                "name": name, "kind": _("true or false") if kind is bool else _("a whole number")}  # fmt: skip
            raise wrong(f"/{name}", detail)
    closes_at = words.moment(said["closes_at"], "closes_at")
    if closes_at is None:
        raise wrong("/closes_at", _("Say when it ends."))
    issues = issues_named(launch, named[:60]) if named else rounds.first_issues(launch, top or 0)
    return Question(said["question"], issues, said["method"], closes_at, dots, hidden)


def _round(one: VotingRound) -> dict[str, Any]:
    plain = {name: getattr(one, name) for name in ("question", "method", "each", "is_hidden")}
    moments = {name: getattr(one, name) for name in ("opened_at", "closes_at", "closed_at")}
    return {"id": one.key, "is_open": rounds.is_open(one, clock.now()), **plain, **moments}


def _whole(one: VotingRound, principal: Principal) -> dict[str, Any]:
    shown: VotePage = vote_page(one, reader=principal.user, now=clock.now())
    return _round(one) | {
        "voters": shown.voters,
        "invited": shown.invited,
        "agreement": shown.outcome.agreement if shown.outcome else None,
        "sentence": shown.sentence,
        "candidates": [
            {
                "issue": line.candidate.issue.key,
                "title": line.candidate.issue.title,
                "mine": line.mine,
                "result": _result(line.result),
                "applied_value": line.candidate.applied_value,
                "applied_by": line.candidate.applied_by_name,
            }
            for line in shown.lines
        ],
    }


def _result(found: Result | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {name: getattr(found, name) for name in ("share", "given", "least", "most", "supporters", "value")}
