"""This module is the API of the proof of fixes: deployments of an issue, verdicts, errors in traffic, blind spots."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from hypercare.core import clock
from hypercare.core.access import Principal, access_launch
from hypercare.core.api.given import given
from hypercare.core.models import Launch
from hypercare.core.problem import wrong
from hypercare.core.roles import Right
from triage.access import access_issue
from triage.api import schema
from triage.api.asked import asked
from triage.api.shapes import moment
from triage.models import Fix, Issue, Lane, Verdict
from triage.proof import blind, lanes, links, matched, notices, overview, panel, verdicts
from triage.proof.standing import fixes_in_force


class FixPosted(serializers.Serializer[Fix]):
    """A deployment as DP-3; `linked` false says that it does not carry the fix."""

    deployment = serializers.CharField(max_length=24)
    linked = serializers.BooleanField(default=True)


class VerdictPosted(serializers.Serializer[Verdict]):
    """A person's word about a deployment's fix; without one the person's word is taken back."""

    deployment = serializers.CharField(max_length=24)
    word = serializers.ChoiceField(
        choices=[str(word) for word in verdicts.SAYABLE], required=False, allow_blank=True, default=""
    )
    reason = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")


class LanePosted(serializers.Serializer[Issue]):
    """By which lane it goes out; empty leaves it to the rule."""

    lane = serializers.ChoiceField(choices=[str(lane) for lane in Lane], allow_blank=True)
    reason = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")


class NoticePosted(serializers.Serializer[Issue]):
    """Whether the drafted message is sent, and in which words."""

    send = serializers.BooleanField()
    words = serializers.CharField(max_length=notices.LONGEST, required=False, allow_blank=True, default="")


class ErrorsPosted(serializers.Serializer[Issue]):
    """Whether errors of a route belong to the issue."""

    component = serializers.CharField(max_length=200, allow_blank=True)
    route = serializers.CharField(max_length=200, allow_blank=True)
    belongs = serializers.BooleanField()


class RulesPosted(serializers.Serializer[Launch]):
    """What fixes may do by themselves."""

    verifies = serializers.BooleanField()
    tells = serializers.BooleanField()


class IssueFixes(APIView):
    """The deployments that carry an issue's fix, with what traffic says of them."""

    @extend_schema(operation_id="issues_fixes", responses={200: schema.FIXES, **schema.PROBLEMS})
    def get(self, request: Request, key: str) -> Response:
        """The newest first, each with the verdict in force and the machine's own with its counts."""
        return Response(_fixes(access_issue(Principal.of(request), key, right=Right.READ)))

    @extend_schema(
        operation_id="issues_fixes_link", request=FixPosted, responses={200: schema.FIXES, **schema.PROBLEMS}
    )
    def post(self, request: Request, key: str) -> Response:
        """Links a deployment, or takes the link away."""
        who, issue, said = asked(request, key, FixPosted)
        change = links.link_by_hand if said["linked"] else links.unlink
        change(issue.pk, said["deployment"], actor=who.actor, now=clock.now())
        return Response(_fixes(issue))


class IssueVerdict(APIView):
    """A person's word about a fix."""

    @extend_schema(
        operation_id="issues_verdict", request=VerdictPosted, responses={200: schema.FIXES, **schema.PROBLEMS}
    )
    def post(self, request: Request, key: str) -> Response:
        """It stands against the machine's until it is taken back."""
        who, issue, said = asked(request, key, VerdictPosted)
        row = links.deployment_named(issue, said["deployment"])
        fix = fixes_in_force(issue.pk).filter(deployment=row).values_list("pk", flat=True).first() or 0
        common: dict[str, Any] = {"actor": who.actor, "now": clock.now()}
        if said["word"]:
            verdicts.overrule(issue.pk, fix, word=said["word"], reason=said["reason"], **common)
        else:
            verdicts.release(issue.pk, fix, **common)
        return Response(_fixes(issue))


class IssueLane(APIView):
    """By which lane a fix goes out."""

    @extend_schema(operation_id="issues_lane", request=LanePosted, responses={200: schema.FIXES, **schema.PROBLEMS})
    def post(self, request: Request, key: str) -> Response:
        """Sets the lane by hand, or leaves it to the rule."""
        who, issue, said = asked(request, key, LanePosted)
        lanes.set_lane(issue.pk, **said, actor=who.actor, now=clock.now())
        return Response(_fixes(issue))


class IssueNotice(APIView):
    """The message to the reporters of a verified fix."""

    @extend_schema(operation_id="issues_notice", request=NoticePosted, responses={200: schema.FIXES, **schema.PROBLEMS})
    def post(self, request: Request, key: str) -> Response:
        """Sends the draft or drops it; 409 where none waits."""
        who, issue, said = asked(request, key, NoticePosted)
        if said["send"]:
            notices.send(issue.pk, words=said["words"], actor=who.actor, now=clock.now())
        else:
            notices.drop(issue.pk, actor=who.actor, now=clock.now())
        return Response(_fixes(issue))


