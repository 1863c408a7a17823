"""This module holds the forms people fill in: the portal's and the note's, with every refusal in plain words."""

import uuid
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import ProhibitNullCharactersValidator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from feedback import spoken
from feedback.channels.portal import DETAILS
from feedback.files import MAX_BYTES
from feedback.models import Channel
from feedback.spoken import Kind
from feedback.uploads import MAX_FILES
from hypercare.core.forms.fields import LowerEmailField
from hypercare.core.models import Component, FieldDefinition, FieldKind
from hypercare.core.problem import FieldError, Problem
from hypercare.core.strict_json import clean_text

LOCAL_TIME = "%Y-%m-%dT%H:%M"


def _clean(value: str) -> None:
    complaints = clean_text(value)
    if complaints:
        raise ValidationError([ValidationError(complaint) for complaint in complaints])


def _spoken(value: str) -> None:
    complaints = spoken.complaints_about(value)
    if complaints:
        raise ValidationError([ValidationError(complaint) for complaint in complaints])


class _Words(forms.CharField):
    """Text whose faults are told by our own sentences alone."""

    def __init__(self, check: Any = _clean, **options: Any) -> None:
        super().__init__(**options)
        ours = [rule for rule in self.validators if not isinstance(rule, ProhibitNullCharactersValidator)]
        self.validators = [*ours, check]

    def to_python(self, value: Any) -> str:
        """The text with one kind of line break."""
        return (super().to_python(value) or "").replace("\r\n", "\n").replace("\r", "\n")


class _Files(forms.FileInput):
    """A choice of several files; `uploads.files_in` reads and checks them."""

    allow_multiple_selected = True

    def __init__(self) -> None:
        super().__init__(attrs={"multiple": True})


def _area(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


class _SentOnce(forms.Form):
    """A form that carries its own id, so that a second press of the button sends nothing new."""

    text = _Words(
        _spoken,
        label=_("What happened?"),
        widget=_area(4),
        error_messages={"required": _("Write at least a word: what happened?")},
    )
    form_id = forms.UUIDField(required=False, widget=forms.HiddenInput, initial=uuid.uuid4)

    def clean_form_id(self) -> str:
        """The id as text; a new one where none came."""
        return str(self.cleaned_data.get("form_id") or uuid.uuid4())

    def take(self, problem: Problem) -> None:
        """Shows a later refusal beside the fields it is about, else above them all."""
        for error in problem.errors or (FieldError("", problem.detail),):
            name = self.field_of(error.pointer)
            self.add_error(name if name in self.fields else None, error.detail)

    def field_of(self, pointer: str) -> str:
        """The name of the form's field for a place in the report."""
        return pointer.removeprefix("/").replace("fields/", "field_")


class PortalForm(_SentOnce):
    """What anyone may tell a launch."""

    kind = forms.ChoiceField(label=_("What is it about?"), choices=Kind.choices, initial=Kind.BROKEN)
    email = LowerEmailField(
        label=_("E-mail"),
        required=False,
        max_length=254,
        help_text=_("So we can tell you when it is fixed. Nothing else is ever sent."),
        error_messages={"invalid": _("This is no e-mail address. Write one like name@example.org, or leave it empty.")},
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    file = forms.Field(label=_("Picture or file"), required=False, widget=_Files)
    language = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, definitions: dict[str, FieldDefinition], guest: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        self.definitions = definitions
        for name, question in DETAILS.items():
            self.fields[name] = _Words(label=question, required=False, max_length=20_000, widget=_area(2))
        for key, definition in definitions.items():
            self.fields[f"field_{key}"] = _own_field(definition)
        self.fields["file"].help_text = gettext("A screenshot, text or PDF; up to %(count)s files of %(size)s MB.") % {
            "count": MAX_FILES, "size": MAX_BYTES // 1024 // 1024}  # fmt: skip
        if not guest:
            del self.fields["email"]

    @property
    def details(self) -> list[forms.BoundField]:
        """The four optional questions."""
        return [self[name] for name in DETAILS]

    @property
    def has_details(self) -> bool:
        """Whether any of the four was answered or refused, so that they must stand open."""
        return any(field.value() or field.errors for field in self.details)

    @property
    def own_fields(self) -> list[forms.BoundField]:
        """The launch's own fields."""
        return [self[f"field_{key}"] for key in self.definitions]

    def own_values(self) -> dict[str, Any]:
        """The launch's own fields that were filled in, as JSON values."""
        values = {key: self.cleaned_data.get(f"field_{key}") for key in self.definitions}
        return {key: _as_json(value, self.definitions[key]) for key, value in values.items() if value not in (None, "")}


class NoteForm(_SentOnce):
    """What a stakeholder said or someone in operations saw."""

    NOTES: ClassVar = [
        (Channel.STAKEHOLDER_NOTE, _("A stakeholder said it")),
        (Channel.OPERATIONS_NOTE, _("We saw it in operations")),
    ]

    channel = forms.ChoiceField(label=_("Where does it come from?"), choices=NOTES, initial=Channel.STAKEHOLDER_NOTE)
    said_by = _Words(
        label=_("Who said or saw it?"),
        required=False,
        max_length=120,
        help_text=_("Leave it empty when it is your own word."),
    )
    occurred_at = forms.DateTimeField(
        label=_("When?"),
        required=False,
        input_formats=[LOCAL_TIME, f"{LOCAL_TIME}:%S"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=LOCAL_TIME),
        error_messages={"invalid": _("Write a day and a time, for example 2026-05-28 14:30.")},
    )
    component = forms.ModelChoiceField(
        label=_("Which part of the launch?"),
        queryset=Component.objects.none(),
        required=False,
        to_field_name="slug",
        empty_label="—",
    )
    field_order = ["channel", "text", "said_by", "occurred_at", "component"]

    def __init__(self, *args: Any, components: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["component"].queryset = components  # type: ignore[attr-defined]

    def clean_component(self) -> str:
        """The component's slug, or nothing."""
        component = self.cleaned_data.get("component")
        return component.slug if component else ""


def _own_field(definition: FieldDefinition) -> forms.Field:
    """The form's field for one of the launch's own."""
    shown: dict[str, Any] = {"label": definition.label, "required": definition.required}
    empty = ("", "—")
    match FieldKind(definition.kind):
        case FieldKind.NUMBER:
            return forms.FloatField(**shown, widget=forms.NumberInput(attrs={"step": "any"}))
        case FieldKind.DATE:
            return forms.DateField(**shown, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
        case FieldKind.BOOLEAN:
            return forms.ChoiceField(**shown, choices=[empty, ("yes", _("Yes")), ("no", _("No"))])
        case FieldKind.CHOICE:
            return forms.ChoiceField(**shown, choices=[empty, *((choice, choice) for choice in definition.choices)])
        case FieldKind.TEXT:
            return _Words(**shown, max_length=500)


def _as_json(value: Any, definition: FieldDefinition) -> Any:
    """A cleaned value as the launch's definition wants it stored."""
    match FieldKind(definition.kind):
        case FieldKind.NUMBER:
            return int(value) if value.is_integer() else value
        case FieldKind.DATE:
            return value.isoformat()
        case FieldKind.BOOLEAN:
            return value == "yes"
        case _:
            return value
