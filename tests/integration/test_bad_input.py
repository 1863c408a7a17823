"""Whatever is sent to any door is answered with the right 4xx that names field and cure; nothing is half stored, nothing is 500."""

import json

import pytest
import time_machine
from django.test import Client

from feedback.models import Feedback, Reporter
from gateway_ingest.models import Alert, DeadLetter
from gateway_ingest.sources import create as create_source
from hypercare.core.models import FieldDefinition
from hypercare.core.timeline import SYSTEM
from tests.conftest import NOW
from tests.integration.doors import API, BELL, LONG, NUL, alert, counts, post, refused, report
from tests.integration.rows import make_feedback, make_issue
from triage.models import Decision

TOO_LONG_IN_SMALL_LETTERS = "a@" + ".".join(["İ" * 31] * 5) + ".org"

# What no door may take, as the bytes of a JSON body.
UNREADABLE = {
    "nothing": b"",
    "space": b"  \n",
    "half an object": b'{"title": "x"',
    "a stray comma": b'{"title": "x",}',
    "100,000 brackets": b"[" * 100_000 + b"]" * 100_000,
    "100,000 braces": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "one name twice": b'{"launch": "shop", "title": "a", "title": "b"}',
    "NaN": b'{"title": NaN}',
    "infinity": b'{"context": {"n": 1e999}}',
    "a number of 5,000 digits": b'{"context": {"n": ' + b"9" * 5000 + b"}}",
    "NUL escaped": rb'{"launch": "shop", "channel": "api", "title": "a\u0000b"}',
    "NUL raw": b'{"title": "a\x00b"}',
    "half a surrogate pair": rb'{"launch": "shop", "channel": "api", "title": "\ud800"}',
    "NUL in a name": rb'{"launch": "shop", "channel": "api", "title": "a", "context": {"\u0000": 1}}',
    "latin-1": '{"title": "för"}'.encode("latin-1"),
    "utf-16": '{"title": "x"}'.encode("utf-16"),
    "two values": b'{"title": "a"} {"title": "b"}',
    "a comment": b'{"title": "a" /* b */}',
}
NOT_AN_OBJECT = [b"[]", b"1", b'"text"', b"null", b"true"]

JSON_DOORS = [
    ("POST", "feedback/"),
    ("POST", "feedback/bulk/"),
    ("POST", "launches/"),
    ("PATCH", "launches/shop/"),
    ("POST", "sources/"),
    ("POST", "deployments/"),
    ("POST", "issues/bulk/"),
    ("POST", "issues/{issue}/transition/"),
    ("POST", "issues/{issue}/merge/"),
    ("POST", "issues/{issue}/unmerge/"),
    ("POST", "issues/{issue}/override/"),
    ("POST", "feedback/{feedback}/override/"),
]


@pytest.mark.parametrize(("method", "path"), JSON_DOORS, ids=[f"{method} {path}" for method, path in JSON_DOORS])
def test_unreadable_body_is_refused_at_every_door_of_the_api(robot, launch, now, method, path):
    place = API + path.format(issue=make_issue(launch, now=now).key, feedback=make_feedback(launch, now=now).key)
    before = counts()

    for name, body in UNREADABLE.items():
        if name != "nothing":  # no body at all says the same as {}, which a few doors understand
            refused(robot.generic(method, place, body, content_type="application/json"), 400)
    for body in NOT_AN_OBJECT:
        if body != b"[]" or path != "feedback/bulk/":
            refused(robot.generic(method, place, body, content_type="application/json"), 400)
    refused(robot.generic(method, place, b"a=b", content_type="application/x-www-form-urlencoded"), 415)
    refused(robot.generic(method, place, b"<a/>", content_type="text/xml; charset=nonsense"), 415)

    assert counts() == before