class IssueErrors(APIView):
    """Errors in traffic that were found near an issue's reports."""

    @extend_schema(operation_id="issues_errors", responses={200: schema.ERRORS, **schema.PROBLEMS})
    def get(self, request: Request, key: str) -> Response:
        """With scores, reasons and what people said of them."""
        return Response(_errors(access_issue(Principal.of(request), key, right=Right.READ)))

    @extend_schema(
        operation_id="issues_errors_answer", request=ErrorsPosted, responses={200: schema.ERRORS, **schema.PROBLEMS}
    )
    def post(self, request: Request, key: str) -> Response:
        """Says whether the errors of a route belong to the issue; the newest word stands."""
        who, issue, said = asked(request, key, ErrorsPosted)
        matched.answer(issue.pk, **said, actor=who.actor, now=clock.now())
        return Response(_errors(issue))


class Fixes(APIView):
    """A launch's fixes by lane, and what fires though it is fixed."""

    @extend_schema(operation_id="launches_fixes", responses={200: schema.LAUNCH_FIXES, **schema.PROBLEMS})
    def get(self, request: Request, slug: str) -> Response:
        """The open issues of each lane with their newest deployment, and the rules of the launch."""
        return Response(_launch_fixes(access_launch(Principal.of(request), slug, right=Right.READ)))

    @extend_schema(
        operation_id="launches_fixes_rules",
        request=RulesPosted,
        responses={200: schema.LAUNCH_FIXES, **schema.PROBLEMS},
    )
    def put(self, request: Request, slug: str) -> Response:
        """What fixes may do by themselves from now on."""
        who = Principal.of(request)
        launch = access_launch(who, slug, right=Right.MANAGE)
        overview.change_rules(launch, **given(RulesPosted, request.data), actor=who.actor, now=clock.now())
        return Response(_launch_fixes(launch))


class BlindSpots(APIView):
    """What traffic shows against what people report."""

    @extend_schema(
        operation_id="launches_blind_spots",
        parameters=[OpenApiParameter("days", int, enum=[int(one) for one in blind.DAYS])],
        responses={200: schema.BLIND_SPOTS, **schema.PROBLEMS},
    )
    def get(self, request: Request, slug: str) -> Response:
        """Errors that nobody reported, reports that traffic does not show, and who noticed first."""
        launch = access_launch(Principal.of(request), slug, right=Right.READ)
        days = request.query_params.get("days", str(blind.USUAL_DAYS))
        if days not in blind.DAYS:
            detail = _("Ask for one of %(known)s days.") % {"known": ", ".join(blind.DAYS)}
            raise wrong("/days", detail)
        found = blind.look(launch, days=int(days), now=clock.now())
        lists = {name: [_point(one) for one in getattr(found, name)] for name in ("both", "silent", "blind", "gaps")}
        return Response(
            lists
            | {
                "from": moment(found.span.begins),
                "to": moment(found.span.ends),
                "quiet_routes": found.quiet,
                "problems": found.problems,
                "monitored_first": found.monitored_first,
                "lead_minutes": found.lead_minutes,
            }
        )


def _fixes(issue: Issue) -> dict[str, Any]:
    laned, notice = lanes.lanes_of([issue])[issue.pk], notices.waiting(issue.pk)
    return {
        "lane": {"value": laned.lane, "origin": laned.origin, "reason": laned.reason},
        "message_waits": notice is not None,
        "results": [_fix(one) for one in panel.fixes_of(issue)],
    }


def _fix(one: panel.Shown) -> dict[str, Any]:
    row = one.fix.deployment
    return {
        "deployment": one.name,
        "version": row.release.version,
        "environment": row.environment.name,
        "component": row.release.component.slug if row.release.component else None,
        "deployed_at": moment(row.deployed_at),
        "how": one.fix.how,
        "verdict": _verdict(one.verdict),
        "suggested": _verdict(one.machine),
    }


def _verdict(one: Verdict | None) -> dict[str, Any] | None:
    if one is None:
        return None
    return {
        "word": one.word, "origin": one.origin, "decider": one.decider, "confidence": one.confidence,
        "reason": one.reason, "figures": one.figures, "decided_at": moment(one.decided_at), "checked_at": moment(one.checked_at),
    }  # fmt: skip


def _errors(issue: Issue) -> dict[str, Any]:
    names = ("component", "route", "by", "score", "reasons", "calls", "errors", "reports")
    found = [{name: getattr(one, name) for name in names} | {"answer": _answer(one)} for one in matched.matched(issue)]
    return {"signature": [one.as_query() for one in matched.signature_of(issue)], "results": found}


def _answer(one: matched.Matched) -> dict[str, Any] | None:
    said = one.answer
    return None if said is None else {"belongs": said.belongs, "by": said.actor_name, "at": moment(said.answered_at)}


def _launch_fixes(launch: Launch) -> dict[str, Any]:
    rules = verdicts.rules_of(launch.pk)
    return {
        "verifies": rules.verifies,
        "tells": rules.tells,
        "lanes": {name: [_line(line) for line in lines] for name, _label, lines in overview.by_lane(launch)},
        "still_firing": [
            {"issue": one.issue.key, "why": one.why, "reason": one.reason, "since": moment(one.found_at)}
            for one in overview.still_firing(launch)
        ],
    }


def _line(line: overview.Line) -> dict[str, Any]:
    return {
        "issue": line.issue.key,
        "title": line.issue.title,
        "status": line.issue.status,
        "severity": line.issue.severity,
        "lane_origin": line.laned.origin,
        "newest": _fix(line.newest) if line.newest else None,
    }


def _point(one: blind.Point) -> dict[str, Any]:
    return vars(one) | {"issue": one.issue.key if one.issue else None}
