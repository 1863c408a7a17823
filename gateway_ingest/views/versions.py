"""This module shows releases, models or prompt versions that ran at the same time, side by side."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from gateway_ingest import evidence
from gateway_ingest.evidence import Signature, Word
from gateway_ingest.evidence.deployments import CERTAIN, MINIMUM_CALLS
from gateway_ingest.views.traffic import around, launch_of, span_of
from hypercare.core import clock

WAYS = {
    "release": gettext_lazy("Releases"), "model": gettext_lazy("Models"), "prompt_version": gettext_lazy("Prompts"),
}  # fmt: skip
_TONES = {Word.BETTER: "is-good", Word.WORSE: "is-bad"}


@login_required
@require_GET
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """Each version held against the one that serves most, in the same routes at the same time."""
    launch = launch_of(request, slug)
    chosen, span = span_of(request, now=clock.now(), usual="24h")
    by = value if (value := request.GET.get("by", "")) in WAYS else "release"
    parts = list(launch.components.order_by("name"))
    component = value if (value := request.GET.get("component", "")) in {part.slug for part in parts} else ""
    found = evidence.versions(launch, span, by=by, signature=Signature(component=component))
    frame = around(request, chosen, tab="versions")
    context = {
        **frame,
        "spans": [(name, word, f"{kept}&by={by}") for name, word, kept in frame["spans"]],
        "found": found,
        "rows": [(row, _TONES.get(row.word, "") if row.word else "") for row in found.rows],
        "by": by,
        "ways": WAYS.items(),
        "component": component,
        "components": parts,
        "minimum": MINIMUM_CALLS,
        "hundred": round(1 / CERTAIN),
    }
    return render(request, "gateway_ingest/traffic_versions.html", context)
