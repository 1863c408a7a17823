"""This module shows how near the launch is to its exit, and lets the lead change a target in sight of all."""

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from hypercare.core import clock
from hypercare.core.access import Principal, access_launch
from hypercare.core.problem import not_found
from hypercare.core.roles import Right
from triage.exit.metrics import METRICS
from triage.exit.page import exit_page, target_of
from triage.exit.targets import Target, change_target
from triage.models import Comparator


class TargetForm(forms.Form):
    """What the criterion must reach, for how many days, and why it changes."""

    threshold = forms.FloatField(label=gettext_lazy("Target"), min_value=0, max_value=1_000_000)
    hold_days = forms.IntegerField(
        label=gettext_lazy("Days in a row"),
        min_value=0,
        max_value=30,
        help_text=gettext_lazy("Days by the launch's clock; 0 is met as soon as the value is right."),
    )
    reason = forms.CharField(
        label=gettext_lazy("Why"),
        max_length=300,
        help_text=gettext_lazy("After go-live everyone sees the change and this sentence on the exit page."),
    )

    def clean_threshold(self) -> float:
        """Refuses what is no number to compare with."""
        value = float(self.cleaned_data["threshold"])
        if value != value:  # noqa: PLR0124 - only NaN is not itself
            raise forms.ValidationError(_("Write a number."))
        return value


@require_GET
@login_required
def show(request: HttpRequest, slug: str) -> HttpResponse:
    """The criteria; htmx asks for the part that lives."""
    launch = access_launch(Principal.of(request), slug, right=Right.READ)
    request.launch = launch  # type: ignore[attr-defined]  # read by hypercare.core.context
    now = clock.now()
    part = request.headers.get("HX-Request") == "true"
    return render(
        request,
        "triage/_exit.html" if part else "triage/exit.html",
        {"nav_active": "exit", "launch": launch, "exit": exit_page(launch, now), "now": now},
    )


@require_http_methods(["GET", "POST"])
@login_required
def change(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """The lead gives one criterion another target."""
    principal = Principal.of(request)
    launch = access_launch(principal, slug, right=Right.MANAGE)
    request.launch = launch  # type: ignore[attr-defined]  # read by hypercare.core.context
    criterion = launch.exit_criteria.filter(code=code).first()
    if criterion is None:
        raise not_found(_("There is no criterion “%(code)s” in this launch.") % {"code": code[:8]})
    form = TargetForm(
        request.POST or None, initial={"threshold": criterion.threshold, "hold_days": criterion.hold_days}
    )
    if form.is_valid():
        target = Target(form.cleaned_data["threshold"], form.cleaned_data["hold_days"])
        change_target(criterion, target, reason=form.cleaned_data["reason"], actor=principal.actor, now=clock.now())
        return redirect("triage:exit", slug)
    context = {
        "nav_active": "exit",
        "criterion": criterion,
        "target": target_of(criterion.comparator, criterion.threshold),
        "comparator": Comparator(criterion.comparator).label,
        "definition": METRICS[criterion.metric].definition,
        "form": form,
    }
    return render(request, "triage/criterion.html", context, status=400 if form.is_bound else 200)
