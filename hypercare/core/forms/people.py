"""This module holds the forms about people: a new member, a role, a token."""

from datetime import timedelta
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from hypercare.core.forms.fields import LineField, LowerEmailField, offer
from hypercare.core.models import Launch
from hypercare.core.roles import Role, Scope

_LIFETIMES = [(7, _("in 7 days")), (30, _("in 30 days")), (90, _("in 90 days")), (365, _("in a year")), (0, _("never"))]


class MemberForm(forms.Form):
    """One person by address, with a role."""

    email = LowerEmailField(label=_("E-mail"), max_length=254)
    name = LineField(label=_("Name"), max_length=120, required=False)
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices, initial=Role.RESPONDER)


class RoleForm(forms.Form):
    """A member's role."""

    role = forms.ChoiceField(label=_("Role"), choices=Role.choices)


class TokenForm(forms.Form):
    """A token's name, what it may do, where, and until when."""

    name = LineField(label=_("Name"), max_length=80, help_text=_("What will use it, for example “deploy pipeline”."))
    launch = forms.ModelChoiceField(
        label=_("Launch"), queryset=Launch.objects.none(), required=False, empty_label=_("All my launches")
    )
    scopes = forms.MultipleChoiceField(
        label=_("What it may do"),
        choices=Scope.choices,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"}),
        help_text=_("Never more than your own role allows at the time."),
    )
    days = forms.TypedChoiceField(
        label=_("Ends"),
        coerce=int,
        initial=90,
        choices=_LIFETIMES,
    )

    def __init__(self, *args: Any, launches: QuerySet[Launch], **options: Any) -> None:
        super().__init__(*args, **options)
        offer(self, "launch", launches)

    @property
    def lifetime(self) -> timedelta | None:
        """How long the token lives; None is for ever."""
        days = self.cleaned_data["days"]
        return timedelta(days=days) if days else None
