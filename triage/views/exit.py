"""This module shows how near the launch is to its exit, and lets the lead change what it takes, in sight of all."""

from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from hypercare.core import clock
from hypercare.core.access import Principal, access_launch
from hypercare.core.forms.fields import LineField
from hypercare.core.models import Launch, MetricDefinition
from hypercare.core.problem import not_found
from hypercare.core.roles import Right
from hypercare.core.timeline import Actor
from triage.exit.criteria import Promise, add_criterion, remove_criterion
from triage.exit.metrics import OFFERED_NAMES, metrics_of
from triage.exit.page import exit_page, target_of
from triage.exit.targets import Target, change_target
from triage.models import Comparator, ExitCriterion

_THRESHOLD = gettext_lazy("Target")
# As large as a value of a metric from outside may be.
_LARGEST = 1e15


class ReasonForm(forms.Form):
    """Why a criterion changes, or goes."""

    reason = forms.CharField(
        label=gettext_lazy("Why"),
        max_length=300,
        help_text=gettext_lazy("After go-live everyone sees the change and this sentence on the exit page."),
    )


class TargetForm(ReasonForm):
    """What the criterion must reach, for how many days, and why it changes."""

    threshold = forms.FloatField(label=_THRESHOLD, min_value=0, max_value=1_000_000)
    hold_days = forms.IntegerField(
        label=gettext_lazy("Days in a row"),
        min_value=0,
        max_value=30,
        help_text=gettext_lazy("Days by the launch's clock; 0 is met as soon as the value is right."),
    )
    field_order: tuple[str, ...] = ("threshold", "hold_days", "reason")

    def clean_threshold(self) -> float:
        """Refuses what is no number to compare with."""
        value = float(self.cleaned_data["threshold"])
        if value != value:  # noqa: PLR0124 - only NaN is not itself
            raise forms.ValidationError(_("Write a number."))
        return value

    @property
    def target(self) -> Target:
        """The target of a form that was right."""
        return Target(self.cleaned_data["threshold"], self.cleaned_data["hold_days"])


class OwnTargetForm(TargetForm):
    """The same for a metric from outside, which may be below nought."""

    threshold = forms.FloatField(label=_THRESHOLD, min_value=-_LARGEST, max_value=_LARGEST)


class CriterionForm(OwnTargetForm):
    """A new criterion about a time, a share, or a metric of the launch's own."""

    metric = forms.ChoiceField(
        label=gettext_lazy("Metric"),
        help_text=gettext_lazy(
            "Times are the middle of the last 7 days in hours, shares of the last 7 days in percent, both as the page of "
            "times counts them; of a metric of the launch's own it is the mean of its minutes in the last hour."
        ),
    )
    name = LineField(label=gettext_lazy("Name"), max_length=120)
    comparator = forms.ChoiceField(label=gettext_lazy("The value must be"), choices=Comparator.choices)
    must = forms.BooleanField(label=gettext_lazy("Without it there is no exit"), required=False, initial=True)
    signer = LineField(label=gettext_lazy("Who signs for it"), required=False, max_length=80)

    field_order = ("metric", "name", "comparator", "threshold", "hold_days", "must", "signer", "reason")

    def __init__(self, *args: Any, launch: Launch, **options: Any) -> None:
        super().__init__(*args, **options)
        own = MetricDefinition.objects.filter(launch=launch).order_by("name")
        metric = self.fields["metric"]
        if isinstance(metric, forms.ChoiceField):
            metric.choices = [*((one.measured_as, one.name) for one in own), *OFFERED_NAMES]

    @property
    def promise(self) -> Promise:
        """What a form that was right promises."""
        return Promise(**{name: self.cleaned_data[name] for name in ("metric", "name", "comparator", "must", "signer")})


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
    launch, actor = _managed(request, slug)
    criterion = _criterion(launch, code)
    of = OwnTargetForm if criterion.is_on_own_metric else TargetForm
    form = of(request.POST or None, initial={"threshold": criterion.threshold, "hold_days": criterion.hold_days})
    if form.is_valid():
        change_target(criterion, form.target, reason=form.cleaned_data["reason"], actor=actor, now=clock.now())
        return redirect("triage:exit", slug)
    return _criterion_page(request, criterion, form, status=400 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
@login_required
def add(request: HttpRequest, slug: str) -> HttpResponse:
    """The lead adds a criterion about a time, a share, or a metric of the launch's own."""
    launch, actor = _managed(request, slug)
    form = CriterionForm(request.POST or None, launch=launch)
    if form.is_valid():
        add_criterion(
            launch, form.promise, form.target, reason=form.cleaned_data["reason"], actor=actor, now=clock.now()
        )
        return redirect("triage:exit", slug)
    context = {"nav_active": "exit", "form": form}
    return render(request, "triage/criterion_new.html", context, status=400 if form.is_bound else 200)


@require_POST
@login_required
def remove(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """The lead takes back a criterion that was added."""
    launch, actor = _managed(request, slug)
    criterion = _criterion(launch, code)
    form = ReasonForm(request.POST, prefix="remove")
    if form.is_valid():
        remove_criterion(criterion, reason=form.cleaned_data["reason"], actor=actor, now=clock.now())
        return redirect("triage:exit", slug)
    target = OwnTargetForm(initial={"threshold": criterion.threshold, "hold_days": criterion.hold_days})
    return _criterion_page(request, criterion, target, removal=form, status=400)


def _managed(request: HttpRequest, slug: str) -> tuple[Launch, Actor]:
    principal = Principal.of(request)
    launch = access_launch(principal, slug, right=Right.MANAGE)
    request.launch = launch  # type: ignore[attr-defined]  # read by hypercare.core.context
    return launch, principal.actor


def _criterion(launch: Launch, code: str) -> ExitCriterion:
    criterion = launch.exit_criteria.filter(code=code).first()
    if criterion is None:
        raise not_found(_("There is no criterion “%(code)s” in this launch.") % {"code": code[:8]})
    return criterion


def _criterion_page(
    request: HttpRequest, criterion: ExitCriterion, form: TargetForm, *, status: int, removal: ReasonForm | None = None
) -> HttpResponse:
    context = {
        "nav_active": "exit",
        "criterion": criterion,
        "target": target_of(criterion.comparator, criterion.threshold),
        "metric": metrics_of(criterion.launch, [criterion.metric])[criterion.metric],
        "form": form,
        "removal": removal or ReasonForm(prefix="remove"),
    }
    return render(request, "triage/criterion.html", context, status=status)
