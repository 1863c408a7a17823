"""This module answers how a launch's text model does, trains, promotes and rolls it back, and takes old tickets."""

from dataclasses import asdict
from types import SimpleNamespace
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from hypercare.core import clock
from hypercare.core.access import Principal, access_launch
from hypercare.core.api.given import given
from hypercare.core.roles import Right
from triage.api.schema import PROBLEMS
from triage.categories import CATEGORIES, SENTIMENTS
from triage.classify.versions import FIELDS, NAME
from triage.learn import champions, tickets, trainings
from triage.learn.card import Card, card_of
from triage.learn.questions import questions_of
from triage.learn.ticket_words import Mapping
from triage.match.judge import NAME as MATCHING
from triage.models import ModelVersion, TicketImport, Training

_COLUMNS = ("title", "body", "category", "severity", "sentiment", "happened_at")
_SAME = {name: {value: value for value in values} for name, values in (
    ("category", CATEGORIES), ("severity", tuple("12345")), ("sentiment", SENTIMENTS))}  # fmt: skip


class VersionShape(serializers.ModelSerializer[ModelVersion]):
    """One version of the launch's model."""

    class Meta:
        model = ModelVersion
        fields = ("number", "trained_at", "standing", "reason", "learned_until", "decided_from", "figures")

    def to_representation(self, instance: ModelVersion) -> dict[str, Any]:
        """Without who taught it: that stands under `voices`, for those who triage."""
        shown: dict[str, Any] = super().to_representation(instance)
        return shown | {"figures": {name: value for name, value in shown["figures"].items() if name != "voices"}}


class TrainingShape(serializers.ModelSerializer[Training]):
    """One training and what came of it."""

    class Meta:
        model = Training
        fields = ("asked_name", "asked_at", "begun_at", "ended_at", "outcome", "reason", "seconds")


class MatchingShape(serializers.Serializer[Any]):
    """By which weights pairs of issues are judged."""

    deciding = serializers.IntegerField(
        allow_null=True, help_text="The launch's own version in force; null where the shipped weights rank."
    )
    is_held_back = serializers.BooleanField(help_text="Somebody rolled back: new versions wait to be promoted by hand.")
    merges_from = serializers.FloatField(
        allow_null=True, help_text="The probability from which it merges unasked; null where the shipped rule says."
    )
    answers = serializers.DictField(help_text="How many pairs people called `same` and `different`.")
    figures = serializers.DictField(
        help_text="Of the version in force: its weights, and on held-out answers how right it and the one before were."
    )
    versions = VersionShape(many=True)


class ModelShape(serializers.Serializer[Any]):
    """The model card."""

    deciding = serializers.IntegerField(
        allow_null=True, help_text="The version in force; of the shipped model where `is_own` is false."
    )
    is_own = serializers.BooleanField()
    is_broken = serializers.BooleanField(
        help_text="The launch's version has no whole file; the shipped model stands in."
    )
    is_in_memory_alone = serializers.BooleanField(
        help_text="The shipped model's file cannot be written: each worker learns it at its start and holds it."
    )
    figures = serializers.DictField(help_text="By field: accuracy, macro F1, classes, reliability, calibration error.")
    written = serializers.DictField(help_text="By field and class, how many texts people wrote of it.")
    voices = serializers.ListField(
        child=serializers.DictField(), help_text="Who taught how much; for those who triage."
    )
    ways = serializers.DictField(
        help_text="How many labels people gave by correcting, confirming, letting stand, refusing."
    )
    drift = serializers.DictField()
    is_held_back = serializers.BooleanField(help_text="Somebody rolled back: new versions wait to be promoted by hand.")
    versions = VersionShape(many=True)
    trainings = TrainingShape(many=True)
    running = TrainingShape(allow_null=True, help_text="The training that waits or runs.")
    matching = MatchingShape()


class WhichShape(serializers.Serializer[Any]):
    """Which model is meant: the one that reads texts, or the one that tells the same problem."""

    model = serializers.ChoiceField((NAME, MATCHING), default=NAME)


class NumberShape(WhichShape):
    """Which version."""

    version = serializers.IntegerField(min_value=1, max_value=2**31 - 1)


