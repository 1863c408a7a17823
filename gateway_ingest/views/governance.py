"""This module shows what an API should not do, found in its traffic, and takes OpenAPI files to hold it against."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from gateway_ingest import descriptions, evidence
from gateway_ingest.forms import DescriptionForm
from gateway_ingest.models import ApiDescription, CallKind
from gateway_ingest.views.traffic import SPANS, launch_of, span_of
from hypercare.core import clock
from hypercare.core.access import Principal
from hypercare.core.models import Launch
from hypercare.core.problem import Problem
from hypercare.core.roles import Right


@login_required
@require_GET
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """The findings of a span, and the descriptions traffic is held against."""
    launch = launch_of(request, slug)
    return _page(request, launch, DescriptionForm(launch=launch))


@login_required
@require_POST
def upload(request: HttpRequest, slug: str) -> HttpResponse:
    """Takes an OpenAPI file."""
    launch = launch_of(request, slug, right=Right.MANAGE)
    form = DescriptionForm(request.POST, request.FILES, launch=launch)
    if form.is_valid():
        component = form.cleaned_data["component"]
        try:
            row = descriptions.upload(
                launch,
                form.cleaned_data["file"].read(),
                component=component.slug if component else "",
                actor=Principal.of(request).actor,
                now=clock.now(),
            )
        except Problem as problem:
            form.add_error("file", problem.detail)
            return _page(request, launch, form, status=problem.status)
        number = len(row.operations)
        told = ngettext("%(title)s: %(number)d operation.", "%(title)s: %(number)d operations.", number)
        messages.success(request, told % {"title": row.title, "number": number})
        return redirect("gateway_ingest:traffic_governance", slug)
    return _page(request, launch, form, status=400)


@login_required
@require_POST
def remove(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Removes an OpenAPI file."""
    launch = launch_of(request, slug, right=Right.MANAGE)
    row = descriptions.description_in(launch, number)
    descriptions.remove(row, actor=Principal.of(request).actor, now=clock.now())
    messages.success(request, _("%(title)s was removed.") % {"title": row.title})
    return redirect("gateway_ingest:traffic_governance", slug)


def _page(request: HttpRequest, launch: Launch, form: DescriptionForm, *, status: int = 200) -> HttpResponse:
    chosen, span = span_of(request, now=clock.now(), usual="7d")
    rows = ApiDescription.objects.filter(launch=launch).select_related("component", "uploaded_by")
    context = {
        "nav_active": "traffic",
        "tab": "governance",
        "span": chosen,
        "spans": [(name, word, f"span={name}") for name, (_length, word) in SPANS.items()],
        "findings": evidence.governance(launch, span),
        "descriptions": rows.order_by("-pk"),
        "form": form,
        "has_any": CallKind.objects.filter(launch=launch).exists(),
    }
    return render(request, "gateway_ingest/traffic_governance.html", context, status=status)