BAD_FIELDS = [
    *[
        ({"launch": None}, "/launch"),
        ({"launch": 7}, "/launch"),
        ({"launch": ["shop"]}, "/launch"),
        ({"title": ""}, "/title"),
        ({"title": " \u3000 "}, "/title"),
        ({"title": "x" * 301}, "/title"),
        ({"title": f"a{BELL}"}, "/title"),
        ({"body": "x" * (2 * 1024 * 1024 + 1)}, "/body"),
        ({"body": ["x"]}, "/body"),
        ({"channel": "pigeon"}, "/channel"),
        ({"channel": {}}, "/channel"),
        ({"context": {"a": "x" * 65_537}}, "/context"),
        ({"context": []}, "/context"),
        ({"reporter": "someone"}, "/reporter"),
        ({"reporter": {"email": "no address"}}, "/reporter/email"),
        ({"reporter": {"email": TOO_LONG_IN_SMALL_LETTERS}}, "/reporter/email"),
        ({"reporter": {"email": f"a@b.org{NUL}"}}, "/reporter/email"),
        ({"reporter": {"name": "x" * 121}}, "/reporter/name"),
        ({"component": "no-such"}, "/component"),
        ({"component": 1}, "/component"),
        ({"occurred_at": "yesterday"}, "/occurred_at"),
        ({"occurred_at": "2026-02-30T00:00:00Z"}, "/occurred_at"),
        ({"occurred_at": "2026-05-28T00:00:00+99:99"}, "/occurred_at"),
        ({"occurred_at": "0001-01-01T00:00:00Z"}, "/occurred_at"),
        ({"occurred_at": "9999-12-31T23:59:59-23:59"}, "/occurred_at"),
        ({"occurred_at": 1_700_000_000}, "/occurred_at"),
        ({"trace_id": "x" * 65}, "/trace_id"),
        ({"external_id": "x" * 256}, "/external_id"),
        ({"external_id": 7}, "/external_id"),
        ({"kind": "x" * 17}, "/kind"),
        ({"fields": {"no_such": 1}}, "/fields/no_such"),
        ({"fields": {"store": {"a": []}}}, "/fields/store"),
        ({"fields": "x"}, "/fields"),
    ],
]


def test_bad_field_is_named_by_its_place_and_stores_nothing(robot, launch):
    FieldDefinition.objects.create(launch=launch, key="store", label="Store", kind="choice", choices=["a"])
    before = counts()

    for change, pointer in BAD_FIELDS:
        problem = refused(post(robot, f"{API}feedback/", report(**change)), 400)
        assert pointer in {error["pointer"] for error in problem["errors"]}, change

    assert counts() == before


def test_bad_row_of_a_bulk_is_named_in_its_place_and_the_others_are_taken(robot, launch):
    FieldDefinition.objects.create(launch=launch, key="store", label="Store", kind="choice", choices=["a"])
    small = [(change, pointer) for change, pointer in BAD_FIELDS if len(str(change)) < 100_000]

    answer = post(
        robot, f"{API}feedback/bulk/", [report(), *(report(**change) for change, _pointer in small), report()]
    )

    results = answer.json()["results"]
    assert [row["status"] for row in results] == [201, *[400] * len(small), 201]
    for (change, pointer), row in zip(small, results[1:-1], strict=True):
        assert {error["pointer"] for error in row["errors"]} & {pointer, f"/{results.index(row)}{pointer}"}, change


def test_bulk_names_each_bad_row_and_takes_the_others(robot, launch, other):
    rows = [
        report(title="first"),
        {"launch": "shop"},
        7,
        report(launch="other"),
        report(launch="no-such"),
        report(launch=f"shop{BELL}"),
        report(reporter={"email": "One@Example.org"}),
        report(reporter={"email": "one@example.ORG"}),
    ]

    answer = post(robot, f"{API}feedback/bulk/", rows).json()

    assert [row["status"] for row in answer["results"]] == [201, 400, 400, 404, 404, 400, 201, 201]
    assert all(row["index"] == index for index, row in enumerate(answer["results"]))
    assert (answer["accepted"], answer["rejected"]) == (3, 5)
    assert not Feedback.objects.filter(launch=other).exists()
    assert Reporter.objects.get(launch=launch).email == "one@example.org"


def test_bulk_of_lines_answers_for_each_line(robot, launch):
    good = json.dumps(report()).encode()
    lines = [good, *UNREADABLE.values(), b"7", good]
    kept = [line for line in lines if line.strip() and b"\n" not in line]

    answer = robot.generic("POST", f"{API}feedback/bulk/", b"\n".join(kept), content_type="application/x-ndjson").json()

    assert [row["status"] for row in answer["results"]] == [201, *[400] * (len(kept) - 2), 201]