class QuestionShape(serializers.Serializer[Any]):
    """A report whose answer would teach much; answer by overriding the field on the report."""

    id = serializers.CharField()
    title = serializers.CharField()
    body = serializers.CharField()
    said = serializers.CharField()
    confidence = serializers.FloatField(allow_null=True)


class TicketShape(serializers.Serializer[Any]):
    """One old ticket in our words."""

    title = serializers.CharField(max_length=300, required=False, allow_blank=True)
    body = serializers.CharField(max_length=tickets.LONGEST_CELL, required=False, allow_blank=True)
    category = serializers.ChoiceField(CATEGORIES, required=False)
    severity = serializers.ChoiceField(tuple("12345"), required=False)
    sentiment = serializers.ChoiceField(SENTIMENTS, required=False)
    happened_at = serializers.DateTimeField(required=False)


class TicketsShape(serializers.Serializer[Any]):
    """Old tickets to learn from."""

    name = serializers.CharField(max_length=120)
    tickets = serializers.ListField(child=TicketShape(), allow_empty=False, max_length=tickets.MOST_TICKETS)


class ImportShape(serializers.ModelSerializer[TicketImport]):
    """An import, and how far it is."""

    read = serializers.IntegerField()
    refused = serializers.IntegerField()

    class Meta:
        model = TicketImport
        fields = ("id", "name", "uploaded_at", "started_at", "ended_at", "tickets", "redactions", "read", "refused")


def _imports(*runs: TicketImport) -> list[Any]:
    told: Any = [
        SimpleNamespace(**vars(run), read=progress.read, refused=progress.refused)
        for run, progress in zip(runs, tickets.progress_of(*runs), strict=True)
    ]
    return list(ImportShape(told, many=True).data)


def _shape(card: Card, *, with_people: bool) -> dict[str, Any]:
    version = card.deciding.version
    return {
        "deciding": version.number if version else None,
        "is_own": card.deciding.is_own,
        "is_broken": card.deciding.is_broken,
        "is_in_memory_alone": card.deciding.is_in_memory_alone,
        "figures": {one.field: one.figures for one in card.fields},
        "written": {one.field: {line.value: line.written for line in one.classes} for one in card.fields},
        "voices": [asdict(voice) for voice in card.voices] if with_people else [],
        "ways": card.ways,
        "drift": {one.what: round(one.index, 4) for one in card.drift.moved},
        "is_held_back": card.is_held_back,
        "versions": VersionShape(card.versions, many=True).data,
        "trainings": TrainingShape(card.trainings, many=True).data,
        "running": TrainingShape(card.running).data if card.running else None,
        "matching": _matching(card),
    }


def _matching(card: Card) -> dict[str, Any]:
    deciding = card.matching.deciding
    figures = deciding.figures if deciding else {}
    return {
        "deciding": deciding.number if deciding else None,
        "is_held_back": card.matching.is_held_back,
        "merges_from": figures["judge"]["merge_at"] if figures else None,
        "answers": {"same": 0, "different": 0} | card.pairs,
        "figures": figures,
        "versions": VersionShape(card.matching.versions, many=True).data,
    }


class Model(APIView):
    """A launch's text model."""

    @extend_schema(operation_id="model_read", responses={200: ModelShape, **PROBLEMS})
    def get(self, request: Request, slug: str) -> Response:
        """The model card: what decides, how good it is, what it rests on, what has drifted."""
        principal = Principal.of(request)
        launch = access_launch(principal, slug, right=Right.READ)
        with_people = Right.TRIAGE in principal.rights_in(launch)
        return Response(_shape(card_of(launch, now=clock.now()), with_people=with_people))


class Train(APIView):
    """Training on demand."""

    @extend_schema(operation_id="model_train", request=None, responses={202: TrainingShape, **PROBLEMS})
    def post(self, request: Request, slug: str) -> Response:
        """Asks for a training; the one under way where there is one."""
        principal = Principal.of(request)
        launch = access_launch(principal, slug, right=Right.MANAGE)
        return Response(TrainingShape(trainings.ask(launch, actor=principal.actor, now=clock.now())).data, status=202)


