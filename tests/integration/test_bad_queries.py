"""Whatever stands in an address, it finds something, finds nothing, or is refused; it breaks nothing and takes no minutes."""

import pytest
from django.test import Client

from hypercare.core.models import FieldDefinition
from tests.integration.doors import API, HALF, LONG, NUL, cursor_at, refused
from tests.integration.rows import make_feedback, make_issue

LISTS = ["feedback/", "issues/", "alerts/", "deployments/", "sources/"]
SLUGS = ["%00", "shop%00", "%ff%fe", "..%2f", "x" * 3000, "%F0%9F%92%A9", "no-such", "'--"]


def test_unknown_launch_is_a_4xx_wherever_it_is_named(robot):
    for slug in SLUGS:
        for path in [*LISTS, "exit/"]:
            answer = robot.get(f"{API}{path}?launch={slug}")
            refused(answer, 400 if answer.status_code == 400 else 404)
        if "%2f" not in slug:
            refused(robot.get(f"{API}launches/{slug}/"), 404)
            refused(robot.get(f"{API}launches/{slug}/board/"), 404)


PLACES = (
    "p=abc",
    "p=",
    "p=\x00",
    f"p={10**30}",
    "p=-1",
    "o=-1",
    f"o={10**30}&p=5",
    "r=x&p=1.5",
    "p=²",
    "r=1",
    "r=1&p=",
)
CURSORS = ["garbage", NUL, "é", "=" * 5000, *map(cursor_at, PLACES)]


def test_cursor_nobody_gave_out_is_404_or_an_empty_page(robot, lead, launch):
    for cursor in CURSORS:
        for path in [*LISTS, "launches/"]:
            answer = robot.get(f"{API}{path}", {"launch": "shop", "cursor": cursor})
            if answer.status_code != 200:
                refused(answer, 404)
        for page in ("inbox", "issues"):
            assert lead.get(f"/launches/shop/{page}/", {"cursor": cursor}).status_code in {200, 404}, cursor


def test_page_size_is_bounded_whatever_is_asked(robot, launch, now):
    for _row in range(3):
        make_feedback(launch, now=now)

    for size in (str(10**30), "-1", "0", "x", "²", "9" * 5000, "", "1.5", NUL):
        answer = robot.get(f"{API}feedback/", {"launch": "shop", "page_size": size})
        assert (answer.status_code, len(answer.json()["results"])) == (200, 3), size


def test_board_since_must_be_a_version(robot, launch):
    for since in ("-1", "x", "1.5", "9" * 19, "9" * 5000, "", "²", "%00", "1e3"):
        refused(robot.get(f"{API}launches/shop/board/?since={since}"), 400)
    assert robot.get(f"{API}launches/shop/board/", {"since": "9" * 18}).json()["type"] == "reset"


QUERIES = [
    {"q": NUL},
    {"q": "HC-²"},
    {"q": "IS-²"},
    {"q": "HC-" + "9" * 18},
    {"q": "HC-" + "9" * 5000},
    {"q": "-" * 1000},
    {"q": '"unclosed & (a | b) :* <-> !! \\'},
    {"q": 'or OR -or ""'},
    {"q": "%_\\"},
    {"q": LONG},
    {"q": "a b " * 250_000},
    {"q": "-a " * 30_000},
    {"severity": "9"},
    {"severity": "²"},
    {"channel": "pigeon"},
    {"category": NUL},
    {"triaged": "perhaps"},
    {"open": "perhaps"},
    {"received_after": "soon"},
    {"received_after": "0001-01-01T00:00:00+14:00"},
    {"received_before": "9999-12-31T23:59:59-14:00"},
    {"received_after": "2026-05-28T00:00:00+99:99"},
    {"component": NUL},
    {"component": LONG},
    {"team": "'; drop table core_launch; --"},
    {"issue": NUL},
    {"owner": NUL},
    {"field.x": "1"},
    {"field.": "1"},
    {"field." + NUL: "1"},
    {"field.rank": "NaN"},
    {"field.rank": "1e999"},
    {"field.rank": "-Infinity"},
    {"field.rank": "[" * 100_000},
    {"field.rank": "9" * 100_000},
    {"field.rank": NUL},
    {"field.store": NUL},
    {"field.store": HALF},
    {"field.store": LONG},
    {"nobody_knows": "this"},
]


