"""This module is the API of reports: post one or many, read them with what triage decided."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from feedback import intake
from feedback.models import MACHINE_CHANNELS, Channel, Feedback
from feedback.report import Report, ReportErrors, read_report
from gateway_ingest import evidence
from hypercare.core import clock
from hypercare.core.access import Principal, access_launch
from hypercare.core.api.pages import NewestFirst
from hypercare.core.api.parsing import RawBody, parse_json, parse_json_rows
from hypercare.core.idempotency import answer_once
from hypercare.core.models import Launch
from hypercare.core.problem import FieldError, Problem, wrong
from hypercare.core.roles import RIGHTS_OF_ROLE, Right
from triage import overrides
from triage.access import access_feedback
from triage.api import schema
from triage.api.shapes import decisions_shape, feedback_shape
from triage.filters import FeedbackFilter, by_custom_fields, refuse_unknown
from triage.models import SecondOpinion

_OWN_CHANNELS = frozenset({Channel.WIDGET, Channel.PORTAL, Channel.API})
_STAFF_CHANNELS = frozenset(Channel) - MACHINE_CHANNELS


def _channels_of(rights: frozenset[Right]) -> frozenset[str]:
    """What a sender may claim to be: machines are for those who may connect them, notes and others' mail for staff."""
    if Right.INGEST in rights:
        return frozenset(Channel)
    return _STAFF_CHANNELS if Right.WRITE_NOTES in rights else _OWN_CHANNELS


# By role, since a token that only sends feedback must be able to bring in mail and chat.
_CHANNELS_OF_ROLE = {role: _channels_of(rights) for role, rights in RIGHTS_OF_ROLE.items()}

BULK_ROWS = 10_000
BULK_BYTES = 64 * 1024 * 1024


class _Array(RawBody):
    """A JSON array, whose rows are answered one by one."""

    media_type = "application/json"
    limit = BULK_BYTES


class _Lines(_Array):
    """One JSON object a line."""

    media_type = "application/x-ndjson"


def _launch_of(data: object, principal: Principal, *, right: Right) -> Launch:
    slug = data.get("launch") if isinstance(data, dict) else None
    if not isinstance(slug, str) or not slug:
        detail = _("“launch” is missing; send the launch's short name as a text.")
        raise wrong("/launch", detail)
    return access_launch(principal, slug, right=right)


def _report_of(data: object, principal: Principal, *, role: str) -> tuple[Report, list[str]]:
    """The report, from channels the sender's role may speak for; who only reports speaks for nobody else."""
    report, ignored = read_report(data, source=principal.source, channels=_CHANNELS_OF_ROLE[role])
    if Right.WRITE_NOTES not in RIGHTS_OF_ROLE[role]:
        report = replace(
            report,
            reporter_email=principal.user.email,
            reporter_name=principal.user.name or report.reporter_name,
            reporter_external_id="",
        )
    return report, ignored


def created(receipt: intake.Receipt) -> dict[str, Any]:
    """The answer to a report that was taken."""
    body: dict[str, Any] = {"id": receipt.key, "status_url": None}
    if receipt.status_path:
        body["status_url"] = settings.PUBLIC_URL + receipt.status_path
    return body | {"replayed": True} if receipt.replayed else body