@pytest.mark.parametrize("content_type", ["application/json", "application/x-ndjson"])
def test_bulk_of_a_million_rows_is_refused_whole(robot, untouched, content_type):
    body = b"[" + b"1," * 1_000_000 + b"1]" if content_type.endswith("/json") else b"1\n" * 1_000_000

    problem = refused(robot.generic("POST", f"{API}feedback/bulk/", body, content_type=content_type), 413)

    assert "10000" in problem["detail"]


def test_unreadable_body_is_refused_by_the_widget(launch, untouched):
    client, door = Client(raise_request_exception=False), f"/w/{launch.keys.get().key}/reports"

    for body in [*filter(None, UNREADABLE.values()), *NOT_AN_OBJECT]:
        refused(post(client, door, body), 400)


BAD_FOR_THE_WIDGET = [
    {"text": f"a{NUL}"},
    {"text": f"a{BELL}"},
    {"text": ["x"]},
    {"text": " "},
    {"text": "Broken", "kind": ["broken"]},
    {"text": "Broken", "email": {"a": 1}},
    {"text": "Broken", "name": "x" * 121},
    {"text": "Broken", "fields": {"no_such": 1}},
    {"text": "Broken", "context": {"a": "x" * 70_000}},
    {"text": "Broken", "external_id": "x" * 300},
]


def test_bad_field_is_refused_by_the_widget(launch, untouched):
    client, door = Client(raise_request_exception=False), f"/w/{launch.keys.get().key}/reports"

    for change in BAD_FOR_THE_WIDGET:
        assert refused(post(client, door, change), 400)["errors"], change


BAD_FOR_THE_PORTAL = [
    {"text": ""},
    {"text": f"a{NUL}b"},
    {"text": f"a{BELL}b"},
    {"text": "x" * 70_000},
    {"kind": "nonsense"},
    {"email": "no address"},
    {"email": TOO_LONG_IN_SMALL_LETTERS},
    {"email": f"a@b.org{NUL}"},
    {"form_id": "no uuid"},
    {"trying": f"a{NUL}"},
    {"trying": "x" * 20_001},
    {"field_rank": "NaN"},
    {"field_rank": "1e999"},
    {"field_day": "0000-13-77"},
]


def test_bad_field_is_refused_by_the_portal_with_its_form(launch):
    FieldDefinition.objects.create(launch=launch, key="rank", label="Rank", kind="number")
    FieldDefinition.objects.create(launch=launch, key="day", label="Day", kind="date")
    client, before = Client(raise_request_exception=False), counts()

    for change in BAD_FOR_THE_PORTAL:
        answer = client.post("/launches/shop/portal/", {"text": "It broke", "kind": "broken"} | change)
        assert answer.status_code == 400, change
        assert b"<form" in answer.content

    assert counts() == before


def test_an_extreme_number_in_a_field_is_kept(launch):
    FieldDefinition.objects.create(launch=launch, key="rank", label="Rank", kind="number")
    numbers = ("1e308", "-0", "1e-308", "123456789012345678901234567890")

    for number in numbers:
        sent = {"text": "It broke", "kind": "broken", "field_rank": number}
        assert Client(raise_request_exception=False).post("/launches/shop/portal/", sent).status_code == 302, number

    assert Feedback.objects.count() == len(numbers)


BAD_FOR_A_NOTE = [
    {"text": f"a{NUL}b"},
    {"said_by": f"a{NUL}b"},
    {"said_by": "x" * 200},
    {"channel": "alert"},
    {"component": f"a{NUL}"},
    {"component": "no-such"},
    {"occurred_at": "soon"},
    {"occurred_at": "0001-01-01T00:00"},
    {"occurred_at": "9999-12-31T23:59"},
]


def test_bad_field_is_refused_by_the_note_form(lead, launch):
    before = counts()

    for change in BAD_FOR_A_NOTE:
        answer = lead.post("/launches/shop/notes/new/", {"text": "They said", "channel": "stakeholder_note"} | change)
        assert answer.status_code == 400, change

    assert counts() == before


