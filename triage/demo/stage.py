"""This module builds the launch of the sample story: its components and teams, its people, and what may post to it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from gateway_ingest import sources
from gateway_ingest.models import Source
from hypercare.core import clock
from hypercare.core.launches import begin_due, create_launch
from hypercare.core.members import set_member
from hypercare.core.models import Component, Launch, Team, User
from hypercare.core.parts import save_part
from hypercare.core.timeline import Actor
from triage.demo.story import Story
from triage.sifting import aside

ALERTMANAGER = "Alertmanager"
PREPARED = timedelta(days=3)


@dataclass(frozen=True)
class Stage:
    """The launch with those who act in it."""

    story: Story
    launch: Launch
    people: dict[str, User]
    source: Source

    def actor(self, key: str) -> Actor:
        """The person of that name in the story, as who did something."""
        return Actor.person(self.people[key])


def find(story: Story) -> Stage | None:
    """The stage as it stands; None before the launch is loaded."""
    launch = Launch.objects.filter(slug=story.launch["slug"]).first()
    source = Source.objects.filter(launch=launch, name=ALERTMANAGER).first() if launch else None
    if launch is None or source is None:
        return None
    users = {user.email: user for user in User.objects.filter(memberships__launch=launch)}
    people = {person.key: users[person.email] for person in story.people if person.email in users}
    return Stage(story, launch, people, source)


def build(story: Story, *, now: datetime) -> Stage:
    """A new launch that began some days ago, prepared by its lead three days before."""
    facts = story.launch
    first_day = first_day_of(story, now=now)
    prepared_at = clock.day_bounds(first_day, facts["zone"])[0] - PREPARED
    people = _people(story, now=prepared_at)
    launch = create_launch(
        Launch(
            slug=facts["slug"],
            name=facts["name"],
            zone=facts["zone"],
            go_live_on=first_day,
            planned_end_on=first_day + timedelta(days=facts["planned_days"] - 1),
            hard_end_on=first_day + timedelta(days=facts["hard_end_after_days"]),
            active_users=facts["active_users"],
        ),
        owner=people["priya"],
        now=prepared_at,
    )
    lead = Actor.person(people["priya"])
    _parts(story, launch, actor=lead, now=prepared_at)
    for person in story.people:
        set_member(launch, people[person.key], role=person.role, actor=lead, now=prepared_at)
    aside.turn(launch, on=True, actor=lead, now=prepared_at)
    source, _key = sources.create(launch, name=ALERTMANAGER, actor=lead, now=prepared_at)
    begin_due(now=prepared_at + PREPARED)
    launch.refresh_from_db()
    return Stage(story, launch, people, source)


def first_day_of(story: Story, *, now: datetime) -> date:
    """The day of go-live, so that today is the day the story wants."""
    return clock.local_day(now, story.launch["zone"]) - timedelta(days=story.launch["today_is_day"] - 1)


def _people(story: Story, *, now: datetime) -> dict[str, User]:
    """An account for each; one that exists keeps its password."""
    people = {}
    for person in story.people:
        user = User.objects.filter(email=person.email).first()
        people[person.key] = user or User.objects.create_user(email=person.email, name=person.name, created_at=now)
    return people


def _parts(story: Story, launch: Launch, *, actor: Actor, now: datetime) -> None:
    teams = {}
    for name, email in story.launch["teams"].items():
        teams[name] = Team(launch=launch, name=name, email=email)
        save_part(teams[name], actor=actor, now=now)
    for fields in story.launch["components"]:
        component = Component(launch=launch, **fields | {"team": teams[fields["team"]]})
        save_part(component, actor=actor, now=now)
