"""This module holds the forms that make a launch, change its facts and close it."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hypercare.core.forms.fields import DayField, LineField, TimeOfDayField, offer, zone_choices
from hypercare.core.forms.lines import PartLinesField, PersonLinesField
from hypercare.core.launches import propose_slug
from hypercare.core.models import Launch, Phase

MAX_ACTIVE_USERS = 2_000_000_000
_DAYS = ["go_live_on", "planned_end_on", "hard_end_on"]


class _FactsForm(forms.ModelForm):  # type: ignore[type-arg]  # ModelForm takes no argument at run time
    """The facts both forms ask for."""

    name = LineField(label=gettext_lazy("Name"), max_length=120)
    zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        help_text=gettext_lazy("The launch's days and the hour of its daily report follow this clock."),
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language"),
        choices=settings.LANGUAGES,
        help_text=gettext_lazy("Of the daily report, and of mail to people who have not chosen their own."),
    )
    go_live_on = DayField(label=gettext_lazy("Go-live"))
    planned_end_on = DayField(label=gettext_lazy("Planned end"))
    hard_end_on = DayField(
        label=gettext_lazy("Hard end"),
        required=False,
        help_text=gettext_lazy("The last day the team is there, come what may."),
    )
    active_users = forms.IntegerField(
        label=gettext_lazy("Active users"),
        required=False,
        min_value=1,
        max_value=MAX_ACTIVE_USERS,
        help_text=gettext_lazy("About how many people use it: with 3,000 of them, “3 reported” becomes “0.1%”."),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        offer(self, "zone", zone_choices(self.instance.zone if self.instance.pk else ""))


class NewLaunchForm(_FactsForm):
    """Everything the first page asks for, in one go."""

    slug = forms.CharField(
        label=gettext_lazy("Address"),
        required=False,
        max_length=60,
        help_text=gettext_lazy("Small letters, digits, hyphens. Leave it empty and we make one from the name."),
    )
    parts = PartLinesField(
        label=gettext_lazy("Components"),
        required=False,
        help_text=gettext_lazy("What can break, one a line, with the team that owns it: “Checkout, Payments team”."),
    )
    people = PersonLinesField(
        label=gettext_lazy("People"),
        required=False,
        help_text=gettext_lazy("One a line with a role: “lena@example.org, responder”. Each gets an invitation."),
    )

    class Meta:
        model = Launch
        fields = ["name", "slug", *_DAYS, "zone", "language", "active_users"]

    field_order = [*Meta.fields, "parts", "people"]

    def clean_slug(self) -> str:
        """What was typed, or what the name gives."""
        typed = str(self.cleaned_data.get("slug") or "").lower()
        proposed = typed or propose_slug(self.cleaned_data.get("name") or "")
        if not proposed and self.cleaned_data.get("name"):
            raise ValidationError(_("We could not make an address from this name; write one, for example spring-shop."))
        return proposed


class FactsForm(_FactsForm):
    """What may change once a launch is there."""

    phase = forms.ChoiceField(
        label=gettext_lazy("Phase"),
        choices=Phase.choices,
        help_text=gettext_lazy("“Prepare” ends by itself on the day of go-live."),
    )
    report_at = TimeOfDayField(label=gettext_lazy("Daily report at"), help_text=gettext_lazy("By the launch's clock."))
    report_grace_minutes = forms.IntegerField(
        label=gettext_lazy("Minutes before a draft sends itself"), min_value=0, max_value=720
    )
    transient_minutes = forms.IntegerField(
        label=gettext_lazy("Over within (minutes)"),
        min_value=0,
        max_value=240,
        help_text=gettext_lazy(
            "What is over so soon, and nobody reported or took up, only came and went. With 0 nothing closes by itself."
        ),
    )
    transient_quiet_minutes = forms.IntegerField(
        label=gettext_lazy("Closes by itself after (quiet minutes)"), min_value=1, max_value=240
    )
    transient_times_a_day = forms.IntegerField(
        label=gettext_lazy("At most (times a day)"),
        min_value=0,
        max_value=50,
        help_text=gettext_lazy("What comes and goes more often is left to a person."),
    )

    class Meta:
        model = Launch
        fields = [
            *("name", "phase", *_DAYS, "zone", "language", "active_users", "report_at", "report_grace_minutes"),
            *("transient_minutes", "transient_quiet_minutes", "transient_times_a_day"),
        ]

    field_order = Meta.fields


class CloseForm(forms.Form):
    """The slug, typed, so that nobody closes a launch by a slip."""

    slug = forms.CharField(label=gettext_lazy("Type the launch's address to confirm"), max_length=60)

    def __init__(self, *args: Any, launch: Launch, **options: Any) -> None:
        super().__init__(*args, **options)
        self.launch = launch

    def clean_slug(self) -> str:
        """Refuses anything but the launch's own."""
        typed = str(self.cleaned_data["slug"]).strip()
        if typed != self.launch.slug:
            raise ValidationError(_("That is not “%(slug)s”; nothing was changed.") % {"slug": self.launch.slug})
        return typed
