"""This module holds the form of a webhook: its name, its address, the events it hears of, and whether people are named."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from hypercare.core.forms.fields import LineField
from hypercare.core.happenings import EVENTS
from hypercare.core.models import OutgoingWebhook
from hypercare.core.problem import Problem
from hypercare.core.webhooks.hooks import LONGEST_NAME, LONGEST_URL, Said


class WebhookForm(forms.Form):
    """What a lead writes; the domain checks the address."""

    name = LineField(label=_("Name"), max_length=LONGEST_NAME)
    url = forms.CharField(
        label=_("Address"),
        max_length=LONGEST_URL,
        widget=forms.URLInput(attrs={"placeholder": "https://"}),
        help_text=_("Inside addresses are called only where an administrator listed them."),
    )
    events = forms.MultipleChoiceField(
        label=_("Hears of"), widget=forms.CheckboxSelectMultiple, required=False, choices=()
    )
    with_people = forms.BooleanField(
        label=_("Send names and what people wrote, too"),
        required=False,
        help_text=_("Without it a message holds keys, codes and numbers only."),
    )

    def __init__(self, *given: Any, webhook: OutgoingWebhook | None = None, **more: Any) -> None:
        if webhook is not None:
            present = {name: getattr(webhook, name) for name in ("name", "url", "events", "with_people")}
            more["initial"] = present
        super().__init__(*given, **more)
        events = self.fields["events"]
        assert isinstance(events, forms.MultipleChoiceField)
        events.choices = [(name, event.words) for name, event in EVENTS.items()]

    @property
    def said(self) -> Said:
        """What was written, for the domain."""
        data = self.cleaned_data
        return Said(data["name"], data["url"], tuple(data["events"]), data["with_people"])

    def refuse(self, problem: Problem) -> None:
        """Shows what the domain refused beside its field."""
        for error in problem.errors:
            self.add_error(error.pointer.removeprefix("/"), error.detail)
        if not problem.errors:
            self.add_error(None, problem.detail)
