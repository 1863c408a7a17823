"""This module holds the form that makes a source."""

from django import forms
from django.utils.translation import gettext_lazy as _

from gateway_ingest.sources import MAX_NAME


class SourceForm(forms.Form):
    """What a new source needs."""

    name = forms.CharField(
        label=_("Name"), max_length=MAX_NAME, help_text=_("What sends the alerts, for example Alertmanager production.")
    )
