"""This module shows a launch's timeline as an audit log, by page and as CSV."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from hypercare.core import audit, clock
from hypercare.core.forms.audit import AuditForm
from hypercare.core.paging import page_of
from hypercare.core.roles import Right
from hypercare.core.timeline import KINDS
from hypercare.core.views.place import enter


@require_safe
@login_required
def log(request: HttpRequest, slug: str) -> HttpResponse:
    """One page of entries, newest first."""
    launch, _actor = enter(request, slug, right=Right.AUDIT)
    form = AuditForm(request.GET)
    form.is_valid()
    page = page_of(audit.entries_of(launch, form.wanted), request.GET)
    people = audit.people_named_by(page.rows)
    context = {
        "nav_active": "settings",
        "tab": "audit",
        "form": form,
        "page": page,
        "rows": [
            (entry, KINDS.get(entry.kind, entry.kind), people.get(entry.subject, ""), audit.details_of(entry))
            for entry in page.rows
        ],
        "query": request.GET.urlencode(),
        "filtered": form.wanted != audit.Wanted(),
    }
    return render(request, "core/audit.html", context)


@require_safe
@login_required
def export(request: HttpRequest, slug: str) -> StreamingHttpResponse:
    """The same entries as CSV, sent while they are read."""
    launch, _actor = enter(request, slug, right=Right.AUDIT)
    form = AuditForm(request.GET)
    form.is_valid()
    lines = audit.as_csv(audit.entries_of(launch, form.wanted))
    day = clock.local_day(clock.now(), launch.zone)
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="audit-{launch.slug}-{day:%Y-%m-%d}.csv"'
    return response
