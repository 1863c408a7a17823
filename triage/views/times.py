"""This module shows how long things take, what piles up, and who carries it."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from hypercare.core import clock
from hypercare.core.roles import Right
from hypercare.core.views.place import enter
from triage.times import charts, sentences
from triage.times.groups import DIMENSIONS
from triage.times.measures import MEASURES
from triage.times.page import times_of
from triage.times.period import CHOICES, USUAL


@login_required
@require_GET
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """The figures of some days, one of them broken down; an address nobody offers shows the usual ones."""
    launch, _actor = enter(request, slug, right=Right.READ)
    asked = request.GET.get("days", "")
    number = int(asked) if asked in {str(one) for one in CHOICES} else USUAL
    chosen, by = request.GET.get("measure", ""), request.GET.get("by", "")
    times = times_of(
        launch,
        number=number,
        chosen=chosen if chosen in MEASURES else "mttr",
        by=by if by in DIMENSIONS else "component",
        now=clock.now(),
    )
    context = {
        "nav_active": "times",
        "times": times,
        "number": number,
        "choices": CHOICES,
        "dimensions": DIMENSIONS.items(),
        "measures": MEASURES.values(),
        "bars": charts.part_bars(times.parts),
        "bar_width": charts.BAR_WIDTH,
        "flow_bars": charts.flow_bars(times.flow),
        "plot": {"width": charts.WIDTH, "height": charts.HEIGHT, "middle": charts.MIDDLE},
        "says": {
            "parts": sentences.of_parts(times),
            "flow": sentences.of_flow(times),
            "ages": sentences.of_ages(times),
            "load": sentences.of_load(times),
            "detection": sentences.of_detection(times),
        },
    }
    return render(request, "triage/times/page.html", context)