class Promote(APIView):
    """A version made to decide by hand."""

    @extend_schema(operation_id="model_promote", request=NumberShape, responses={200: VersionShape, **PROBLEMS})
    def post(self, request: Request, slug: str) -> Response:
        """Lets a version decide from now on."""
        principal = Principal.of(request)
        launch = access_launch(principal, slug, right=Right.MANAGE)
        said = given(NumberShape, request.data)
        number, name = said["version"], said["model"]
        promoted = champions.promote(launch, number, name=name, actor=principal.actor, now=clock.now())
        return Response(VersionShape(promoted).data)


class RollBack(APIView):
    """The word given back to what decided before."""

    @extend_schema(operation_id="model_roll_back", request=WhichShape, responses={200: ModelShape, **PROBLEMS})
    def post(self, request: Request, slug: str) -> Response:
        """Back to the version before, or to the shipped model; 409 where that decides already."""
        principal = Principal.of(request)
        launch = access_launch(principal, slug, right=Right.MANAGE)
        said = given(WhichShape, request.data)
        champions.roll_back(launch, name=said["model"], actor=principal.actor, now=clock.now())
        return Response(_shape(card_of(launch, now=clock.now()), with_people=True))


class Questions(APIView):
    """What to ask people."""

    @extend_schema(
        operation_id="model_questions",
        parameters=[OpenApiParameter("field", str, enum=FIELDS)],
        responses={200: QuestionShape(many=True), **PROBLEMS},
    )
    def get(self, request: Request, slug: str) -> Response:
        """At most twenty reports whose answers would teach most, the most telling first."""
        launch = access_launch(Principal.of(request), slug, right=Right.TRIAGE)
        field = request.query_params.get("field", FIELDS[0])
        found = questions_of(launch, field=field if field in FIELDS else FIELDS[0], now=clock.now())
        told = [
            {"id": one.report.key, "title": one.report.title, "body": one.report.body[:2000], "said": one.said.value,
             "confidence": one.said.confidence}
            for one in found
        ]  # fmt: skip
        return Response(told)


class Tickets(APIView):
    """Old tickets."""

    @extend_schema(operation_id="model_tickets_list", responses={200: ImportShape(many=True), **PROBLEMS})
    def get(self, request: Request, slug: str) -> Response:
        """The newest fifty imports and how far they are."""
        launch = access_launch(Principal.of(request), slug, right=Right.MANAGE)
        return Response(_imports(*TicketImport.objects.filter(launch=launch).order_by("-id")[:50]))

    @extend_schema(operation_id="model_tickets", request=TicketsShape, responses={202: ImportShape, **PROBLEMS})
    def post(self, request: Request, slug: str) -> Response:
        """Takes tickets whose types, severities and tones are in our words; they teach the next training."""
        principal = Principal.of(request)
        launch = access_launch(principal, slug, right=Right.MANAGE)
        said = given(TicketsShape, request.data)
        lines = [(line, [_cell(ticket, name) for name in _COLUMNS]) for line, ticket in enumerate(said["tickets"], 1)]
        table = tickets.Table(list(_COLUMNS), lines)
        run = tickets.upload(launch, table, name=said["name"], actor=principal.actor, now=clock.now())
        mapping = Mapping({name: at for at, name in enumerate(_COLUMNS)}, _SAME)
        tickets.start(run, mapping, actor=principal.actor, now=clock.now())
        run.refresh_from_db()
        return Response(_imports(run)[0], status=202)


class OneImport(APIView):
    """One file of old tickets."""

    @extend_schema(operation_id="model_tickets_read", responses={200: ImportShape, **PROBLEMS})
    def get(self, request: Request, slug: str, pk: int) -> Response:
        """How far it is."""
        launch = access_launch(Principal.of(request), slug, right=Right.MANAGE)
        return Response(_imports(tickets.find(launch, pk))[0])

    @extend_schema(operation_id="model_tickets_remove", responses={204: None, **PROBLEMS})
    def delete(self, request: Request, slug: str, pk: int) -> Response:
        """Removes all its tickets, read or not, and ends the reading; what versions learned of them stays in these."""
        principal = Principal.of(request)
        launch = access_launch(principal, slug, right=Right.MANAGE)
        tickets.remove(tickets.find(launch, pk), actor=principal.actor, now=clock.now())
        return Response(status=204)


def _cell(ticket: dict[str, Any], name: str) -> str:
    value = ticket.get(name, "")
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