def _own_fields(launch):
    FieldDefinition.objects.create(launch=launch, key="rank", label="Rank", kind="number")
    FieldDefinition.objects.create(launch=launch, key="store", label="Store", kind="text")


def _sendable(query):
    return {name: value.encode("utf-8", "surrogatepass") for name, value in query.items()}


def test_filter_of_the_api_finds_something_or_is_refused(robot, launch):
    _own_fields(launch)

    for query in QUERIES:
        for path in ("feedback/", "issues/", "alerts/"):
            answer = robot.get(API + path, {"launch": "shop"} | _sendable(query))
            if answer.status_code != 200:
                assert refused(answer, 400)["errors"], query


def test_filter_of_a_page_finds_something_or_is_refused(lead, launch):
    _own_fields(launch)

    for query in QUERIES:
        for page in ("inbox", "board", "issues"):
            answer = lead.get(f"/launches/shop/{page}/", _sendable(query))
            assert answer.status_code in {200, 400, 404}, str(query)[:80]


ODD_ADDRESSES = [
    "/launches/shop/audit/?since=0001-01-01&until=9999-12-31",
    "/launches/shop/audit/?actor=%00",
    "/launches/shop/audit/?kind=%00&before=x&after=²",
    "/launches/shop/audit/?before=99999999999999999999",
    "/launches/shop/audit.csv?since=0001-01-01",
    "/launches/shop/audit.csv?until=9999-12-31",
    "/launches/shop/alerts/?page=99999999&status=%00",
    "/launches/shop/reports/0001-01-01/",
    "/launches/shop/reports/9999-99-99/",
    "/launches/shop/reports/%00/",
    "/launches/shop/exit/%00/",
    "/launches/shop/issues/IS-%00/",
    "/launches/shop/issues/IS-99999999999999999999999/",
    "/launches/shop/feedback/HC-999999999999999999/",
    "/launches/shop/attachments/99999999999999999999999/",
    "/launches/shop/notes/new/?noted=²",
    "/launches/shop/outbox/99999999999999999999999/",
    "/launches/shop/settings/members/",
    "/launches/shop/settings/teams/99999999999999999999999/",
    "/unsubscribe/%00/",
    "/unsubscribe/x/",
    "/r/%00/",
    "/w/%00/widget.js",
    "/my/reports/?before=x&after=99999999999999999999",
    "/launches/new/slug/?name=%00",
    "/launches/%00/board/",
    f"{API}sources/99999999999999999999999/end/",
    f"{API}feedback/HC-%00/",
    f"{API}issues/IS-1%0A/",
    f"{API}no/such/place/",
]


def test_odd_address_is_no_server_error(lead, launch):
    for address in ODD_ADDRESSES:
        assert lead.get(address).status_code < 500, address


def test_unknown_place_of_the_api_is_a_problem(robot):
    refused(robot.get(f"{API}no/such/place/"), 404)
    refused(robot.post(f"{API}sources/{10**30}/end/"), 404)
    refused(Client(raise_request_exception=False).post("/ingest/a/b/c/d/"), 404)


@pytest.mark.parametrize("page", ["board", "issues", "inbox"])
def test_a_filter_that_nothing_can_match_is_said_by_its_name_and_filters_nothing(lead, launch, now, page):
    make_feedback(launch, now=now, title="The basket is empty", severity=1)
    make_issue(launch, now=now, title="The basket is empty", severity=1)
    text = lead.get(f"/launches/shop/{page}/?severity=99").content.decode()
    assert "The basket is empty" in text
    assert "Severity: Select a valid choice. 99 is not one of the available choices." in text
    assert "It filters nothing until it is taken out." in text
