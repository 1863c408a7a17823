"""This module holds the forms of causes and risks; what they may say is checked where it is kept, and told beside the field."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hypercare.core.forms.fields import DayField, LineField, offer
from hypercare.core.models import Launch
from hypercare.core.problem import Problem
from triage.models import CauseCode, Risk, Sureness, Suspicion, Why, WhyMissed
from triage.rootcause.forest import Branch
from triage.rootcause.risks import AFTER, RATINGS
from triage.rootcause.words import FIELD_WORDS, LONGEST
from triage.warroom.duties import who_may

_NOT_SET = ("", gettext_lazy("Not set yet"))
_SCALE = [(str(number), str(number)) for number in range(1, 11)]


def _rows(number: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": number})


class VersionedForm(forms.Form):
    """A form that knows which version of a row it was shown, so that nobody's change is lost."""

    version = forms.IntegerField(required=False, widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1)

    def refuse(self, problem: Problem, **fields: str) -> None:
        """Says beside its field what was wrong; `fields` are those that are called otherwise here.

        Of a conflict the newest version is taken over: whoever saves once more has seen who changed what.
        """
        names = [error.pointer.split("/")[1] for error in problem.errors if error.pointer]
        name = fields.get(names[0], names[0]) if names else None
        self.add_error(name if name in self.fields else None, problem.detail)
        if problem.status == 409 and "version" in problem.extra:
            self.data = {**self.data.dict(), "version": problem.extra["version"]}  # type: ignore[attr-defined]  # a QueryDict


class SummaryForm(VersionedForm):
    """What an analysis says in short."""

    symptom = forms.CharField(
        label=gettext_lazy("Symptom"),
        widget=_rows(3),
        max_length=LONGEST["symptom"],
        help_text=gettext_lazy("What people saw, without a guess why."),
    )
    cause = forms.CharField(
        label=FIELD_WORDS["cause"],
        widget=_rows(3),
        max_length=LONGEST["cause"],
        required=False,
        help_text=gettext_lazy("What had to be otherwise for this not to happen."),
    )
    factors = forms.CharField(
        label=FIELD_WORDS["factors"],
        widget=_rows(3),
        required=False,
        max_length=6000,
        help_text=gettext_lazy("One a line: what made it worse, longer or harder to see."),
    )
    code = forms.ChoiceField(label=FIELD_WORDS["code"], choices=[_NOT_SET, *CauseCode.choices], required=False)
    missed = forms.ChoiceField(label=FIELD_WORDS["missed"], choices=[_NOT_SET, *WhyMissed.choices], required=False)


class WhyForm(VersionedForm):
    """A why, where it hangs, and one more piece of evidence."""

    text = LineField(
        label=gettext_lazy("Why?"),
        max_length=LONGEST["why"],
        widget=forms.Textarea(attrs={"rows": 2, "autofocus": True}),
        help_text=gettext_lazy("One reason; another reason is another branch."),
    )
    under = forms.TypedChoiceField(label=gettext_lazy("Answers"), coerce=int, empty_value=None, required=False)
    sureness = forms.ChoiceField(label=FIELD_WORDS["sureness"], choices=[_NOT_SET, *Sureness.choices], required=False)
    verified_by = forms.ChoiceField(label=FIELD_WORDS["verified_by"], required=False)
    code = forms.ChoiceField(
        label=FIELD_WORDS["code"],
        choices=[_NOT_SET, *CauseCode.choices],
        required=False,
        help_text=gettext_lazy("Where the asking ends."),
    )
    action = LineField(label=FIELD_WORDS["action"], max_length=LONGEST["action"], required=False)
    ref = LineField(
        label=gettext_lazy("Evidence"),
        max_length=500,
        required=False,
        widget=forms.TextInput(attrs={"list": "near", "autocomplete": "off"}),
        help_text=gettext_lazy("HC-12, IS-3, AL-5, DP-4, WR-7, TE-90 or an address."),
    )
    shows = LineField(label=gettext_lazy("What it shows"), max_length=LONGEST["shows"], required=False)

    def __init__(
        self, *args: Any, launch: Launch, places: list[tuple[str, str]], why: Why | None = None, **options: Any
    ):
        if why:
            options["initial"] = _of_why(why) | options.get("initial", {})
        super().__init__(*args, **options)
        people = [(person.email, str(person)) for person in who_may(launch)]
        if why and why.verified_by and why.verified_by.email not in dict(people):
            people.append((why.verified_by.email, why.verified_by_name))
        offer(self, "verified_by", [("", _("Nobody yet")), *people])
        offer(self, "under", [("", _("Nothing: it is a first answer")), *places])

    @property
    def evidence(self) -> dict[str, str] | None:
        """The piece of evidence that was added."""
        data = self.cleaned_data
        return {"ref": data["ref"], "shows": data["shows"]} if data["ref"] else None

    def clean(self) -> dict[str, Any]:
        """What something shows needs the thing that shows it."""
        data = super().clean() or self.cleaned_data
        if data.get("shows") and not data.get("ref"):
            self.add_error("ref", _("Say what shows it: a key or an address."))
        return data