def test_unreadable_body_is_refused_by_ingest_and_kept_as_a_dead_letter(launch, now):
    source, key = create_source(launch, name="gateway", actor=SYSTEM, now=now)
    client = Client(raise_request_exception=False)

    for body in UNREADABLE.values():
        problem = refused(post(client, f"/ingest/{key}/alertmanager/", body), 400)
        assert problem["dead_letter"].startswith("DL-")
        assert key not in json.dumps(problem)

    assert DeadLetter.objects.filter(source=source).count() == len(UNREADABLE)
    assert not Alert.objects.exists()


BAD_ALERTS = [
    7,
    alert(labels={}),
    alert(labels=[]),
    alert(labels={"a": {"b": 1}}),
    alert(annotations="x"),
    alert(status="maybe"),
    alert(status={}),
    alert(startsAt=7),
    alert(startsAt="2026-02-30T00:00:00Z"),
    alert(startsAt="9999-12-31T23:59:59-23:59"),
    alert(startsAt="2199-01-01T00:00:00Z"),
    alert(annotations={"summary": "x" * 40_000}),
]


def test_bad_alert_is_named_and_the_good_one_beside_it_is_taken(launch, now):
    _source, key = create_source(launch, name="gateway", actor=SYSTEM, now=now)
    client = Client(raise_request_exception=False)

    with time_machine.travel(NOW, tick=False):
        for number, wrong in enumerate(BAD_ALERTS, start=1):
            good = alert(fingerprint=str(number))
            answer = post(client, f"/ingest/{key}/alertmanager/", {"receiver": "x", "alerts": [wrong, good]})
            assert answer.status_code == 202, answer.content
            assert [row["index"] for row in answer.json()["rejected"]] == [0], wrong
            assert Alert.objects.count() == number


ODD_ALERTS = [
    alert(fingerprint="x" * 5000),
    alert(fingerprint=7),
    alert(generatorURL={"a": 1}),
    alert(generatorURL="http://" + "x" * 5000),
    alert(labels={"": "", " ": " "}),
    alert(labels={"x" * 20_000: "y"}),
    alert(labels={"alertname": "4111111111111111 " * 18}),
    alert(labels={"alertname": "pin 1234 " * 33}),
    alert(labels={"n": 1e308, "b": True}),
    alert(endsAt="0001-01-01T00:00:00Z", startsAt="0001-01-01T00:00:00Z"),
    alert(status="resolved", endsAt="2999-12-31T23:59:59+00:00"),
]


def test_odd_alert_is_taken_as_far_as_it_goes(launch, now):
    _source, key = create_source(launch, name="gateway", actor=SYSTEM, now=now)
    client = Client(raise_request_exception=False)

    for odd in ODD_ALERTS:
        answer = post(client, f"/ingest/{key}/", {"receiver": "x", "alerts": [odd]})
        assert (answer.status_code, answer.json().get("accepted")) == (202, 1), odd


