"""This module answers how long things take in a launch, what piles up, and who carries it."""

from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from hypercare.core import clock
from hypercare.core.access import Principal, access_launch
from hypercare.core.problem import wrong
from hypercare.core.roles import Right
from triage.api.schema import PROBLEMS
from triage.times.groups import DIMENSIONS
from triage.times.load import Load
from triage.times.measures import MEASURES
from triage.times.page import Times, times_of
from triage.times.period import CHOICES, USUAL
from triage.times.rates import Share
from triage.times.spread import Spread

_CHOICES = {"days": [str(one) for one in CHOICES], "measure": list(MEASURES), "by": list(DIMENSIONS)}
_USUAL = {"days": str(USUAL), "measure": "mttr", "by": "component"}


class SpreadShape(serializers.Serializer[Any]):
    """A length of time in seconds; without figures where there are fewer than five."""

    n = serializers.IntegerField()
    median_seconds = serializers.FloatField(allow_null=True)
    p90_seconds = serializers.FloatField(allow_null=True)


class FigureShape(SpreadShape):
    """One of the four, with what it means and where its rows are."""

    name = serializers.CharField()
    definition = serializers.CharField()
    before = SpreadShape()
    left_out = serializers.IntegerField()
    left_out_why = serializers.CharField()
    rows = serializers.CharField(help_text="The address of the list of exactly these issues.")
    left_out_rows = serializers.CharField()


class PartShape(SpreadShape):
    """One group of the one that is broken down."""

    name = serializers.CharField()
    rows = serializers.CharField()


class ShareShape(serializers.Serializer[Any]):
    """So many of so many; the share is null where they are fewer than five."""

    part = serializers.IntegerField()
    of = serializers.IntegerField()
    share = serializers.FloatField(allow_null=True)


class RateShape(ShareShape):
    """A share with what it means and where either set is."""

    name = serializers.CharField()
    definition = serializers.CharField()
    before = ShareShape()
    rows = serializers.CharField()
    of_rows = serializers.CharField()


class RatePartShape(serializers.Serializer[Any]):
    """Reopened and the same as another in one group."""

    name = serializers.CharField()
    reopened = ShareShape()
    duplicate = ShareShape()
    reopened_rows = serializers.CharField()
    duplicate_rows = serializers.CharField()


class DayShape(serializers.Serializer[Any]):
    """What came and went on a day."""

    day = serializers.DateField()
    opened = serializers.IntegerField()
    ended = serializers.IntegerField()
    net = serializers.IntegerField()
    opened_rows = serializers.CharField()
    ended_rows = serializers.CharField()


class AgeShape(serializers.Serializer[Any]):
    """What is open and so many days old."""

    least_days = serializers.IntegerField()
    most_days = serializers.IntegerField(allow_null=True)
    n = serializers.IntegerField()
    rows = serializers.CharField()


class LoadShape(serializers.Serializer[Any]):
    """What somebody has open."""

    name = serializers.CharField()
    open = serializers.IntegerField()
    weight = serializers.FloatField(help_text="Each issue by the impact of its severity, as in RICE.")
    oldest = serializers.CharField()
    days_old = serializers.IntegerField()
    late = serializers.IntegerField()
    at_risk = serializers.IntegerField()
    rows = serializers.CharField()


class TimesShape(serializers.Serializer[Any]):
    """All figures of times."""

    first_day = serializers.DateField()
    last_day = serializers.DateField()
    clock = serializers.CharField(help_text="How lengths are counted: by the clock, nights and weekends among them.")
    figures = FigureShape(many=True)
    measure = serializers.CharField()
    by = serializers.CharField()
    parts = PartShape(many=True)
    rates = RateShape(many=True)
    duplicate = ShareShape()
    first_response = ShareShape()
    rate_parts = RatePartShape(many=True)
    days = DayShape(many=True)
    backlog = AgeShape(many=True)
    owners = LoadShape(many=True)
    teams = LoadShape(many=True)


class LaunchTimes(APIView):
    """How long things take."""

    @extend_schema(
        operation_id="times_read",
        parameters=[
            OpenApiParameter("days", str, enum=_CHOICES["days"], default=_USUAL["days"]),
            OpenApiParameter("measure", str, enum=_CHOICES["measure"], default=_USUAL["measure"]),
            OpenApiParameter("by", str, enum=_CHOICES["by"], default=_USUAL["by"]),
        ],
        responses={200: TimesShape, **PROBLEMS},
    )
    def get(self, request: Request, slug: str) -> Response:
        """The figures of the last days beside those of as many days before; `measure` is broken down by `by`."""
        launch = access_launch(Principal.of(request), slug, right=Right.READ)
        asked = {name: _asked(request, name) for name in _CHOICES}
        times = times_of(launch, number=int(asked["days"]), chosen=asked["measure"], by=asked["by"], now=clock.now())
        return Response(_shape(times))


def _asked(request: Request, name: str) -> str:
    value = request.query_params.get(name) or _USUAL[name]
    if value not in _CHOICES[name]:
        detail = _("Use one of %(known)s.") % {"known": ", ".join(_CHOICES[name])}
        raise wrong(f"/{name}", detail)
    return value


def _shape(times: Times) -> dict[str, Any]:
    return {
        "first_day": times.days.first.isoformat(),
        "last_day": times.days.last.isoformat(),
        "clock": "clock hours",
        "figures": [
            _spread(one.spread)
            | {
                "name": one.measure.name,
                "definition": str(one.measure.definition),
                "before": _spread(one.before),
                "left_out": one.left_out,
                "left_out_why": str(one.measure.left_out),
                "rows": one.url,
                "left_out_rows": one.left_out_url,
            }
            for one in times.figures
        ],
        "measure": times.chosen.name,
        "by": times.by,
        "parts": [_spread(one.spread) | {"name": one.group.name, "rows": one.url} for one in times.parts],
        "rates": [
            _share(one.share)
            | {
                "name": one.rate.name,
                "definition": str(one.rate.definition),
                "before": _share(one.before),
                "rows": one.url,
                "of_rows": one.of_url,
            }
            for one in times.rates
        ],
        "duplicate": _share(times.merged),
        "first_response": _share(times.responses.share),
        "rate_parts": [
            {
                "name": one.group.name,
                "reopened": _share(one.reopened),
                "duplicate": _share(one.merged),
                "reopened_rows": one.reopened_url,
                "duplicate_rows": one.merged_url,
            }
            for one in times.rate_parts
        ],
        "days": [
            {
                "day": one.day.isoformat(),
                "opened": one.opened,
                "ended": one.ended,
                "net": one.net,
                "opened_rows": one.opened_url,
                "ended_rows": one.ended_url,
            }
            for one in times.flow
        ],
        "backlog": [
            {"least_days": one.least, "most_days": one.most, "n": one.n, "rows": one.url} for one in times.ages
        ],
        "owners": [_load(one) for one in times.owners],
        "teams": [_load(one) for one in times.teams],
    }


def _spread(one: Spread) -> dict[str, Any]:
    return {"n": one.n, "median_seconds": _seconds(one.median), "p90_seconds": _seconds(one.p90)}


def _seconds(length: timedelta | None) -> float | None:
    return None if length is None else length.total_seconds()


def _share(one: Share) -> dict[str, Any]:
    return {"part": one.part, "of": one.of, "share": one.value}


def _load(one: Load) -> dict[str, Any]:
    plain = {name: getattr(one, name) for name in ("name", "open", "weight", "days_old", "late", "at_risk")}
    return plain | {"oldest": f"IS-{one.oldest.pk}", "rows": one.open_url}
