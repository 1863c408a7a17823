"""A launch is in preparation until the day of its go-live begins by its own clock."""

from datetime import UTC, date, datetime, timedelta

import pytest

from hypercare.core.launches import begin_due, close, create_launch
from hypercare.core.models import Launch, Phase, TimelineEntry
from hypercare.core.timeline import SYSTEM

pytestmark = pytest.mark.django_db

BEFORE = datetime(2026, 5, 18, 12, tzinfo=UTC)


@pytest.fixture
def launch_in(people):
    """A launch of 20 May in a zone, made two days before."""

    def make(zone: str) -> Launch:
        days = {"go_live_on": date(2026, 5, 20), "planned_end_on": date(2026, 6, 8)}
        slug = zone.lower().replace("/", "-").replace("_", "-")
        return create_launch(Launch(slug=slug, name=zone, zone=zone, **days), owner=people["lead"], now=BEFORE)

    return make


@pytest.mark.parametrize(
    ("zone", "begins"),
    [
        ("Pacific/Kiritimati", datetime(2026, 5, 19, 10, tzinfo=UTC)),
        ("Europe/Stockholm", datetime(2026, 5, 19, 22, tzinfo=UTC)),
        ("Pacific/Pago_Pago", datetime(2026, 5, 20, 11, tzinfo=UTC)),
    ],
)
def test_preparation_ends_when_the_day_of_go_live_begins(launch_in, zone, begins):
    launch = launch_in(zone)
    assert launch.phase == Phase.PREPARE
    begin_due(now=begins - timedelta(seconds=1))
    launch.refresh_from_db()
    assert launch.phase == Phase.PREPARE
    for _again in range(2):
        begin_due(now=begins)
    launch.refresh_from_db()
    assert launch.phase == Phase.HYPERCARE
    assert TimelineEntry.objects.get(launch=launch, kind="launch.changed").actor_name == SYSTEM.name


def test_launch_made_on_its_day_is_under_hypercare_at_once(launch, now):
    assert launch.phase == Phase.HYPERCARE


def test_closed_launch_stays_as_it_is(launch_in):
    launch = launch_in("UTC")
    close(launch, actor=SYSTEM, now=BEFORE)
    begin_due(now=BEFORE + timedelta(days=9))
    launch.refresh_from_db()
    assert launch.phase == Phase.PREPARE
