"""This module gives pages what their orders for issues can be: to whom, how grave, where to, how long."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from hypercare.core.models import Launch, User
from hypercare.core.roles import Right, roles_with
from hypercare.core.templatetags.hypercare_ui import resolution_word, status_word
from triage import transitions
from triage.categories import CATEGORY_NAMES
from triage.models import ENDED_STATUSES, IssueStatus, Moscow
from triage.opening import USUAL_SEVERITY

WAYS_TO_DECLINE = ("wont_do", "as_designed", "deferred")
_WAYS_TO_CLOSE = sorted(transitions.RESOLUTIONS - {"transient"})


def workers_of(launch: Launch) -> list[tuple[str, str]]:
    """Who may own issues: address and name."""
    found = User.objects.filter(
        memberships__launch=launch, memberships__role__in=roles_with(Right.TRIAGE), is_active=True
    ).distinct()
    return [(person.email, str(person)) for person in found.order_by("name", "email")]


def order_choices(launch: Launch, *, may_order: bool) -> dict[str, Any]:
    """All that the chooser, the bar and the inline controls offer; who only reads is offered pages alone."""
    offered = {"may_order": may_order, "pages": _pages(launch)}
    return offered | _choices(launch) if may_order else offered


def _choices(launch: Launch) -> dict[str, Any]:
    return {
        "commands": commands(),
        "moscow_names": Moscow.choices,
        "category_names": CATEGORY_NAMES,
        "owner_names": workers_of(launch),
        "component_names": list(launch.components.order_by("name").values_list("slug", "name")),
        "team_names": [(name, name) for name in launch.teams.order_by("name").values_list("name", flat=True)],
        "usual_severity": USUAL_SEVERITY,
        "targets": _targets(),
        "ways_to_decline": WAYS_TO_DECLINE,
        "sleeps": [
            ("1h", _("1 hour")),
            ("4h", _("4 hours")),
            ("tomorrow", _("Tomorrow 09:00")),
            ("monday", _("Monday 09:00")),
        ],
    }


def commands() -> list[tuple[str, str, str]]:
    """The orders of the palette and the menu: name, words, and the key that is shown."""
    return [
        ("accept", _("Accept"), "1"),
        ("duplicate", _("Duplicate of…"), "2"),
        ("decline", _("Decline…"), "3"),
        ("snooze", _("Snooze…"), "H"),
        ("wake", _("Wake"), ""),
        ("assign", _("Assign…"), "A"),
        ("mine", _("Assign to me"), "I"),
        ("severity", _("Severity…"), "S"),
        ("priority", _("Priority…"), "P"),
        ("type", _("Type…"), "T"),
        ("status", _("Move to…"), "V"),
        ("label", _("Labels…"), "L"),
        ("component", _("Component…"), "D"),
        ("reply", _("Reply…"), "R"),
        ("note", _("Note…"), "N"),
        ("escalate", _("Escalate: its war room…"), "E"),
        ("create", _("Create an issue…"), "C"),
    ]


def _pages(launch: Launch) -> list[tuple[str, str]]:
    named = [
        (_("Triage"), "inbox"),
        (_("Board"), "board"),
        (_("Issues"), "issues"),
        (_("Priorities"), "priorities"),
        (_("Exit"), "exit"),
        (_("Report"), "report"),
    ]
    return [(word, reverse(f"triage:{name}", args=[launch.slug])) for word, name in named]


def _targets() -> list[tuple[str, str, str]]:
    open_ones = [(str(one), "", str(status_word(one))) for one in IssueStatus if one not in ENDED_STATUSES]
    closed = status_word(IssueStatus.CLOSED)
    return open_ones + [("closed", way, f"{closed}: {resolution_word(way)}") for way in _WAYS_TO_CLOSE]