class FeedbackList(APIView):
    """Reports of a launch."""

    @extend_schema(
        operation_id="feedback_create",
        request=schema.REPORT,
        parameters=[
            OpenApiParameter(
                "Idempotency-Key",
                str,
                OpenApiParameter.HEADER,
                description="Repeats give the first answer for 24 h.",
            )
        ],
        responses={201: schema.RECEIPT, 200: schema.RECEIPT, **schema.PROBLEMS},
    )
    def post(self, request: Request) -> Response:
        """Takes one report; 201 with its name and secret page, 200 when it repeats an external id."""
        principal, now = Principal.of(request), clock.now()
        data = request.data
        launch = _launch_of(data, principal, right=Right.REPORT)

        def run() -> tuple[int, Any]:
            try:
                report, ignored = _report_of(data, principal, role=principal.role_in(launch) or "")
            except ReportErrors as refused:
                raise Problem(400, refused.errors[0].detail, errors=refused.errors) from None
            receipt = intake.accept(launch, report, actor=principal.actor, now=now)
            body = created(receipt) | ({"ignored": ignored} if ignored else {})
            return (200 if receipt.replayed else 201), body

        (status, body), _replayed = answer_once(
            request.headers.get("Idempotency-Key", ""),
            owner=principal.source,
            method="POST",
            path=request.path,
            body=json.dumps(data, sort_keys=True).encode(),
            now=now,
            run=run,
        )
        return Response(body, status=status)

    @extend_schema(
        operation_id="feedback_list",
        parameters=[
            OpenApiParameter("launch", str, required=True),
            OpenApiParameter("q", str),
            OpenApiParameter("cursor", str),
            OpenApiParameter("page_size", int),
        ],
        responses={200: schema.FEEDBACK_PAGE, **schema.PROBLEMS},
    )
    def get(self, request: Request) -> Response:
        """Reports of a launch, newest first, with the inbox's filters."""
        principal = Principal.of(request)
        launch = access_launch(principal, request.query_params.get("launch", ""), right=Right.READ)
        rows = Feedback.objects.filter(launch=launch).select_related("launch", "component", "team", "reporter")
        refuse_unknown(request.query_params, FeedbackFilter, fields=True)
        found = FeedbackFilter(request.query_params, rows)
        if not found.is_valid():
            errors = tuple(FieldError(f"/{name}", str(texts[0])) for name, texts in found.errors.items())
            raise Problem(400, errors[0].detail, errors=errors)
        pages = NewestFirst()
        page = pages.paginate_queryset(by_custom_fields(found.qs, request.query_params, launch), request, view=self)
        with_person = Right.TRIAGE in principal.rights_in(launch)
        return pages.get_paginated_response([feedback_shape(row, with_person=with_person) for row in page or []])


class FeedbackBulk(APIView):
    """Many reports at once."""

    parser_classes = [_Array, _Lines]

    @extend_schema(
        operation_id="feedback_bulk",
        request={"application/json": schema.REPORTS, "application/x-ndjson": OpenApiTypes.STR},
        responses={200: schema.BULK_ANSWER, **schema.PROBLEMS},
    )
    def post(self, request: Request) -> Response:
        """Takes up to 10,000 reports as a JSON array or NDJSON and answers for each row in its place."""
        principal, now = Principal.of(request), clock.now()
        body = request.data if isinstance(request.data, bytes) else b""

        def run() -> tuple[int, Any]:
            rows = list(_rows(body, request.content_type or ""))
            return 200, _take(rows, principal, now=now)

        key = request.headers.get("Idempotency-Key", "")
        (status, answer), _replayed = answer_once(
            key, owner=principal.source, method="POST", path=request.path, body=body, now=now, run=run
        )
        return Response(answer, status=status)


def _rows(body: bytes, content_type: str) -> Iterator[object]:
    """The rows of a bulk body; a line that is no JSON is a Problem in its place."""
    if content_type.startswith("application/x-ndjson"):
        lines = [(number, line) for number, line in enumerate(body.splitlines(), 1) if line.strip()]
        _check_count(len(lines))
        for number, line in lines:
            try:
                yield parse_json(line)
            except Problem as problem:
                yield Problem(problem.status, _("Line %(number)s: %(problem)s") % {
                    "number": number, "problem": problem.detail}, errors=problem.errors)  # fmt: skip
        return
    rows = parse_json_rows(body, max_bytes=BULK_BYTES)
    _check_count(len(rows))
    yield from rows


def _check_count(count: int) -> None:
    if count > BULK_ROWS:
        raise Problem(
            413,
            _("%(count)s rows are too many; send at most %(limit)s at once.") % {"count": count, "limit": BULK_ROWS},
        )


