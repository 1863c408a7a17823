"""This module holds the words and bounds of causes: what a text may be, and what its fields are called."""

from datetime import date

from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hypercare.core.clock import FIRST_DAY, LAST_DAY
from hypercare.core.models import Launch, User
from hypercare.core.problem import wrong
from triage.warroom.duties import who_may
from triage.warroom.words import said

LONGEST = {
    "symptom": 2000, "cause": 2000, "factor": 300, "why": 500, "action": 300, "shows": 300, "bone": 200,
    "failure": 200, "effect": 300, "controls": 300,
}  # fmt: skip
MOST_FACTORS, MOST_EVIDENCE, MOST_LINKED = 20, 20, 50

FIELD_WORDS = {
    "symptom": gettext_lazy("Symptom"),
    "cause": gettext_lazy("Root cause"),
    "factors": gettext_lazy("Contributing factors"),
    "code": gettext_lazy("Cause code"),
    "missed": gettext_lazy("Why it was missed"),
    "text": gettext_lazy("Words"),
    "sureness": gettext_lazy("Confidence"),
    "verified_by": gettext_lazy("Verified by"),
    "action": gettext_lazy("Action"),
    "evidence": gettext_lazy("Evidence"),
    "standing": gettext_lazy("Standing"),
    "failure": gettext_lazy("What may fail"),
    "effect": gettext_lazy("What it would do"),
    "controls": gettext_lazy("How it would be noticed"),
    "component": gettext_lazy("Component"),
    "severity": gettext_lazy("Severity"),
    "occurrence": gettext_lazy("Occurrence"),
    "detection": gettext_lazy("Detection"),
    "owner": gettext_lazy("Owner"),
    "due_on": gettext_lazy("Due"),
    "severity_after": gettext_lazy("Severity after"),
    "occurrence_after": gettext_lazy("Occurrence after"),
    "detection_after": gettext_lazy("Detection after"),
    "issues": gettext_lazy("Issues"),
}


def field_words(fields: list[str]) -> str:
    """Fields in words, such as “Words, Action”."""
    return ", ".join(str(FIELD_WORDS.get(field, field)) for field in fields)


def chosen(value: str, field: str, *, known: list[str]) -> str:
    """One of the known values, or nothing; Problem 400 for any other."""
    if value and value not in known:
        raise wrong(f"/{field}", _("Use one of %(known)s.") % {"known": ", ".join(known)})
    return value


def member(launch: Launch, email: str, field: str) -> User | None:
    """Who of the launch has this address; nobody for none, Problem 400 for anyone else's."""
    if not email.strip():
        return None
    found = next((person for person in who_may(launch) if person.email == email.strip().lower()), None)
    if found is None:
        raise wrong(f"/{field}", _("Nobody of that address works in this launch."))
    return found


def factors_of(values: list[str]) -> list[str]:
    """Contributing factors, one line each, without empty ones."""
    kept = [said(value, "factors", longest=LONGEST["factor"]) for value in values if value.strip()]
    if len(kept) > MOST_FACTORS:
        raise wrong("/factors", _("Name %(limit)s factors at most.") % {"limit": MOST_FACTORS})
    return kept


def day(text: str, field: str) -> date | None:
    """A day as 2026-05-28; nothing for no text, Problem 400 for any other."""
    if not text.strip():
        return None
    try:
        found = parse_date(text.strip()[:20])
    except ValueError:
        found = None
    if found is None or not FIRST_DAY <= found <= LAST_DAY:
        raise wrong(f"/{field}", _("Write a day such as 2026-05-28."))
    return found
