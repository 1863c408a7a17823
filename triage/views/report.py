"""This module shows a launch's daily reports and lets the lead hold, note, test and send a draft."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from hypercare.core import clock
from hypercare.core.access import Principal, access_launch
from hypercare.core.models import Launch, Message
from hypercare.core.problem import not_found
from hypercare.core.roles import Right
from hypercare.core.subscriptions import own_subscription, readers
from triage.models import StatusReport
from triage.reports import draft, mail
from triage.reports import send as sending
from triage.reports.period import due_at
from triage.reports.reading import read
from triage.reports.verdict import kept_verdict

ARCHIVE_SHOWN = 200


def _launch_of(request: HttpRequest, slug: str, *, right: Right = Right.READ) -> tuple[Principal, Launch]:
    principal = Principal.of(request)
    launch = access_launch(principal, slug, right=right)
    request.launch = launch  # type: ignore[attr-defined]  # read by hypercare.core.context
    return principal, launch


def _report_of(launch: Launch, text: str) -> StatusReport:
    report = StatusReport.objects.filter(launch=launch, day=_day(text)).select_related("launch", "held_by").first()
    if report is None:
        raise not_found(_("There is no report of %(day)s.") % {"day": text[:20]})
    return report


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise not_found(_("There is no report of %(day)s.") % {"day": text[:20]}) from None


@require_GET
@login_required
def verdict(request: HttpRequest, slug: str) -> HttpResponse:
    """The badge and its reason, for the bar above every page."""
    _principal, launch = _launch_of(request, slug)
    return render(request, "triage/_verdict.html", {"verdict": kept_verdict(launch, clock.now())})


@require_GET
@login_required
def today(request: HttpRequest, slug: str) -> HttpResponse:
    """Today's report: the draft or what was sent, and before the draft what it would be now."""
    principal, launch = _launch_of(request, slug)
    now = clock.now()
    day = clock.local_day(now, launch.zone)
    report = StatusReport.objects.filter(launch=launch, day=day).select_related("launch", "held_by").first()
    return _page(request, principal, report or draft.preview(launch, now=now))


@require_GET
@login_required
def on_day(request: HttpRequest, slug: str, day: str) -> HttpResponse:
    """The report of one day, as it was kept."""
    principal, launch = _launch_of(request, slug)
    return _page(request, principal, _report_of(launch, day))


@require_GET
@login_required
def archive(request: HttpRequest, slug: str) -> HttpResponse:
    """All reports, newest first."""
    _principal, launch = _launch_of(request, slug)
    reports = StatusReport.objects.filter(launch=launch).defer("html", "text").order_by("-day")[:ARCHIVE_SHOWN]
    rows = [(report, read(report.figures)) for report in reports]
    return render(request, "triage/reports.html", {"nav_active": "report", "rows": rows})


@require_GET
@login_required
def as_mailed(request: HttpRequest, slug: str, day: str) -> HttpResponse:
    """The mail of a sent report, to the letter."""
    _principal, launch = _launch_of(request, slug)
    report = _report_of(launch, day)
    if not report.sent_at:
        raise not_found(_("The report of %(day)s is not sent yet.") % {"day": day})
    name = f"{launch.slug}-{report.day.isoformat()}.html"
    return HttpResponse(report.html, headers={"Content-Disposition": f'attachment; filename="{name}"'})


@require_POST
@login_required
def change(request: HttpRequest, slug: str, day: str, order: str) -> HttpResponse:
    """One order about a draft: hold, release, note, send, or a test mail to whoever asks."""
    principal, launch = _launch_of(request, slug, right=Right.SEND_REPORT)
    now = clock.now()
    if order == "test":
        wanted = StatusReport.objects.filter(launch=launch, day=_day(day)).first() or draft.preview(launch, now=now)
        sending.send_test(wanted, to=principal.user, now=now)
        messages.success(request, _("A test is on its way to %(address)s.") % {"address": principal.user.email})
        return redirect("triage:report", slug)
    report = _report_of(launch, day)
    messages.success(request, _carry_out(order, report, principal, request.POST.get("note", "")))
    return redirect("triage:report_on", slug, report.day.isoformat())


def _carry_out(order: str, report: StatusReport, principal: Principal, note: str) -> str:
    """Does what the order says and returns the sentence that confirms it."""
    named: dict[str, Any] = {"actor": principal.actor, "now": clock.now()}
    match order:
        case "hold":
            draft.hold(report.pk, **named)
            return _("Held. It sends itself no more until someone releases it.")
        case "release":
            draft.release(report.pk, **named)
            return _("Released. It sends itself again.")
        case "note":
            draft.edit_note(report.pk, note, **named)
            return _("The note is kept.")
        case "send":
            sending.send(report.pk, **named)
            return _("Sent. It no longer changes.")
    raise not_found(_("There is no such order."))


def _page(request: HttpRequest, principal: Principal, report: StatusReport) -> HttpResponse:
    launch = report.launch
    earlier = StatusReport.objects.filter(launch=launch, day__lt=report.day).defer("html", "text").order_by("-day")[:5]
    context = {
        "nav_active": "report",
        "report": report,
        "reading": read(report.figures),
        "stored": report.pk is not None,
        "due_at": due_at(launch, report.day),
        "why_no_draft": draft.why_no_draft(launch, report.day),
        "held": report.pk is not None and not report.sent_at and report.sends_at is None,
        "delivery": _delivery(report),
        "earlier": [(one, read(one.figures)) for one in earlier],
        "subscription": own_subscription(launch, principal.user),
        "longest_note": draft.LONGEST_NOTE,
    }
    return render(request, "triage/report.html", context)


def _delivery(report: StatusReport) -> dict[str, Any]:
    """To how many it goes or went, what the mail server said, and how large the mail is."""
    if not report.sent_at:
        size = len(mail.write(report, language=report.launch.language).html.encode())
        return {"people": readers(report.launch).count(), "kilobytes": round(size / 1024)}
    sent = Message.objects.filter(launch=report.launch, once_key__startswith=f"report:{report.pk}:")
    states = [(bool(row.sent_at), bool(row.given_up_at)) for row in sent.only("sent_at", "given_up_at")]
    return {
        "people": len(states),
        "accepted": sum(accepted for accepted, _refused in states),
        "waiting": states.count((False, False)),
        "refused": sum(refused for _accepted, refused in states),
        "kilobytes": round(len(report.html.encode()) / 1024),
    }