BAD_ORDERS = [
    ("transition", {}, 400),
    ("transition", {"to": "nowhere"}, 400),
    ("transition", {"to": "duplicate"}, 409),
    ("transition", {"to": ["closed"]}, 400),
    ("transition", {"to": "closed", "version": "1"}, 400),
    ("transition", {"to": "closed", "version": 2**62}, 409),
    ("transition", {"to": "closed", "version": -1}, 409),
    ("transition", {"to": "closed", "resolution": "magic"}, 400),
    ("transition", {"to": "declined", "reason": " "}, 400),
    ("transition", {"to": "closed", "reason": "x" * 2001}, 400),
    ("transition", {"to": "closed", "reason": f"a{BELL}"}, 400),
    ("merge", {}, 400),
    ("merge", {"into": "IS-0"}, 404),
    ("merge", {"into": "IS-999999999999999999"}, 404),
    ("merge", {"into": "IS-9999999999999999999999"}, 404),
    ("merge", {"into": "HC-1"}, 404),
    ("merge", {"into": {"a": 1}}, 400),
    ("unmerge", {}, 409),
    ("override", {}, 400),
    ("override", {"field": "status", "value": "closed"}, 400),
    ("override", {"field": "severity", "value": 9}, 400),
    ("override", {"field": "severity", "value": {"a": 1}}, 400),
    ("override", {"field": "severity", "value": "²"}, 400),
    ("override", {"field": "title", "value": ""}, 400),
    ("override", {"field": "title", "value": f"a{BELL}"}, 400),
    ("override", {"field": "title", "value": "x" * 301}, 400),
    ("override", {"field": "rice_effort", "value": "nan"}, 400),
    ("override", {"field": "rice_effort", "value": 2**62}, 400),
    ("override", {"field": "rice_effort", "value": True}, 400),
    ("override", {"field": "rice_impact", "value": [3]}, 400),
    ("override", {"field": "component", "value": "no-such"}, 400),
    ("override", {"field": "owner", "value": "oscar@example.org"}, 400),
    ("override", {"field": "owner", "value": LONG}, 400),
    ("override", {"field": "severity", "release": True}, 400),
    ("override", {"field": "no_such", "release": True}, 400),
]


def test_bad_order_changes_nothing(robot, launch, now):
    issue = make_issue(launch, now=now)

    for name, order, status in BAD_ORDERS:
        refused(post(robot, f"{API}issues/{issue.key}/{name}/", order), status)
        issue.refresh_from_db()
        assert (issue.status, issue.version, issue.severity) == ("new", 1, 2), order

    assert not Decision.objects.exists()


BAD_ON_THE_ISSUE_PAGE = [
    ("move", {"to": f"closed{NUL}"}),
    ("move", {"to": "declined", "reason": f"a{NUL}"}),
    ("move", {"to": f"closed:fixed{NUL}"}),
    ("override", {"field": "title", "value": f"a{NUL}"}),
    ("override", {"field": "component", "value": f"a{NUL}"}),
    ("override", {"field": "team", "value": f"a{NUL}"}),
    ("override", {"field": "owner", "value": f"a{NUL}"}),
    ("override", {"field": f"title{NUL}", "value": "a"}),
    ("override", {"field": "severity", "value": "1", "reason": f"a{NUL}"}),
    ("merge", {"into": NUL}),
    ("merge", {"into": f"IS-1{NUL}"}),
    ("note", {"text": f"a{NUL}"}),
    ("note", {"text": ""}),
    ("unmerge", {"version": "9" * 30}),
]


def test_bad_order_from_the_issue_page_changes_nothing_and_says_why(lead, launch, now):
    issue = make_issue(launch, now=now)

    for name, order in BAD_ON_THE_ISSUE_PAGE:
        answer = lead.post(f"/launches/shop/issues/{issue.key}/{name}/", order, follow=True)
        assert answer.status_code in {200, 400, 404}, order
        issue.refresh_from_db()
        assert (issue.status, issue.title) == ("new", "Product pages answer 503"), order


BAD_VERDICTS = [
    {"field": "component", "value": f"a{NUL}"},
    {"field": "category", "value": f"bug{NUL}"},
    {"field": "severity", "value": "²"},
    {"field": "severity", "value": "1", "reason": f"a{NUL}"},
    {"field": "title", "value": "x"},
]


def test_bad_verdict_from_the_report_page_changes_nothing(lead, launch, now):
    row = make_feedback(launch, now=now)

    for order in BAD_VERDICTS:
        answer = lead.post(f"/launches/shop/feedback/{row.key}/override/", order, follow=True)
        assert answer.status_code in {200, 400}, order

    assert not Decision.objects.exists()


BAD_FOR_MANY = [
    {},
    {"ids": [], "action": "transition"},
    {"ids": "IS-1", "action": "transition"},
    {"ids": [7], "action": "transition"},
    {"ids": ["IS-1"] * 501, "action": "transition"},
    {"ids": ["IS-1"], "action": "destroy"},
    {"ids": ["IS-1"], "action": ["merge"]},
]


def test_bad_order_for_many_issues_is_refused_whole(robot, untouched):
    for order in BAD_FOR_MANY:
        refused(post(robot, f"{API}issues/bulk/", order), 400)


