"""This module opens a launch with all that the first page asks for, and knows which first steps are done."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from hypercare.core.invitations import invite
from hypercare.core.launches import create_launch
from hypercare.core.models import ApiToken, Component, Launch, Team, TimelineEntry, User
from hypercare.core.parts import free_slug
from hypercare.core.timeline import Actor


@dataclass(frozen=True)
class NewPart:
    """A component to be, and the team that owns it, if any."""

    name: str
    team: str = ""


@dataclass(frozen=True)
class NewPerson:
    """A person to be invited."""

    email: str
    role: str


@dataclass(frozen=True)
class Step:
    """One of the first steps, and whether it is done."""

    key: str
    title: str
    done: bool


@transaction.atomic
def open_launch(launch: Launch, *, parts: list[NewPart], people: list[NewPerson], owner: User, now: datetime) -> Launch:
    """Saves the launch, its components and teams, and invites its people; all of it or nothing."""
    create_launch(launch, owner=owner, now=now)
    teams: dict[str, Team] = {}
    for part in parts:
        if part.team and part.team.casefold() not in teams:
            teams[part.team.casefold()] = Team.objects.create(launch=launch, name=part.team)
        slug = free_slug(launch, part.name)
        Component.objects.create(launch=launch, slug=slug, name=part.name, team=teams.get(part.team.casefold()))
    actor = Actor.person(owner)
    for person in people:
        if person.email != owner.email:
            invite(launch, person.email, role=person.role, actor=actor, now=now)
    return launch


def first_steps(launch: Launch, user: User) -> list[Step]:
    """What makes a launch hear, in the order people do it."""
    tokens = ApiToken.objects.filter(user=user, revoked_at=None)
    entries = TimelineEntry.objects.filter(launch=launch)
    return [
        Step("launch", _("The launch is created"), done=True),
        Step("parts", _("Its components are named"), done=launch.components.exists()),
        Step("people", _("The team is invited"), done=launch.memberships.count() > 1),
        Step(
            "report",
            _("A first report has come in"),
            done=launch.keys.filter(first_report_at__isnull=False).exists(),
        ),
        Step("token", _("A token for scripts is made"), done=tokens.filter(launch_id__in=[launch.pk]).exists()),
        Step(
            "alerts",
            _("A source of alerts is connected"),
            done=entries.filter(kind="source.created").exists(),
        ),
        Step("mail", _("A mail server is named"), done=settings.SMTP_CONFIGURED),
    ]
