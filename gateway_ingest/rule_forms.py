"""This module holds the forms of rules: one rule, the targets, a maintenance."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.forms.boundfield import BoundField
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from gateway_ingest.models import AlertSeverity, Rule
from gateway_ingest.rules.defaults import DEFAULTS
from gateway_ingest.rules.dry_run import DAYS
from gateway_ingest.rules.rows import MAX_CLEAR_MINUTES, MAX_LEAST, MAX_LIMIT
from gateway_ingest.rules.rule import Against
from gateway_ingest.rules.wording import SHARES
from hypercare.core.forms.fields import LineField, offer
from hypercare.core.models import Component, Launch

LONGEST_MAINTENANCE = timedelta(days=14)


class RuleForm(forms.Form):
    """One rule: a limit and a severity for each step, and how calmly it is read. Shares are written in percent."""

    minutes = forms.IntegerField(label=_("Minutes"), min_value=2, max_value=60)
    least = forms.IntegerField(
        label=_("Fewest cases"),
        min_value=0,
        max_value=MAX_LEAST,
        help_text=_("With fewer calls in that time the rule says nothing."),
    )
    clear_at = forms.IntegerField(
        label=_("Ends at this share of the first limit, in percent"),
        min_value=5,
        max_value=100,
        help_text=_("Below 100, so that a value that sways around the limit does not fire again and again."),
    )
    clear_minutes = forms.IntegerField(
        label=_("Looks in a row until it ends"), min_value=1, max_value=MAX_CLEAR_MINUTES
    )

    def __init__(self, data: Any = None, *, row: Rule) -> None:
        super().__init__(data, initial=_initial(row))
        self.rule = DEFAULTS[row.name]
        self.steps = len(row.steps)
        if not self.rule.sustained:
            del self.fields["minutes"]
        for number in range(self.steps):
            self.fields[f"limit_{number}"] = forms.FloatField(
                label=self._limit_label(number), min_value=0.000001, max_value=MAX_LIMIT
            )
            self.fields[f"severity_{number}"] = forms.ChoiceField(
                label=_("Severity %(number)s") % {"number": number + 1}, choices=AlertSeverity.choices
            )
        self.fields["days"] = forms.TypedChoiceField(
            label=_("Try it on"),
            choices=[(days, _days(days)) for days in DAYS],
            coerce=int,
        )

    def step_fields(self) -> Iterator[tuple[BoundField, BoundField]]:
        """The fields of each step, side by side."""
        return ((self[f"limit_{number}"], self[f"severity_{number}"]) for number in range(self.steps))

    def other_fields(self) -> list[BoundField]:
        """The rest, without the days of a trial."""
        return [self[name] for name in ("minutes", "least", "clear_at", "clear_minutes") if name in self.fields]

    def changes(self) -> dict[str, Any]:
        """What the form says, as the rule keeps it."""
        said = self.cleaned_data
        scale = 100 if self.rule.measure in SHARES and self.rule.against is Against.ITSELF else 1
        steps = [[said[f"limit_{number}"] / scale, said[f"severity_{number}"]] for number in range(self.steps)]
        found = {"steps": steps, "clear_at": said["clear_at"] / 100}
        return found | {name: said[name] for name in ("minutes", "least", "clear_minutes") if name in said}

    def refuse(self, pointer: str, detail: str) -> None:
        """Puts a problem beside the field it is about."""
        name = pointer.strip("/")
        self.add_error({"steps": "limit_0"}.get(name, name if name in self.fields else None), detail)

    def _limit_label(self, number: int) -> str:
        if self.rule.against is Against.USUAL:
            text = gettext("Limit %(number)s, in times the usual")
        elif self.rule.against is Against.TARGET:
            text = gettext("Limit %(number)s, in times the target")
        elif self.rule.measure in SHARES:
            text = gettext("Limit %(number)s, in percent")
        else:
            text = gettext("Limit %(number)s")
        return text % {"number": number + 1}


def _days(days: int) -> str:
    return gettext("the last day") if days == 1 else gettext("the last %(days)s days") % {"days": days}


def _initial(row: Rule) -> dict[str, Any]:
    rule = DEFAULTS[row.name]
    scale = 100 if rule.measure in SHARES and rule.against is Against.ITSELF else 1
    steps: dict[str, Any] = {}
    for number, (limit, severity) in enumerate(row.steps):
        steps |= {f"limit_{number}": _short(limit * scale), f"severity_{number}": severity}
    return steps | {
        "minutes": row.minutes,
        "least": row.least,
        "clear_at": round(row.clear_at * 100),
        "clear_minutes": row.clear_minutes,
        "days": DAYS[0],
    }


def _short(number: float) -> float | int:
    """A number as people write it: 1 instead of 1.0."""
    rounded = float(f"{number:.6g}")
    return int(rounded) if rounded == int(rounded) else rounded


class TargetForm(forms.Form):
    """What is wanted of a component, or of the whole launch; an empty field wants nothing of its own."""

    component = forms.ModelChoiceField(
        Component.objects.none(), label=_("Of"), required=False, empty_label=_("The whole launch")
    )
    p95_ms = forms.FloatField(
        label=_("95th percentile, in milliseconds"), min_value=1, max_value=3_600_000, required=False
    )
    daily_budget = forms.FloatField(
        label=_("Budget a day, in the currency your gateway reports"), min_value=0.01, max_value=1e9, required=False
    )

    def __init__(self, data: Any = None, *, launch: Launch) -> None:
        super().__init__(data)
        offer(self, "component", Component.objects.filter(launch=launch).order_by("name"))


class MaintenanceForm(forms.Form):
    """When something is mended on purpose, and what; times are of the launch's clock."""

    component = forms.ModelChoiceField(
        Component.objects.none(), label=_("What is mended"), required=False, empty_label=_("The whole launch")
    )
    begins_at = forms.DateTimeField(
        label=_("From"), widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    )
    ends_at = forms.DateTimeField(
        label=_("Until"), widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    )
    reason = LineField(label=_("Why"), max_length=200)

    def __init__(self, data: Any = None, *, launch: Launch, now: datetime) -> None:
        zone = ZoneInfo(launch.zone)
        begins = now.astimezone(zone).replace(second=0, microsecond=0)
        super().__init__(data, initial={"begins_at": begins, "ends_at": begins + timedelta(hours=1)})
        self.now = now
        offer(self, "component", Component.objects.filter(launch=launch).order_by("name"))

    def clean(self) -> dict[str, Any]:
        """Refuses a time that is over, runs backwards or never ends."""
        said = super().clean() or {}
        begins, ends = said.get("begins_at"), said.get("ends_at")
        if begins and ends:
            if ends <= begins:
                self.add_error("ends_at", gettext("It ends before it begins."))
            elif ends <= self.now:
                self.add_error("ends_at", gettext("This time is over."))
            elif ends - begins > LONGEST_MAINTENANCE:
                self.add_error("ends_at", gettext("A maintenance lasts 14 days at most; plan another after it."))
        return said
