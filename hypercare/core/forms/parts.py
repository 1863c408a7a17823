"""This module holds the forms about what a launch is made of: teams, components, own fields, a widget's pages."""

from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hypercare.core.forms.fields import LineField, LowerEmailField, offer, refuse_unsafe_characters
from hypercare.core.models import Component, ComponentKind, FieldDefinition, FieldKind, MetricDefinition, Team

MAX_ORIGINS = 20
MAX_METRICS = 50


class TeamForm(forms.ModelForm):  # type: ignore[type-arg]  # ModelForm takes no argument at run time
    """A team."""

    name = LineField(label=gettext_lazy("Name"), max_length=80)
    email = LowerEmailField(label=gettext_lazy("E-mail"), required=False)

    class Meta:
        model = Team
        fields = ["name", "email"]


class WordsField(forms.CharField):
    """Words between commas, or one a line."""

    def clean(self, value: Any) -> list[str]:
        """The words, each once."""
        text = super().clean(value)
        refuse_unsafe_characters(text)
        words = [" ".join(word.split()) for line in text.splitlines() for word in line.split(",")]
        if any(len(word) > 80 for word in words):
            raise ValidationError(_("A word or choice has up to 80 characters."))
        return list(dict.fromkeys(word for word in words if word))

    def prepare_value(self, value: Any) -> Any:
        """The words as people type them."""
        return ", ".join(value) if isinstance(value, list) else value


class ComponentForm(forms.ModelForm):  # type: ignore[type-arg]  # ModelForm takes no argument at run time
    """A component."""

    name = LineField(label=gettext_lazy("Name"), max_length=80)
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=ComponentKind.choices, initial="service")
    team = forms.ModelChoiceField(
        label=gettext_lazy("Team"), queryset=Team.objects.none(), required=False, empty_label=gettext_lazy("No team")
    )
    critical = forms.BooleanField(label=gettext_lazy("On a critical journey"), required=False)
    hints = WordsField(
        label=gettext_lazy("Words that point to it"),
        required=False,
        help_text=gettext_lazy("Between commas. A report with such a word is routed here: basket, pay, card."),
    )

    class Meta:
        model = Component
        fields = ["name", "kind", "team", "critical", "hints"]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        offer(self, "team", Team.objects.filter(launch_id=self.instance.launch_id).order_by("name"))


class NewFieldForm(forms.ModelForm):  # type: ignore[type-arg]  # ModelForm takes no argument at run time
    """A launch's own field on reports."""

    label = LineField(label=gettext_lazy("Label"), max_length=80)
    key = forms.RegexField(
        r"^[a-z][a-z0-9_]*$",
        label=gettext_lazy("Key"),
        max_length=40,
        help_text=gettext_lazy("The name in the API: small letters, digits and _. It stays as it is."),
        error_messages={"invalid": gettext_lazy("Begin with a small letter, then small letters, digits and _.")},
    )
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=FieldKind.choices)
    choices = WordsField(
        label=gettext_lazy("Choices"),
        required=False,
        help_text=gettext_lazy("Between commas, for a field of the kind “Choice”."),
    )
    required = forms.BooleanField(label=gettext_lazy("Required in every report sent by people"), required=False)

    class Meta:
        model = FieldDefinition
        fields = ["label", "key", "kind", "choices", "required"]

    def clean(self) -> dict[str, Any]:
        """A choice needs choices, and nothing else has any."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        kind = data.get("kind", self.instance.kind)
        if kind == FieldKind.CHOICE and not data.get("choices") and "choices" not in self.errors:
            self.add_error("choices", _("Write at least one choice."))
        if kind != FieldKind.CHOICE:
            data["choices"] = []
        return data


class FieldForm(NewFieldForm):
    """What may change of a field that reports already use."""

    key = None  # type: ignore[assignment]  # this is how Django drops an inherited field
    kind = None  # type: ignore[assignment]

    class Meta:
        model = FieldDefinition
        fields = ["label", "choices", "required"]


def no_attribute(word: str) -> str:
    """What is said of a word that is no attribute."""
    return _("“%(word)s” is no attribute; write one like queue=orders.") % {"word": word}


class MetricForm(forms.ModelForm):  # type: ignore[type-arg]  # ModelForm takes no argument at run time
    """A figure that is taken from outside."""

    name = LineField(
        label=gettext_lazy("Name"),
        max_length=50,
        help_text=gettext_lazy("As its sender calls it: orders.paid, queue_length."),
    )
    unit = LineField(label=gettext_lazy("Unit"), required=False, max_length=20)
    only = WordsField(
        label=gettext_lazy("Only with these attributes"),
        required=False,
        help_text=gettext_lazy(
            "Between commas: queue=orders, region=eu. Without any, every value of that name counts."
        ),
    )

    class Meta:
        model = MetricDefinition
        fields = ["name", "unit", "only"]

    def clean_only(self) -> list[str]:
        """Pairs; raises ValidationError that names what is none."""
        words: list[str] = self.cleaned_data["only"]
        if wrong := [word for word in words if not all(word.partition("="))]:
            raise ValidationError(no_attribute(wrong[0]))
        return words

    def clean(self) -> dict[str, Any]:
        """A launch has few of them, for each is drawn and kept."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        known = MetricDefinition.objects.filter(launch_id=self.instance.launch_id).exclude(pk=self.instance.pk)
        if known.count() >= MAX_METRICS:
            raise ValidationError(_("A launch has at most %(most)s metrics of its own.") % {"most": MAX_METRICS})
        return data


class MetricChangeForm(MetricForm):
    """What may change of a metric: its values so far, and what rests on them, are known by its name."""

    name = None  # type: ignore[assignment]  # this is how Django drops an inherited field

    class Meta:
        model = MetricDefinition
        fields = ["unit", "only"]


class OriginsForm(forms.Form):
    """The pages that may send with a widget's key."""

    origins = forms.CharField(
        label=gettext_lazy("Pages that carry it"),
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 2, "placeholder": "https://shop.example.org"}),
        help_text=gettext_lazy("One a line: scheme and host, without a path. The test page here always may."),
    )

    def clean_origins(self) -> list[str]:
        """The origins, plain; raises ValidationError that names the line."""
        lines = [line.strip() for line in str(self.cleaned_data["origins"]).splitlines() if line.strip()]
        if len(lines) > MAX_ORIGINS:
            raise ValidationError(_("Up to %(most)s origins for one key.") % {"most": MAX_ORIGINS})
        return list(dict.fromkeys(_origin(line) for line in lines))


def _origin(line: str) -> str:
    said = _("“%(line)s” is no origin; write one like https://shop.example.org.")
    wrong = ValidationError(said % {"line": line[:80]})
    try:
        parts = urlsplit(line.lower())
        port = f":{parts.port}" if parts.port else ""
    except ValueError as error:
        raise wrong from error
    host = parts.hostname or ""
    is_host = bool(host) and all(letter.isalnum() or letter in ".-_:" for letter in host)
    has_more = parts.path not in {"", "/"} or parts.query or parts.fragment or parts.username
    if parts.scheme not in {"http", "https"} or not is_host or has_more:
        raise wrong
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{port}"
