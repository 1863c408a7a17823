"""This module holds the forms of a source's mapping and of an API's description."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from gateway_ingest.mapping import FACTS, ITEMS, MAX_LENGTH, Expressions
from gateway_ingest.models import AlertSeverity, AlertStatus
from hypercare.core.forms.fields import LineField, offer, refuse_unsafe_characters
from hypercare.core.models import Component, Launch
from hypercare.core.strict_json import JSON, BadJson, parse

MAX_SAMPLE = 128 * 1024
_MAX_WORDS = 50


class DescriptionForm(forms.Form):
    """An OpenAPI file, of a component or of the whole launch."""

    file = forms.FileField(
        label=_("OpenAPI file"),
        help_text=_("JSON or YAML, up to 2 MB. It takes the place of the one before it."),
        max_length=200,
    )
    component = forms.ModelChoiceField(
        Component.objects.none(),
        label=_("Component"),
        required=False,
        to_field_name="slug",
        empty_label=_("Whole launch"),
    )

    def __init__(self, *arguments: Any, launch: Launch, **options: Any) -> None:
        super().__init__(*arguments, **options)
        offer(self, "component", launch.components.order_by("name"))


class WordsField(forms.CharField):
    """Lines `their word = our word`."""

    widget = forms.Textarea(attrs={"rows": 2, "class": "form-control"})
    default_validators = [refuse_unsafe_characters]

    def __init__(self, ours: list[str], **options: Any) -> None:
        self.ours = ours
        super().__init__(required=False, max_length=4000, **options)

    def clean(self, value: Any) -> dict[str, str]:
        """What each of their words means; an error names the first line that says nothing."""
        lines = [line.strip() for line in (super().clean(value) or "").splitlines() if line.strip()]
        if len(lines) > _MAX_WORDS:
            raise ValidationError(gettext("At most 50 words are kept."))
        return dict(self._pair(line) for line in lines)

    def _pair(self, line: str) -> tuple[str, str]:
        theirs, _sign, ours = (part.strip() for part in line.rpartition("="))
        if not theirs or ours.lower() not in self.ours:
            detail = gettext("“%(line)s” says nothing; write their word, = and one of: %(ours)s.")
            raise ValidationError(detail % {"line": line[:60], "ours": ", ".join(self.ours)})
        return theirs, ours.lower()

    def prepare_value(self, value: Any) -> Any:
        """Kept words as lines."""
        return "\n".join(f"{theirs} = {ours}" for theirs, ours in value.items()) if isinstance(value, dict) else value


def _expression(label: Any, help_text: Any = "", *, required: bool = False) -> LineField:
    widget = forms.TextInput(attrs={"spellcheck": "false", "autocomplete": "off"})
    return LineField(label=label, help_text=help_text, required=required, max_length=MAX_LENGTH, widget=widget)


class MappingForm(forms.Form):
    """A JMESPath expression for each fact of an alert, tried on a sample."""

    sample = forms.CharField(
        label=_("Sample"),
        required=False,
        max_length=MAX_SAMPLE,
        help_text=_("Paste one body as your sender posts it. It is not stored."),
        widget=forms.Textarea(attrs={"rows": 12, "spellcheck": "false"}),
    )
    letter = forms.IntegerField(required=False, widget=forms.HiddenInput)
    items = _expression(_("List of alerts"), _("Only where one body holds several, for example “alerts”."))
    title = _expression(_("Title"), _("For example “rule.name”."), required=True)
    severity = _expression(_("Severity"), _("Without it, every alert is a warning."))
    status = _expression(_("Status"), _("Without it, every body is a firing."))
    key = _expression(_("Key"), _("What begin and end of the same alert share; without it, title and component."))
    component = _expression(_("Component"))
    time = _expression(_("Time"))
    link = _expression(_("Link"))
    severity_words = WordsField(
        AlertSeverity.values, label=_("Words for severity"), help_text=_("One a line, for example “ouch = critical”.")
    )
    status_words = WordsField(
        AlertStatus.values, label=_("Words for status"), help_text=_("One a line, for example “gone = resolved”.")
    )

    def clean_sample(self) -> JSON:
        """The sample as JSON; None where there is none."""
        given = self.cleaned_data["sample"]
        if not given.strip():
            return None
        try:
            return parse(given.encode("utf-8", "surrogatepass"), max_bytes=4 * MAX_SAMPLE)
        except BadJson as error:
            raise ValidationError(error.detail) from error

    def expressions(self) -> Expressions:
        """What was typed, as far as it is readable."""
        kept: dict[str, Any] = {name: self.cleaned_data.get(name) or "" for name in (ITEMS, *FACTS)}
        kept |= {name: self.cleaned_data.get(name) or {} for name in ("severity_words", "status_words")}
        return Expressions(**kept)