def test_order_for_many_issues_answers_for_each(robot, launch, other, now):
    mine, theirs = make_issue(launch, now=now), make_issue(other, now=now)
    keys = [mine.key, theirs.key, "IS-999999999999", "HC-1", "x" * 5000, ""]

    answer = post(robot, f"{API}issues/bulk/", {"ids": keys, "action": "transition", "to": "triaged"}).json()

    assert [row["status"] for row in answer["results"]] == [200, 404, 404, 404, 404, 404]
    theirs.refresh_from_db()
    assert theirs.status == "new"


BAD_PARTS = [
    ("launches/", {"name": "Edge", "go_live_on": "9999-12-31"}),
    ("launches/", {"name": "Edge", "go_live_on": "0001-01-01"}),
    ("launches/", {"name": "Edge", "go_live_on": "2026-05-20", "planned_end_on": "9999-12-31"}),
    ("launches/", {"name": "Edge", "zone": "Mars/Olympus"}),
    ("launches/", {"name": "Edge", "zone": "../../etc/passwd"}),
    ("launches/", {"name": "Edge", "slug": "UPPER"}),
    ("launches/", {"name": "Edge", "slug": "new"}),
    ("launches/", {"name": "Edge", "slug": "shop"}),
    ("launches/", {"name": "☃"}),
    ("launches/", {"name": "x" * 121}),
    ("launches/", {"name": "Edge", "active_users": 2**62}),
    ("launches/", {"name": "Edge", "report_at": "25:00"}),
    ("launches/", {"name": "Edge", "report_grace_minutes": -1}),
    ("sources/", {"launch": "shop"}),
    ("sources/", {"launch": "shop", "name": " "}),
    ("sources/", {"launch": "shop", "name": ["x"]}),
    ("sources/", {"launch": ["shop"], "name": "x"}),
    ("deployments/", {"launch": "shop", "version": "1"}),
    ("deployments/", {"launch": "shop", "version": "1", "environment": "prod", "component": "no-such"}),
    ("deployments/", {"launch": "shop", "version": "1", "environment": "prod", "deployed_at": "soon"}),
    ("deployments/", {"launch": "shop", "version": {}, "environment": "prod"}),
    ("deployments/", {"launch": "shop", "version": "1", "environment": "prod", "external_id": "x" * 201}),
]


def test_bad_fields_are_named_and_store_nothing(root, launch):
    before = counts()

    for path, body in BAD_PARTS:
        problem = refused(post(root, API + path, body), 400)
        assert problem["errors"][0]["pointer"].startswith("/"), body

    assert counts() == before


def test_longest_slug_and_name_make_a_launch(root):
    assert post(root, f"{API}launches/", {"name": "Longest", "slug": "a" * 60}).status_code == 201
    assert post(root, f"{API}launches/", {"name": "b" * 120}).status_code == 201


def test_person_with_an_address_nobody_can_have_is_refused_by_the_first_page(root, lead):
    facts = {"name": "Edge", "slug": "edge", "zone": "UTC", "go_live_on": "2026-05-20", "planned_end_on": "2026-06-20"}
    longest = "a" * 64 + "@" + ".".join(["b" * 60] * 4) + ".org"

    for line in (f"{longest}, agent", f"{TOO_LONG_IN_SMALL_LETTERS}, agent", f"a@b.org{BELL}, agent", "a@b.org, king"):
        answer = lead.post("/launches/new/", facts | {"people": line, "language": "en", "report_at": "15:00"})
        assert answer.status_code == 400, line
        assert b"Line 1" in answer.content


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_settings_page_refuses_a_day_no_calendar_of_ours_holds(lead, launch, day):
    facts = {"name": "Shop", "zone": "Europe/Stockholm", "phase": "hypercare", "report_at": "15:00"}
    days = {"go_live_on": day, "planned_end_on": "9999-12-31", "report_grace_minutes": "30", "language": "en"}

    answer = lead.post("/launches/shop/settings/", facts | days)

    assert answer.status_code in {200, 400}
    launch.refresh_from_db()
    assert launch.go_live_on.year == 2026