def _take(rows: list[object], principal: Principal, *, now: datetime) -> dict[str, Any]:
    answers: list[dict[str, Any]] = [{} for _row in rows]
    places: dict[str, _Place | Problem] = {}
    waiting: dict[int, list[tuple[int, Report]]] = {}
    found: dict[int, Launch] = {}
    for index, row in enumerate(rows):
        try:
            launch, report = _read_row(row, principal, places)
        except Problem as problem:
            answers[index] = _refused(index, problem)
            continue
        found[launch.pk] = launch
        waiting.setdefault(launch.pk, []).append((index, report))
    for pk, entries in sorted(
        waiting.items()
    ):  # one order of launches for everyone, since a key makes it one transaction
        try:
            taken = intake.accept_many(
                found[pk], [report for _index, report in entries], actor=principal.actor, now=now
            )
        except Problem as problem:
            for index, _report in entries:
                answers[index] = _refused(index, problem)
            continue
        for (index, _report), answer in zip(entries, taken, strict=True):
            if isinstance(answer, intake.Refusal):
                answers[index] = _refused(index, Problem(400, answer.errors[0].detail, errors=answer.errors))
            else:
                answers[index] = {"index": index, "status": 200 if answer.replayed else 201} | created(answer)
    statuses = [answer["status"] for answer in answers]
    counts = {"accepted": statuses.count(201), "replayed": statuses.count(200)}
    return counts | {"rejected": len(statuses) - sum(counts.values()), "results": answers}


@dataclass(frozen=True)
class _Place:
    """A launch and what the sender is there, looked up once for all rows of a bulk."""

    launch: Launch
    role: str


def _read_row(row: object, principal: Principal, places: dict[str, _Place | Problem]) -> tuple[Launch, Report]:
    if isinstance(row, Problem):
        raise row
    slug = row.get("launch") if isinstance(row, dict) else None
    name = slug if isinstance(slug, str) else ""
    if name not in places:
        try:
            launch = _launch_of(row, principal, right=Right.REPORT)
            places[name] = _Place(launch, principal.role_in(launch) or "")
        except Problem as problem:
            places[name] = problem
    place = places[name]
    if isinstance(place, Problem):
        raise place
    try:
        return place.launch, _report_of(row, principal, role=place.role)[0]
    except ReportErrors as refused:
        raise Problem(400, refused.errors[0].detail, errors=refused.errors) from None


def _refused(index: int, problem: Problem) -> dict[str, Any]:
    return {
        "index": index,
        "status": problem.status,
        "detail": problem.detail,
        "errors": [e.as_json() for e in problem.errors],
    }


class FeedbackDetail(APIView):
    """One report."""

    @extend_schema(operation_id="feedback_read", responses={200: schema.FEEDBACK, **schema.PROBLEMS})
    def get(self, request: Request, key: str) -> Response:
        """The report with every decision about it, newest first."""
        principal = Principal.of(request)
        row = access_feedback(principal, key, right=Right.READ)
        with_person = Right.TRIAGE in principal.rights_in(row.launch)
        decisions = row.decisions.order_by("-id")
        match = row.matches.filter(ended_at=None).first()
        matched = (
            {
                "issue": f"IS-{match.issue_id}",
                "origin": match.origin,
                "confidence": match.confidence,
                "reason": match.reason,
            }
            if match
            else None
        )
        pieces = [piece.as_json() for piece in evidence.evidence_of(row, now=clock.now())]
        opinion = SecondOpinion.objects.filter(feedback=row, problem="").first()
        more = {
            "decisions": decisions_shape(decisions),
            "match": matched,
            "evidence": pieces,
            "second_opinion": {"model": opinion.model, **opinion.answers} if opinion else None,
        }
        return Response(feedback_shape(row, with_person=with_person) | more)


class FeedbackOverride(APIView):
    """A person's verdict on one report."""

    @extend_schema(
        operation_id="feedback_override",
        request=schema.OVERRIDE,
        responses={200: schema.FEEDBACK, **schema.PROBLEMS},
    )
    def post(self, request: Request, key: str) -> Response:
        """Sets a field by hand, or with `release` gives it back to the machine.

        Fields are category, severity, sentiment, component, ai_failure, governance, language and spam. Spam is spam or
        noise, which sets the report aside, or genuine, which lets it back into triage.
        """
        principal = Principal.of(request)
        row = access_feedback(principal, key, right=Right.TRIAGE)
        order = schema.read_order(request.data, texts=("field", "reason"))
        common: dict[str, Any] = {"field": order["field"], "actor": principal.actor, "now": clock.now()}
        if order.get("release") is True:
            overrides.release_feedback(row, **common)
        else:
            overrides.override_feedback(row, value=order.get("value"), reason=order["reason"], **common)
        return Response(feedback_shape(access_feedback(principal, key, right=Right.READ), with_person=True))