def _of_why(why: Why) -> dict[str, Any]:
    names = ("text", "sureness", "code", "action", "version")
    return {name: getattr(why, name) for name in names} | {
        "under": why.parent_id or "",
        "verified_by": why.verified_by.email if why.verified_by else "",
    }


class BoneForm(VersionedForm):
    """A bone or a cause on it."""

    text = LineField(
        label=FIELD_WORDS["text"], max_length=LONGEST["bone"], widget=forms.TextInput(attrs={"autofocus": True})
    )
    under = forms.TypedChoiceField(label=gettext_lazy("Hangs on"), coerce=int, empty_value=None, required=False)
    standing = forms.ChoiceField(
        label=FIELD_WORDS["standing"], choices=[("", gettext_lazy("Possible")), *Suspicion.choices], required=False
    )

    def __init__(self, *args: Any, places: list[tuple[str, str]], is_bone: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        if is_bone:
            del self.fields["under"], self.fields["standing"]
        else:
            offer(self, "under", places)


class RiskForm(VersionedForm):
    """A line of the register."""

    failure = LineField(label=FIELD_WORDS["failure"], max_length=LONGEST["failure"])
    effect = LineField(label=FIELD_WORDS["effect"], max_length=LONGEST["effect"], required=False)
    controls = LineField(label=FIELD_WORDS["controls"], max_length=LONGEST["controls"], required=False)
    component = forms.ChoiceField(label=FIELD_WORDS["component"], required=False)
    severity = forms.TypedChoiceField(
        label=FIELD_WORDS["severity"], choices=_SCALE, coerce=int, initial="5",
        help_text=gettext_lazy("10: people or the law are harmed."),
    )  # fmt: skip
    occurrence = forms.TypedChoiceField(
        label=FIELD_WORDS["occurrence"], choices=_SCALE, coerce=int, initial="5",
        help_text=gettext_lazy("10: it will happen every day."),
    )  # fmt: skip
    detection = forms.TypedChoiceField(
        label=FIELD_WORDS["detection"], choices=_SCALE, coerce=int, initial="5",
        help_text=gettext_lazy("10: nobody would notice."),
    )  # fmt: skip
    action = LineField(label=FIELD_WORDS["action"], max_length=LONGEST["action"], required=False)
    owner = forms.ChoiceField(label=FIELD_WORDS["owner"], required=False)
    due_on = DayField(label=FIELD_WORDS["due_on"], required=False)
    issues = LineField(
        label=gettext_lazy("Issues in which it happened"),
        max_length=800,
        required=False,
        help_text=gettext_lazy("Keys such as IS-12, with commas between."),
    )

    field_order = (
        "failure", "effect", "controls", "component", *RATINGS, "action", "owner", "due_on", *AFTER, "issues", "version",
    )  # fmt: skip

    def __init__(self, *args: Any, launch: Launch, risk: Risk | None = None, **options: Any) -> None:
        self.is_new = risk is None
        if risk:
            options["initial"] = _of_risk(risk)
        super().__init__(*args, **options)
        for name in AFTER:
            self.fields[name] = forms.TypedChoiceField(
                label=FIELD_WORDS[name], choices=[_NOT_SET, *_SCALE], coerce=int, empty_value=None, required=False
            )
        self.order_fields(self.field_order)
        offer(self, "component", [("", _("None")), *launch.components.order_by("name").values_list("slug", "name")])
        people = [(person.email, str(person)) for person in who_may(launch)]
        if risk and risk.owner and risk.owner.email not in dict(people):
            people.append((risk.owner.email, str(risk.owner)))
        offer(self, "owner", [("", _("Nobody yet")), *people])

    @property
    def said(self) -> Mapping[str, Any]:
        """What a form that was right says, as the register takes it; of a risk that is there, what was changed."""
        data = {name: value for name, value in self.cleaned_data.items() if name != "version"}
        data["due_on"] = data["due_on"].isoformat() if data["due_on"] else ""
        data["issues"] = data["issues"].split(",")
        return {name: value for name, value in data.items() if self.is_new or name in self.changed_data}


def _of_risk(risk: Risk) -> dict[str, Any]:
    names = ("failure", "effect", "controls", *RATINGS, "action", "due_on", *AFTER, "version")
    return {name: getattr(risk, name) for name in names} | {
        "component": risk.component.slug if risk.component else "",
        "owner": risk.owner.email if risk.owner else "",
        "issues": ", ".join(issue.key for issue in risk.issues.order_by("pk")),
    }


def places_for(branches: tuple[Branch[Any], ...], *, without: int | None = None, deepest: int) -> list[tuple[str, str]]:
    """Where something may hang: every row in reading order, set in by its depth, but not the one and what is below it."""
    found = []
    for branch in branches:
        if branch.row.pk != without and branch.depth < deepest:
            found.append((str(branch.row.pk), "\u2003" * (branch.depth - 1) + branch.row.text[:80]))
            found += places_for(branch.below, without=without, deepest=deepest)
    return found
