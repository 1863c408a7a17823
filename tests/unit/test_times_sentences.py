"""The sentence of each chart of times fits none, one, equal and usual figures."""

from datetime import date, timedelta
from types import SimpleNamespace

import pytest

from triage.times import sentences
from triage.times.groups import Group
from triage.times.measures import MEASURES
from triage.times.page import Age, Day, Figure, Part
from triage.times.period import Days
from triage.times.rates import Share
from triage.times.spread import Spread

HOUR, DAY = timedelta(hours=1), date(2026, 5, 28)
DAYS = Days(DAY, DAY, "UTC")
MTTR = MEASURES["mttr"]


def part(name, *, n=5, hours=None, key=1):
    median = hours * HOUR if hours else None
    return Part(Group(key, name, DAYS, {}), Spread(n, median, median), "/")


def of_parts(*parts):
    figure = Figure(MTTR, Spread(20, 3 * HOUR, 9 * HOUR), Spread(0), 0, "/", "/")
    return sentences.of_parts(SimpleNamespace(parts=parts, figures=[figure], chosen=MTTR))


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ([], "There is none in these days."),
        ([part("Checkout", n=0), part("Cart", n=0)], "There is none in these days."),
        (
            [part("Checkout", n=4)],
            "No group has 5 or more of them, so none is told; the numbers lead to the rows.",
        ),
        (
            [part("Checkout", hours=2), part("Cart", n=1)],
            "Only Checkout has 5 or more: 2 h 0 min in the middle of 5, against 3 h 0 min in all.",
        ),
        (
            [part("Checkout", hours=2), part("Cart", hours=2)],
            "No group stands out: each takes 2 h 0 min in the middle.",
        ),
        (
            [part("Checkout", hours=4), part("Cart", hours=4), part("Search", hours=1)],
            "These take the longest, 4 h 0 min in the middle: Checkout, Cart; in all it is 3 h 0 min.",
        ),
        (
            [part("Checkout", hours=4), part("Cart", hours=2)],
            "The longest is Checkout: 4 h 0 min in the middle of 5, against 3 h 0 min in all.",
        ),
        (
            [part("no component", hours=4, key=None), part("Cart", hours=2)],
            "The longest is the group “no component”: 4 h 0 min in the middle of 5, against 3 h 0 min in all.",
        ),
    ],
)
def test_the_slowest_group_is_named_only_where_there_is_one(parts, said):
    assert of_parts(*parts) == said


def of_flow(*days):
    flow = [Day(DAY + timedelta(days=place), came, went, "/", "/") for place, (came, went) in enumerate(days)]
    opened, ended = (sum(each) for each in zip(*days, strict=True))
    return sentences.of_flow(SimpleNamespace(flow=flow, opened=opened, ended=ended))


@pytest.mark.parametrize(
    ("days", "said"),
    [
        ([(0, 0), (0, 0)], "Nothing came and nothing went."),
        ([(1, 0), (0, 0)], "1 came and 0 went: 1 more is open than before."),
        ([(0, 1), (0, 1)], "0 came and 2 went: 2 fewer are open than before."),
        ([(1, 1), (0, 0)], "1 came and as many went."),
        ([(2, 1), (2, 1)], "4 came and 2 went: 2 more are open than before. No day had more than 2."),
        ([(1, 1), (3, 0)], "4 came and 1 went: 3 more are open than before. Most came on 29 May: 3."),
    ],
)
def test_what_came_and_went_is_said_of_none_of_one_and_of_days_alike(days, said):
    assert of_flow(*days) == said


@pytest.mark.parametrize(
    ("young", "old", "said"),
    [
        (0, 0, "Nothing is open."),
        (1, 0, "The one open issue, IS-3, is less than a week old."),
        (0, 1, "The one open issue, IS-3, is a week old or older."),
        (4, 0, "None of the 4 open issues is a week old; the oldest is IS-3."),
        (3, 1, "1 of 4 open issues is a week old or older, IS-3."),
        (2, 2, "2 of 4 open issues are a week old or older; the oldest is IS-3."),
    ],
)
def test_how_old_what_is_open_is(young, old, said):
    oldest = SimpleNamespace(key="IS-3") if young + old else None
    ages = [Age(0, 6, young, "/"), Age(7, None, old, "/")]
    assert sentences.of_ages(SimpleNamespace(ages=ages, oldest=oldest, open=young + old)) == said


def load(name, *, weight=2.0, n=2, is_owned=True):
    return SimpleNamespace(name=name, open=n, weight=weight, late=0, is_owned=is_owned)


@pytest.mark.parametrize(
    ("owners", "said"),
    [
        ([], "Nothing is open."),
        ([load("Priya", n=1)], "The most weighs on Priya: 1 open issue, weight 2."),
        ([load("Priya"), load("Tomás")], "The same weight, 2, and no more lies on each of: Priya, Tomás."),
        ([load("nobody", is_owned=False), load("Noor", weight=1)], "The most has no owner: 2 open issues, weight 2."),
    ],
)
def test_who_carries_the_most(owners, said):
    assert sentences.of_load(SimpleNamespace(owners=owners)) == said


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (Share(0, 0), "No problem that monitoring could see was opened in these days."),
        (Share(1, 1), "Monitoring noticed the one problem first or alone."),
        (Share(3, 3), "Monitoring noticed all 3 problems first or alone."),
        (Share(0, 1), "People noticed the one problem first, monitoring did not."),
        (Share(1, 3), "Monitoring noticed 1 of 3 problems first or alone, people 2."),
    ],
)
def test_who_noticed_first(share, said):
    rate = SimpleNamespace(rate=SimpleNamespace(name="monitored"), share=share)
    assert sentences.of_detection(SimpleNamespace(rates=[rate])) == said
