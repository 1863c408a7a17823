"""This module is a launch's public page: anyone may say what is wrong, and sees nothing of the launch but its name."""

from datetime import datetime
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from feedback import custom_fields, intake, own, quarantine, rates
from feedback.channels import portal as channel
from feedback.forms import PortalForm
from feedback.intake import Receipt
from feedback.report import Report
from feedback.spoken import Kind
from feedback.uploads import files_in, takes_files
from feedback.views.language import choices, remember, speak
from feedback.views.steps import lines_of
from hypercare.core import clock
from hypercare.core.models import Launch, User
from hypercare.core.problem import Problem, not_found
from hypercare.core.timeline import Actor

GUEST = Actor("Portal")
MINE = 3
_ICONS = dict(zip(Kind, ("tool", "hourglass", "message-circle-x", "help", "bulb"), strict=True))


@takes_files
@require_http_methods(["GET", "HEAD", "POST"])
def portal(request: HttpRequest, slug: str) -> HttpResponse:
    """The form, and what came of sending it."""
    language = speak(request)
    launch = Launch.objects.filter(slug=slug).first()
    if launch is None:
        raise not_found(_("There is no portal at this address. Check the link you were given."))
    user = request.user if isinstance(request.user, User) else None
    definitions = custom_fields.definitions_of(launch)
    sent = request.POST if request.method == "POST" else None
    form = PortalForm(sent, definitions=definitions, guest=user is None, initial={"language": language})
    if sent is None:
        return remember(request, _page(request, launch, form, language=language))
    return _send(request, launch, form, user=user, language=language, now=clock.now())


def _send(
    request: HttpRequest, launch: Launch, form: PortalForm, *, user: User | None, language: str, now: datetime
) -> HttpResponse:
    if not form.is_valid():
        return _page(request, launch, form, language=language, status=HTTPStatus.BAD_REQUEST)
    report = channel.report_of(form.cleaned_data, fields=form.own_values(), user=user, language=language)
    sender = f"user:{user.pk}" if user else rates.sender_of(request)
    seconds = rates.seconds_over(f"portal:{launch.pk}", sender=sender, now=now)
    try:
        if seconds:
            return _set_aside(request, launch, report, language=language, seconds=seconds, now=now)
        receipt = _accept(request, launch, report, actor=Actor.person(user) if user else GUEST, now=now)
    except Problem as problem:
        form.take(problem)
        return _page(request, launch, form, language=language, status=problem.status)
    return redirect(f"{receipt.status_path}?sent=1" if receipt.status_path else request.path)


def _accept(request: HttpRequest, launch: Launch, report: Report, *, actor: Actor, now: datetime) -> Receipt:
    files, errors = files_in(request)
    if errors:
        raise Problem(400, errors[0].detail, errors=tuple(errors))
    return intake.accept(launch, report.with_files(files), actor=actor, now=now)


def _set_aside(
    request: HttpRequest, launch: Launch, report: Report, *, language: str, seconds: int, now: datetime
) -> HttpResponse:
    kept = quarantine.keep(
        launch, report, reason=quarantine.OVER_RATE, files_left_out=len(request.FILES.getlist("file")), now=now
    )
    context = {
        "launch_name": launch.name,
        "slug": launch.slug,
        "languages": choices(language),
        "kept": kept,
        "seconds": seconds,
    }
    response = render(request, "feedback/set_aside.html", context, status=HTTPStatus.TOO_MANY_REQUESTS)
    response["Retry-After"] = str(seconds)
    return response


def _page(request: HttpRequest, launch: Launch, form: PortalForm, *, language: str, status: int = 200) -> HttpResponse:
    chosen = form["kind"].value()
    kinds = [
        {"value": kind.value, "label": kind.label, "icon": _ICONS[kind], "key": number, "is_chosen": kind == chosen}
        for number, kind in enumerate(Kind, start=1)
    ]
    context = {
        "launch_name": launch.name,
        "slug": launch.slug,
        "is_closed": launch.closed_at is not None,
        "form": form,
        "kinds": kinds,
        "languages": choices(language),
        "mine": lines_of(own.reports_of(request.user).filter(launch=launch)[:MINE])
        if isinstance(request.user, User)
        else [],
    }
    return render(request, "feedback/portal.html", context, status=status)
