"""This module reads lists that people type one a line: components with their team, people with their role."""

import re
from collections.abc import Callable
from typing import Any, TypeVar

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from hypercare.core.forms.fields import refuse_unsafe_characters
from hypercare.core.opening import NewPart, NewPerson
from hypercare.core.roles import Role

MAX_LINES = 200
MAX_NAME = 80
MAX_EMAIL = 254

_PERSON = re.compile(r"^(?P<email>[^\s,;]+)(?:[\s,;]+(?P<role>.+))?$")

Row = TypeVar("Row", NewPart, NewPerson)


class PartLinesField(forms.CharField):
    """Lines `Name, team`; the team may be left out."""

    widget = forms.Textarea(attrs={"rows": 4})

    def clean(self, value: Any) -> list[NewPart]:
        """The components; all that is wrong is said, each with its line."""
        return _rows(super().clean(value), _part, lambda part: part.name)


class PersonLinesField(forms.CharField):
    """Lines `mail, role`."""

    widget = forms.Textarea(attrs={"rows": 4})

    def clean(self, value: Any) -> list[NewPerson]:
        """The people; all that is wrong is said, each with its line."""
        return _rows(super().clean(value), _person, lambda person: person.email)


def _rows(text: str, read: Callable[[str], Row], name_of: Callable[[Row], str]) -> list[Row]:
    """The rows of all lines; raises ValidationError with one sentence a line that cannot be read."""
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    if len(lines) > MAX_LINES:
        raise ValidationError(_("Up to %(most)s lines at once; add the rest afterwards.") % {"most": MAX_LINES})
    rows: dict[str, Row] = {}
    errors: list[str] = []
    for number, line in lines:
        try:
            row = read(line)
        except ValidationError as error:
            errors += [_at_line(number, said) for said in error.messages]
            continue
        if name_of(row).casefold() in rows:
            errors.append(_at_line(number, _("“%(name)s” is there twice.") % {"name": name_of(row)}))
        rows[name_of(row).casefold()] = row
    if errors:
        raise ValidationError(errors)
    return list(rows.values())


def _at_line(number: int, problem: str) -> str:
    return _("Line %(number)s: %(problem)s") % {"number": number, "problem": problem}


def _part(line: str) -> NewPart:
    refuse_unsafe_characters(line)
    name, _comma, team = (" ".join(piece.split()) for piece in line.partition(","))
    if not name:
        raise ValidationError(_("The name before the comma is missing."))
    if len(name) > MAX_NAME or len(team) > MAX_NAME:
        raise ValidationError(_("A name has up to %(most)s characters.") % {"most": MAX_NAME})
    return NewPart(name, team)


def _person(line: str) -> NewPerson:
    refuse_unsafe_characters(line)
    found = _PERSON.match(line)
    email = found["email"].lower() if found else ""
    if not _is_address(email):
        raise ValidationError(_("“%(email)s” is no e-mail address.") % {"email": email[:80]})
    return NewPerson(email, _role(found["role"] if found else None))


def _is_address(email: str) -> bool:
    try:
        validate_email(email)
    except ValidationError:
        return False
    return len(email) <= MAX_EMAIL


def _role(word: str | None) -> str:
    if not word:
        raise ValidationError(_("Write a role behind the address: %(known)s.") % {"known": _known_roles()})
    for role in Role:
        if word.strip().casefold() in {role.value, str(role.label).casefold()}:
            return role.value
    problem = _("“%(word)s” is no role; write one of %(known)s.")
    raise ValidationError(problem % {"word": word[:40], "known": _known_roles()})


def _known_roles() -> str:
    return ", ".join(Role.values)
