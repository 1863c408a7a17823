"""Whatever is sent to any door is answered with the right 4xx that names field and cure; nothing is half stored, nothing is 500."""

import base64
import json
from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from feedback.models import Feedback, Quarantined, Reporter
from gateway_ingest.models import Alert, DeadLetter, Source
from gateway_ingest.sources import create as create_source
from hypercare.core.launches import close, create_launch
from hypercare.core.members import remove_member, set_member
from hypercare.core.models import FieldDefinition, IdempotencyRecord, Launch, Membership, Message, TimelineEntry
from hypercare.core.timeline import SYSTEM, Actor
from tests.conftest import NOW, bearer
from tests.integration.rows import make_feedback, make_issue
from triage.models import Decision, Issue

API, NUL, BELL, HALF = "/api/v1/", "\x00", "\x07", "\ud800"
LONG = "x" * 1_000_000
DEEP = b"[" * 100_000 + b"]" * 100_000

# What no door may take, as the bytes of a JSON body.
UNREADABLE = {
    "nothing": b"",
    "space": b"  \n",
    "half an object": b'{"title": "x"',
    "a stray comma": b'{"title": "x",}',
    "100,000 brackets": DEEP,
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


@pytest.fixture
def other(people, now):
    """Oscar's own launch, where nobody of the first one has a part."""
    days = {"go_live_on": now.date(), "planned_end_on": now.date()}
    return create_launch(Launch(slug="other", name="Other", **days), owner=people["outsider"], now=now)


@pytest.fixture
def api(api):
    """The client answers 500 like a server instead of raising."""
    api.raise_request_exception = False
    return api


@pytest.fixture
def lead(people):
    """Alice's browser, which carries a session."""
    client = Client(raise_request_exception=False)
    client.force_login(people["lead"])
    return client


@pytest.fixture
def untouched(launch):
    """Fails the test when anything was stored."""
    before = _counts()
    yield
    assert _counts() == before


def _counts():
    tables = (Feedback, Reporter, Issue, Decision, Message, TimelineEntry, IdempotencyRecord, Alert, Quarantined, Source)
    return {table.__name__: table.objects.count() for table in tables}


def refused(response, status):
    """The problem in an answer, after a look at its form."""
    assert response.status_code == status, response.content[:500]
    assert response["Content-Type"] == "application/problem+json"
    problem = response.json()
    assert problem["status"] == status
    assert len(problem["detail"]) > 8
    return problem


def report(**changes):
    return {"launch": "shop", "channel": "api", "title": "Basket is empty"} | changes


def post(client, path, body, **headers):
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.generic("POST", path, content, content_type="application/json", headers=headers)


# --- bodies at every JSON door ------------------------------------------------------------------------------

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
def test_unreadable_body_is_refused_at_every_door_of_the_api(api, launch, now, method, path):
    place = API + path.format(issue=make_issue(launch, now=now).key, feedback=make_feedback(launch, now=now).key)
    before = _counts()

    for name, body in UNREADABLE.items():
        if name == "nothing" and not path.startswith("feedback/b"):
            body = b" "  # the framework reads no body as no fields
        answer = api.generic(method, place, body, content_type="application/json")
        assert (name, refused(answer, 400)["detail"])
    for body in NOT_AN_OBJECT:
        if body != b"[]" or "feedback/bulk" not in path:
            refused(api.generic(method, place, body, content_type="application/json"), 400)
    refused(api.generic(method, place, b"a=b", content_type="application/x-www-form-urlencoded"), 415)
    refused(api.generic(method, place, b"<a/>", content_type="text/xml; charset=nonsense"), 415)

    assert _counts() == before


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
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
        ({"reporter": {"email": "a@" + ".".join(["İ" * 31] * 5) + ".org"}}, "/reporter/email"),
        ({"reporter": {"email": f"a@b.org{NUL}"}}, ""),
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
    ids=str,
)
def test_bad_field_is_named_by_its_place_and_stores_nothing(api, launch, change, pointer):
    FieldDefinition.objects.create(launch=launch, key="store", label="Store", kind="choice", choices=["a"])
    before = _counts()

    problem = refused(post(api, f"{API}feedback/", report(**change)), 400)

    assert not pointer or pointer in {error["pointer"] for error in problem["errors"]}
    assert _counts() == before
    row = post(api, f"{API}feedback/bulk/", [report(**change), report()])
    if pointer:
        assert [answer["status"] for answer in row.json()["results"]] == [400, 201]


def test_bulk_names_each_bad_row_and_takes_the_others(api, launch, other):
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

    answer = post(api, f"{API}feedback/bulk/", rows).json()

    assert [row["status"] for row in answer["results"]] == [201, 400, 400, 404, 404, 404, 201, 201]
    assert all(row["index"] == index for index, row in enumerate(answer["results"]))
    assert (answer["accepted"], answer["rejected"]) == (3, 5)
    assert not Feedback.objects.filter(launch=other).exists()
    assert Reporter.objects.get(launch=launch).email == "one@example.org"


def test_bulk_of_lines_answers_for_each_line(api, launch):
    good = json.dumps(report()).encode()
    lines = [good, *UNREADABLE.values(), b"7", good]
    kept = [line for line in lines if line.strip() and b"\n" not in line]

    answer = api.generic("POST", f"{API}feedback/bulk/", b"\n".join(kept), content_type="application/x-ndjson").json()

    assert [row["status"] for row in answer["results"]] == [201, *[400] * (len(kept) - 2), 201]


@pytest.mark.parametrize("content_type", ["application/json", "application/x-ndjson"])
def test_bulk_of_a_million_rows_is_refused_whole(api, untouched, content_type):
    body = b"[" + b"1," * 1_000_000 + b"1]" if content_type.endswith("/json") else b"1\n" * 1_000_000

    problem = refused(api.generic("POST", f"{API}feedback/bulk/", body, content_type=content_type), 413)

    assert "10000" in problem["detail"]


# --- other doors --------------------------------------------------------------------------------------------


def test_unreadable_body_is_refused_by_the_widget(launch, untouched):
    client, door = Client(raise_request_exception=False), f"/w/{launch.keys.get().key}/reports"

    for body in [*UNREADABLE.values(), *NOT_AN_OBJECT]:
        refused(post(client, door, body), 400)


@pytest.mark.parametrize(
    "change",
    [
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
    ],
    ids=str,
)
def test_bad_field_is_refused_by_the_widget(launch, untouched, change):
    client = Client(raise_request_exception=False)

    problem = refused(post(client, f"/w/{launch.keys.get().key}/reports", change), 400)

    assert NUL in change["text"] or problem["errors"]


@pytest.mark.parametrize(
    "change",
    [
        {"text": ""},
        {"text": f"a{NUL}b"},
        {"text": f"a{BELL}b"},
        {"text": "x" * 70_000},
        {"kind": "nonsense"},
        {"email": "no address"},
        {"email": f"a@b.org{NUL}"},
        {"form_id": "no uuid"},
        {"trying": f"a{NUL}"},
        {"trying": "x" * 20_001},
        {"field_rank": "NaN"},
        {"field_rank": "1e999"},
        {"field_day": "0000-13-77"},
    ],
    ids=str,
)
def test_bad_field_is_refused_by_the_portal_with_its_form(launch, change):
    FieldDefinition.objects.create(launch=launch, key="rank", label="Rank", kind="number")
    FieldDefinition.objects.create(launch=launch, key="day", label="Day", kind="date")
    client, before = Client(raise_request_exception=False), _counts()

    answer = client.post("/launches/shop/portal/", {"text": "It broke", "kind": "broken"} | change)

    assert answer.status_code == 400
    assert b"<form" in answer.content
    assert _counts() == before


@pytest.mark.parametrize("number", ["1e308", "-0", "1e-308", "123456789012345678901234567890"])
def test_an_extreme_number_in_a_field_is_kept_or_refused(launch, number):
    FieldDefinition.objects.create(launch=launch, key="rank", label="Rank", kind="number")

    answer = Client(raise_request_exception=False).post(
        "/launches/shop/portal/", {"text": "It broke", "kind": "broken", "field_rank": number}
    )

    assert answer.status_code in {302, 400}


@pytest.mark.parametrize(
    "change",
    [
        {"text": f"a{NUL}b"},
        {"said_by": f"a{NUL}b"},
        {"said_by": "x" * 200},
        {"channel": "alert"},
        {"component": f"a{NUL}"},
        {"component": "no-such"},
        {"occurred_at": "soon"},
        {"occurred_at": "0001-01-01T00:00"},
        {"occurred_at": "9999-12-31T23:59"},
    ],
    ids=str,
)
def test_bad_field_is_refused_by_the_note_form(lead, launch, change):
    before = _counts()

    answer = lead.post("/launches/shop/notes/new/", {"text": "They said", "channel": "stakeholder_note"} | change)

    assert answer.status_code == 400
    assert _counts() == before


def test_unreadable_body_is_refused_by_ingest_and_kept_as_a_dead_letter(launch, now):
    source, key = create_source(launch, name="gateway", actor=SYSTEM, now=now)
    client = Client(raise_request_exception=False)

    for body in UNREADABLE.values():
        problem = refused(post(client, f"/ingest/{key}/alertmanager/", body), 400)
        assert problem["dead_letter"].startswith("DL-")
        assert key not in json.dumps(problem)

    assert DeadLetter.objects.filter(source=source).count() == len(UNREADABLE)
    assert not Alert.objects.exists()


def _alert(**changes):
    return {"status": "firing", "labels": {"alertname": "High", "severity": "critical"}} | changes


@pytest.mark.parametrize(
    "wrong",
    [
        7,
        _alert(labels={}),
        _alert(labels=[]),
        _alert(labels={"a": {"b": 1}}),
        _alert(annotations="x"),
        _alert(status="maybe"),
        _alert(status={}),
        _alert(startsAt=7),
        _alert(startsAt="2026-02-30T00:00:00Z"),
        _alert(startsAt="9999-12-31T23:59:59-23:59"),
        _alert(startsAt="2199-01-01T00:00:00Z"),
        _alert(annotations={"summary": "x" * 40_000}),
    ],
    ids=lambda one: str(one)[:60],
)
def test_bad_alert_is_named_and_the_good_one_beside_it_is_taken(launch, now, wrong):
    _source, key = create_source(launch, name="gateway", actor=SYSTEM, now=now)

    with time_machine.travel(NOW, tick=False):
        answer = post(
            Client(raise_request_exception=False),
            f"/ingest/{key}/alertmanager/",
            {"receiver": "x", "alerts": [wrong, _alert()]},
        )

    assert answer.status_code == 202, answer.content
    assert [row["index"] for row in answer.json()["rejected"]] == [0]
    assert Alert.objects.count() == 1


@pytest.mark.parametrize(
    "odd",
    [
        _alert(fingerprint="x" * 5000),
        _alert(fingerprint=7),
        _alert(generatorURL={"a": 1}),
        _alert(generatorURL="http://" + "x" * 5000),
        _alert(labels={"": "", " ": " "}),
        _alert(labels={"x" * 20_000: "y"}),
        _alert(labels={"alertname": "4111111111111111 " * 18}),
        _alert(labels={"alertname": "pin 1234 " * 33}),
        _alert(labels={"n": 1e308, "b": True}),
        _alert(endsAt="0001-01-01T00:00:00Z", startsAt="0001-01-01T00:00:00Z"),
        _alert(status="resolved", endsAt="2999-12-31T23:59:59+00:00"),
    ],
    ids=lambda one: str(one)[:60],
)
def test_odd_alert_is_taken_as_far_as_it_goes(launch, now, odd):
    _source, key = create_source(launch, name="gateway", actor=SYSTEM, now=now)

    answer = post(Client(raise_request_exception=False), f"/ingest/{key}/", {"receiver": "x", "alerts": [odd]})

    assert (answer.status_code, answer.json()["accepted"]) == (202, 1)


# --- orders about issues and reports ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "order", "status"),
    [
        ("transition", {}, 409),
        ("transition", {"to": "nowhere"}, 409),
        ("transition", {"to": ["closed"]}, 400),
        ("transition", {"to": "closed", "version": "1"}, 400),
        ("transition", {"to": "closed", "version": 2**62}, 409),
        ("transition", {"to": "closed", "version": -1}, 409),
        ("transition", {"to": "closed", "resolution": "magic"}, 400),
        ("transition", {"to": "declined", "reason": " "}, 400),
        ("transition", {"to": "closed", "reason": "x" * 2001}, 400),
        ("transition", {"to": "closed", "reason": f"a{BELL}"}, 400),
        ("merge", {}, 404),
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
    ],
    ids=str,
)
def test_bad_order_changes_nothing(api, launch, now, name, order, status):
    issue = make_issue(launch, now=now)

    refused(post(api, f"{API}issues/{issue.key}/{name}/", order), status)

    issue.refresh_from_db()
    assert (issue.status, issue.version, issue.severity) == ("new", 1, 2)
    assert not Decision.objects.exists()


@pytest.mark.parametrize(
    ("name", "order"),
    [
        ("move", {"to": f"closed{NUL}"}),
        ("move", {"to": "declined", "reason": f"a{NUL}"}),
        ("move", {"to": "closed", "resolution": f"fixed{NUL}"}),
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
    ],
    ids=str,
)
def test_bad_order_from_the_issue_page_changes_nothing_and_says_why(lead, launch, now, name, order):
    issue = make_issue(launch, now=now)

    answer = lead.post(f"/launches/shop/issues/{issue.key}/{name}/", order, follow=True)

    assert answer.status_code in {200, 400, 404}
    issue.refresh_from_db()
    assert (issue.status, issue.version, issue.title) == ("new", 1, "Product pages answer 503")


@pytest.mark.parametrize(
    "order",
    [
        {"field": "component", "value": f"a{NUL}"},
        {"field": "category", "value": f"bug{NUL}"},
        {"field": "severity", "value": "²"},
        {"field": "severity", "value": "1", "reason": f"a{NUL}"},
        {"field": "title", "value": "x"},
    ],
    ids=str,
)
def test_bad_verdict_from_the_report_page_changes_nothing(lead, launch, now, order):
    row = make_feedback(launch, now=now)

    answer = lead.post(f"/launches/shop/feedback/{row.key}/override/", order, follow=True)

    assert answer.status_code == 200
    assert not Decision.objects.exists()


@pytest.mark.parametrize(
    "order",
    [
        {},
        {"ids": [], "action": "transition"},
        {"ids": "IS-1", "action": "transition"},
        {"ids": [7], "action": "transition"},
        {"ids": ["IS-1"] * 501, "action": "transition"},
        {"ids": ["IS-1"], "action": "destroy"},
        {"ids": ["IS-1"], "action": ["merge"]},
    ],
    ids=lambda one: str(one)[:60],
)
def test_bad_order_for_many_issues_is_refused_whole(api, untouched, order):
    refused(post(api, f"{API}issues/bulk/", order), 400)


def test_order_for_many_issues_answers_for_each(api, launch, other, now):
    mine, theirs = make_issue(launch, now=now), make_issue(other, now=now)
    keys = [mine.key, theirs.key, "IS-999999999999", "HC-1", "x" * 5000, ""]

    answer = post(api, f"{API}issues/bulk/", {"ids": keys, "action": "transition", "to": "triaged"}).json()

    assert [row["status"] for row in answer["results"]] == [200, 404, 404, 404, 404, 404]
    theirs.refresh_from_db()
    assert theirs.status == "new"


# --- launches, sources, deployments -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "body"),
    [
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
    ],
    ids=lambda one: str(one)[:70],
)
def test_bad_fields_are_named_and_store_nothing(people, now, untouched, path, body):
    people["lead"].is_superuser = True
    people["lead"].save()
    root = bearer(people["lead"], scopes=["admin"], now=now)
    root.raise_request_exception = False
    before = TimelineEntry.objects.count()

    problem = refused(post(root, API + path, body), 400)

    assert problem["errors"][0]["pointer"].startswith("/")
    assert TimelineEntry.objects.count() == before
    TimelineEntry.objects.filter(kind="token.issued")._raw_delete("default") if False else None


def test_longest_slug_makes_a_launch(people, now):
    people["lead"].is_superuser = True
    people["lead"].save()
    root = bearer(people["lead"], scopes=["admin"], now=now)
    root.raise_request_exception = False

    answer = post(root, f"{API}launches/", {"name": "Longest", "slug": "a" * 60})

    assert answer.status_code == 201, answer.content
    assert post(root, f"{API}launches/", {"name": "b" * 120}).status_code == 201


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_settings_page_refuses_a_day_no_calendar_of_ours_holds(lead, launch, day):
    facts = {"name": "Shop", "zone": "Europe/Stockholm", "phase": "hypercare", "report_at": "15:00"}
    days = {"go_live_on": day, "planned_end_on": "9999-12-31", "report_grace_minutes": "30", "language": "en"}

    answer = lead.post("/launches/shop/settings/", facts | days)

    assert answer.status_code in {200, 400}
    launch.refresh_from_db()
    assert launch.go_live_on.year == 2026


# --- query parameters ---------------------------------------------------------------------------------------

LISTS = ["feedback/", "issues/", "alerts/", "deployments/", "sources/", "exit/"]


@pytest.mark.parametrize("slug", ["%00", "shop%00", "%ff%fe", "..%2f", "x" * 3000, "%F0%9F%92%A9", "no-such", "'--"])
@pytest.mark.parametrize("path", LISTS)
def test_unknown_launch_in_the_query_is_a_4xx(api, path, slug):
    answer = api.get(f"{API}{path}?launch={slug}")

    refused(answer, answer.status_code if answer.status_code in {400, 404} else 404)


@pytest.mark.parametrize("path", ["launches/{}/", "launches/{}/board/"])
@pytest.mark.parametrize("slug", ["%00", "shop%00", "%ff", "no-such"])
def test_unknown_launch_in_the_path_is_404(api, path, slug):
    assert api.get(API + path.format(slug)).status_code == 404


def _cursor(text):
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "cursor",
    [
        "garbage",
        "%00",
        "é",
        "=" * 5000,
        *[_cursor(text) for text in ("p=abc", "p=", "p=\x00", f"p={10**30}", "p=-1", "o=-1", f"o={10**30}&p=5", "r=x&p=1.5", "p=²")],
    ],
)
@pytest.mark.parametrize("path", ["feedback/", "issues/", "alerts/", "deployments/", "sources/", "launches/"])
def test_cursor_nobody_gave_out_is_a_4xx_or_an_empty_page(api, launch, now, path, cursor):
    answer = api.get(f"{API}{path}", {"launch": "shop", "cursor": cursor})

    if answer.status_code != 200:
        refused(answer, 404)


@pytest.mark.parametrize("size", [str(10**30), "-1", "0", "x", "²", "9" * 5000, "", "1.5", NUL])
def test_page_size_is_bounded_whatever_is_asked(api, launch, now, size):
    for _row in range(3):
        make_feedback(launch, now=now)

    answer = api.get(f"{API}feedback/", {"launch": "shop", "page_size": size})

    assert (answer.status_code, len(answer.json()["results"])) == (200, 3)


@pytest.mark.parametrize("since", ["-1", "x", "1.5", "9" * 19, "9" * 5000, "", "²", "%00", "1e3"])
def test_board_since_must_be_a_version(api, launch, since):
    refused(api.get(f"{API}launches/shop/board/?since={since}"), 400)


def test_board_since_the_future_begins_anew(api, launch):
    assert api.get(f"{API}launches/shop/board/", {"since": "9" * 18}).json()["type"] == "reset"


QUERIES = [
    {"q": NUL},
    {"q": "HC-²"},
    {"q": "IS-²"},
    {"q": "HC-" + "9" * 18},
    {"q": "HC-" + "9" * 5000},
    {"q": "-" * 1000},
    {"q": '"unclosed & (a | b) :* <-> !! \\'},
    {"q": "or OR -or \"\""},
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


@pytest.mark.parametrize("query", QUERIES, ids=lambda one: str(one)[:50])
@pytest.mark.parametrize("path", [f"{API}feedback/", f"{API}issues/", f"{API}alerts/"])
def test_filter_of_the_api_finds_something_or_is_refused(api, launch, path, query):
    _own_fields(launch)

    answer = api.get(path, {"launch": "shop"} | _sendable(query))

    if answer.status_code != 200:
        refused(answer, 400)


@pytest.mark.parametrize("query", [*QUERIES, {"cursor": "garbage"}, {"cursor": _cursor("p=abc")}], ids=lambda one: str(one)[:50])
@pytest.mark.parametrize("page", ["inbox", "board", "issues"])
def test_filter_of_a_page_finds_something_or_is_refused(lead, launch, page, query):
    _own_fields(launch)

    answer = lead.get(f"/launches/shop/{page}/", _sendable(query))

    assert answer.status_code in {200, 400, 404}


def _own_fields(launch):
    FieldDefinition.objects.create(launch=launch, key="rank", label="Rank", kind="number")
    FieldDefinition.objects.create(launch=launch, key="store", label="Store", kind="text")


def _sendable(query):
    return {name: value.encode("utf-8", "surrogatepass") for name, value in query.items()}


@pytest.mark.parametrize(
    "address",
    [
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
    ],
)
def test_odd_address_is_no_server_error(lead, launch, address):
    assert lead.get(address).status_code < 500


def test_unknown_place_of_the_api_is_a_problem(api):
    refused(api.get(f"{API}no/such/place/"), 404)
    refused(api.post(f"{API}sources/{10**30}/end/"), 404)
    refused(Client(raise_request_exception=False).post("/ingest/a/b/c/d/"), 404)


# --- headers and methods ------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["x" * 201, "a\tb", "a\x7f", "\xa0", "é" * 300])
def test_idempotency_key_that_cannot_be_printed_is_refused(api, untouched, key):
    refused(post(api, f"{API}feedback/", report(), **{"Idempotency-Key": key}), 400)
    refused(post(api, f"{API}feedback/bulk/", [report()], **{"Idempotency-Key": key}), 400)


@pytest.mark.parametrize("key", ["x" * 200, "'; --", "é", "../..", "0"])
def test_odd_idempotency_key_is_as_good_as_any(api, key):
    first = post(api, f"{API}feedback/", report(), **{"Idempotency-Key": key})
    second = post(api, f"{API}feedback/", report(), **{"Idempotency-Key": key})

    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert Feedback.objects.count() == 1


def test_idempotency_key_of_one_token_answers_no_other(people, now):
    first, second = (bearer(people["lead"], scopes=["admin"], now=now) for _ in range(2))

    answers = [post(client, f"{API}feedback/", report(), **{"Idempotency-Key": "k"}).json() for client in (first, second)]

    assert answers[0]["id"] != answers[1]["id"]
    assert answers[0]["status_url"] != answers[1]["status_url"]


def test_replay_is_refused_once_the_right_is_gone(people, launch, now):
    client = bearer(people["agent"], scopes=["feedback:write"], now=now)
    assert post(client, f"{API}feedback/", report(), **{"Idempotency-Key": "k"}).status_code == 201
    remove_member(Membership.objects.get(launch=launch, user=people["agent"]), actor=SYSTEM, now=now)

    refused(post(client, f"{API}feedback/", report(), **{"Idempotency-Key": "k"}), 404)
    answer = post(client, f"{API}feedback/bulk/", [report()], **{"Idempotency-Key": "k"})
    assert answer.json()["results"][0]["status"] == 404


@pytest.mark.parametrize(
    "header",
    ["Bearer", "Bearer ", "Basic YTpi", "bearer x y", "Bearer é", "Token abc", "Bearer " + "x" * 100_000, "Bearer hc_", "null", ",", "Bearer a, Bearer b"],
    ids=lambda one: one[:20],
)
def test_authorization_nobody_gave_out_is_401_even_with_a_session(lead, untouched, header):
    answer = lead.get(f"{API}feedback/?launch=shop", headers={"Authorization": header})

    refused(answer, 401)
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_session_may_change_nothing_without_its_csrf_token(people, launch, now):
    client = Client(enforce_csrf_checks=True)
    client.force_login(people["lead"])
    issue = make_issue(launch, now=now)

    refused(post(client, f"{API}issues/{issue.key}/transition/", {"to": "closed"}), 403)
    refused(post(client, f"{API}feedback/", report()), 403)
    assert client.post(f"/launches/shop/issues/{issue.key}/move/", {"to": "closed"}).status_code == 403
    assert not Feedback.objects.exists()


def test_form_sent_to_the_api_by_a_session_is_refused_as_a_problem(lead, untouched):
    refused(lead.post(f"{API}feedback/", report()), 415)
    broken = lead.generic("POST", f"{API}feedback/", b"--x", content_type="multipart/form-data; boundary=")
    refused(broken, 415 if broken.status_code == 415 else 400)
    many = {f"f{number}": "x" for number in range(600)}
    refused(lead.post(f"{API}feedback/", many), 415)


@pytest.mark.parametrize("name", ["x" * 500, "a b", "a\r\nSet-Cookie: x=1", "<script>", "é", "short"])
def test_request_id_that_is_none_is_replaced(api, name):
    try:
        answer = api.get(f"{API}launches/", headers={"X-Request-Id": name})
    except ValueError:
        return  # the test client itself refuses a line break in a header
    assert answer["X-Request-Id"] != name
    assert len(answer["X-Request-Id"]) == 32


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "nonsense", "*/*;q=0", ";;;", ""])
def test_accept_header_is_no_server_error(api, accept):
    assert api.get(f"{API}launches/", headers={"Accept": accept}).status_code in {200, 406}


@pytest.mark.parametrize("language", ["xx", "x" * 5000, "sv;q=nonsense", "en-" * 1000, "\xff"])
def test_language_header_is_no_server_error(api, language):
    assert api.get(f"{API}exit/?launch=no-such", headers={"Accept-Language": language}).status_code == 404


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("feedback/", "GET POST HEAD OPTIONS"),
        ("feedback/bulk/", "POST OPTIONS"),
        ("issues/", "GET HEAD OPTIONS"),
        ("launches/", "GET POST HEAD OPTIONS"),
        ("launches/shop/", "GET PATCH HEAD OPTIONS"),
        ("launches/shop/board/", "GET HEAD OPTIONS"),
        ("alerts/", "GET HEAD OPTIONS"),
        ("sources/", "GET POST HEAD OPTIONS"),
        ("deployments/", "GET POST HEAD OPTIONS"),
        ("exit/", "GET HEAD OPTIONS"),
    ],
)
def test_other_methods_are_405_and_change_nothing(api, launch, path, allowed):
    before = _counts()
    for method in ("GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "BREW"):
        answer = api.generic(method, f"{API}{path}?launch=shop", b"", content_type="application/json")
        if method in allowed.split():
            assert answer.status_code < 500
        else:
            refused(answer, 405)
    assert _counts() == before


def test_address_without_its_slash_leads_to_the_right_one(api):
    answer = api.get(f"{API}launches?page_size=1")

    assert (answer.status_code, answer["Location"]) == (301, f"{API}launches/?page_size=1")


@pytest.mark.parametrize("path", ["//evil.example/x", "/%2Fevil.example/x", "/\\evil.example"])
def test_missing_slash_never_leads_to_another_host(lead, path):
    answer = lead.generic("GET", path)

    assert not answer.get("Location", "").startswith(("//", "http://evil", "/\\"))


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example/x", "javascript:alert(1)", "/\\evil.example", "\thttps://evil.example"])
def test_sign_in_and_language_lead_to_no_other_host(people, target):
    client = Client()
    asked = client.post("/i18n/setlang/", {"language": "sv", "next": target})
    assert "evil" not in asked.get("Location", "")
    assert "script" not in asked.get("Location", "")
    entered = client.post(f"/accounts/login/?next={target}", {"login": "alice@example.org", "password": "correct horse", "next": target})
    assert "evil" not in entered.get("Location", "")
    assert "script" not in entered.get("Location", "")


# --- rights -------------------------------------------------------------------------------------------------


def test_token_is_refused_when_it_expired_was_revoked_or_its_owner_is_inactive(people, launch, now):
    from hypercare.core.models import ApiToken

    with time_machine.travel(NOW, tick=False):
        expired = bearer(people["lead"], scopes=["admin"], now=now, expires_at=now)
        assert "expired" in refused(expired.get(f"{API}launches/"), 401)["detail"]
        client = bearer(people["agent"], scopes=["admin"], now=now)
        assert client.get(f"{API}launches/").status_code == 200
        people["agent"].is_active = False
        people["agent"].save()
        refused(client.get(f"{API}launches/"), 401)
        people["agent"].is_active = True
        people["agent"].save()
        ApiToken.objects.filter(user=people["agent"]).update(revoked_at=now)
        assert "revoked" in refused(client.get(f"{API}launches/"), 401)["detail"]


def test_token_of_one_launch_reads_no_other(people, launch, other, now):
    set_member(other, people["lead"], role="lead", actor=SYSTEM, now=now)
    client = bearer(people["lead"], scopes=["admin"], now=now, launch=launch)
    issue, row = make_issue(other, now=now), make_feedback(other, now=now)

    for path in (
        "feedback/?launch=other",
        "issues/?launch=other",
        "alerts/?launch=other",
        "exit/?launch=other",
        "launches/other/",
        "launches/other/board/",
        f"issues/{issue.key}/",
        f"feedback/{row.key}/",
    ):
        refused(client.get(API + path), 404)
    refused(post(client, f"{API}feedback/", report(launch="other")), 404)
    refused(post(client, f"{API}issues/{issue.key}/transition/", {"to": "closed"}), 404)
    refused(post(client, f"{API}launches/", {"name": "Third"}), 403)
    assert [one["slug"] for one in client.get(f"{API}launches/").json()["results"]] == ["shop"]
    assert client.get(f"{API}deployments/").json()["results"] == []


def test_another_launch_shows_nothing_of_itself(api, lead, launch, other, now):
    mine, theirs = make_issue(launch, now=now), make_issue(other, now=now, title="Their secret")
    row = make_feedback(other, now=now, title="Their secret", issue_key=theirs.key)

    refused(post(api, f"{API}issues/{mine.key}/merge/", {"into": theirs.key}), 404)
    answers = [
        api.get(f"{API}feedback/", {"launch": "shop", "q": "secret"}),
        api.get(f"{API}feedback/", {"launch": "shop", "q": row.key}),
        api.get(f"{API}feedback/", {"launch": "shop", "issue": theirs.key}),
        api.get(f"{API}issues/", {"launch": "shop", "q": theirs.key}),
        api.get(f"{API}issues/", {"launch": "shop", "cursor": _cursor(f"p={theirs.pk + 1}")}),
        api.get(f"{API}launches/shop/board/", {"since": "0"}),
        lead.get("/launches/shop/inbox/", {"q": row.key}),
        lead.get(f"/launches/shop/issues/{theirs.key}/"),
        lead.get(f"/launches/shop/feedback/{row.key}/"),
        lead.post(f"/launches/shop/issues/{mine.key}/merge/", {"into": theirs.key}, follow=True),
    ]
    assert not [answer.request["PATH_INFO"] for answer in answers if b"Their secret" in answer.content]


# --- what was said twice, and secrets -----------------------------------------------------------------------


def test_public_report_sent_again_with_another_body_gets_no_link(launch):
    client, door = Client(), f"/w/{launch.keys.get().key}/reports"
    first = post(client, door, {"text": "It broke", "external_id": "a"}).json()

    again = post(client, door, {"text": "It broke", "external_id": "a"}).json()
    guess = post(client, door, {"text": "Something else", "external_id": "a"}).json()

    assert (again["id"], again["status_url"]) == (first["id"], first["status_url"])
    assert (guess["id"], guess["status_url"]) == (first["id"], None)


CARD = "4111 1111 1111 1111"
PASSWORD = "password=hunter2secret"


def test_no_secret_reaches_any_table(api, lead, launch, now):
    FieldDefinition.objects.create(launch=launch, key="store", label="Store", kind="text")
    _source, key = create_source(launch, name="gateway", actor=SYSTEM, now=now)
    post(
        api,
        f"{API}feedback/",
        report(
            title=f"Pay {CARD}",
            body=PASSWORD,
            context={PASSWORD: CARD, "page": PASSWORD},
            fields={"store": PASSWORD},
            reporter={"name": PASSWORD, "external_id": PASSWORD},
            external_id=PASSWORD,
            trace_id=CARD,
            kind="4111111111111111",
        ),
    )
    issue, row = make_issue(launch, now=now), make_feedback(launch, now=now)
    post(api, f"{API}issues/{issue.key}/transition/", {"to": "declined", "reason": PASSWORD})
    post(api, f"{API}issues/{issue.key}/override/", {"field": "title", "value": f"Pay {CARD}", "reason": PASSWORD})
    post(api, f"{API}feedback/{row.key}/override/", {"field": "category", "value": "bug", "reason": PASSWORD})
    lead.post(f"/launches/shop/issues/{issue.key}/note/", {"text": PASSWORD})
    lead.post("/launches/shop/notes/new/", {"text": "They said", "channel": "stakeholder_note", "said_by": PASSWORD})
    post(api, f"{API}deployments/", {"launch": "shop", "version": "1", "environment": "prod", "summary": PASSWORD})
    labels = {"alertname": f"Pay {CARD}", PASSWORD: PASSWORD}
    post(Client(), f"/ingest/{key}/", {"receiver": "x", "alerts": [_alert(labels=labels, fingerprint=PASSWORD, generatorURL=f"http://x/?{PASSWORD}")]})
    post(Client(), f"/ingest/{key}/", {"receiver": PASSWORD, "alerts": [PASSWORD]})

    assert _tables_that_hold("hunter2secret", "4111 1111", "41111111") == []


def _tables_that_hold(*words):
    from django.apps import apps
    from django.db import connection

    found = []
    for model in apps.get_models():
        with connection.cursor() as cursor:
            table = model._meta.db_table
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            found += [(table, word, text) for (text,) in cursor.fetchall() for word in words if word in text]
    return found


def test_longest_fields_full_of_secrets_are_stored_without_them(api, launch):
    full = {"title": "pin 1234 " * 33, "reporter": {"external_id": "e1", "name": "pin 1234 " * 13}, "trace_id": "pin 1234 " * 7}

    answer = post(api, f"{API}feedback/", report(**full))

    assert answer.status_code == 201, answer.content


def test_actor_with_the_longest_address_may_act(people, launch, now):
    email = "a" * 64 + "@" + ".".join(["b" * 60] * 3) + ".org"
    people["agent"].email, people["agent"].name = email, ""
    people["agent"].save()
    issue = make_issue(launch, now=now)
    client = bearer(people["agent"], scopes=["triage:write"], now=now)
    client.raise_request_exception = False

    assert post(client, f"{API}issues/{issue.key}/transition/", {"to": "triaged"}).status_code == 200
    assert post(client, f"{API}issues/{issue.key}/override/", {"field": "severity", "value": 3}).status_code == 200


def test_signal_of_a_machine_that_a_person_sends_is_never_the_worst(api, launch, now):
    from triage.classify.evidence import severity_from_alert

    assert severity_from_alert({"suggested_severity": 1}) == 2
    for alert in ({"suggested_severity": [1]}, {"suggested_severity": None}, {"fingerprint": {"a": 1}}, [], "x"):
        assert post(api, f"{API}feedback/", report(channel="alert", context={"alert": alert})).status_code == 201


def test_closed_launch_refuses_every_door_with_409(api, lead, launch, now):
    _source, key = create_source(launch, name="gateway", actor=SYSTEM, now=now)
    widget = f"/w/{launch.keys.get().key}/reports"
    close(launch, actor=Actor("test"), now=now)
    before = Feedback.objects.count()

    refused(post(api, f"{API}feedback/", report()), 409)
    refused(post(Client(), widget, {"text": "It broke"}), 409)
    refused(post(Client(), f"/ingest/{key}/", {"receiver": "x", "alerts": [_alert()]}), 409)
    refused(post(api, f"{API}deployments/", {"launch": "shop", "version": "1", "environment": "prod"}), 409)
    assert post(api, f"{API}feedback/bulk/", [report()]).json()["results"][0]["status"] in {400, 409}
    assert Client().post("/launches/shop/portal/", {"text": "It broke", "kind": "broken"}).status_code == 409
    assert lead.post("/launches/shop/notes/new/", {"text": "x", "channel": "stakeholder_note"}).status_code == 400
    assert Feedback.objects.count() == before


@pytest.mark.parametrize("hours", [-48, 48])
def test_clock_set_back_or_ahead_harms_no_door(api, lead, launch, now, hours):
    _source, key = create_source(launch, name="gateway", actor=SYSTEM, now=now)
    with time_machine.travel(NOW, tick=False):
        assert post(api, f"{API}feedback/", report(external_id="a"), **{"Idempotency-Key": "k"}).status_code == 201
        post(Client(), f"/ingest/{key}/", {"receiver": "x", "alerts": [_alert()]})
    with time_machine.travel(NOW + timedelta(hours=hours), tick=False):
        assert post(api, f"{API}feedback/", report(external_id="a"), **{"Idempotency-Key": "k"}).status_code in {200, 201}
        assert post(api, f"{API}feedback/", report(external_id="b")).status_code == 201
        answer = post(Client(), f"/ingest/{key}/", {"receiver": "x", "alerts": [_alert(status="resolved")]})
        assert answer.status_code == 202
        for page in ("inbox", "board", "report", "exit"):
            assert lead.get(f"/launches/shop/{page}/").status_code == 200
    assert Feedback.objects.filter(external_id="a").count() == 1


# --- what a browser might run -------------------------------------------------------------------------------


def test_what_strangers_write_is_never_markup_or_a_link_that_runs(api, lead, launch, people, now):
    evil = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    _source, key = create_source(launch, name=evil[:80], actor=SYSTEM, now=now)
    labels = {"alertname": evil, evil: "javascript:alert(1)"}
    alert = _alert(labels=labels, generatorURL="javascript:alert(1)", annotations={"runbook_url": "javascript:alert(1)"})
    post(Client(), f"/ingest/{key}/", {"receiver": "x", "alerts": [alert]})
    context = {"page": {"url": "javascript:alert(1)", "title": evil}, "url": "javascript:alert(1)", evil: evil}
    post(Client(), f"/w/{launch.keys.get().key}/reports", {"text": evil, "email": "a@example.org", "name": evil, "context": context})
    issue = make_issue(launch, now=now, title=evil)
    row = make_feedback(launch, now=now, title=evil, issue_key=issue.key, context=context)
    people["agent"].name = evil[:120]
    people["agent"].save()

    for page in (
        "inbox/",
        "board/",
        "issues/",
        "alerts/",
        "sources/",
        "audit/",
        "report/",
        "exit/",
        "outbox/",
        "settings/members/",
        f"issues/{issue.key}/",
        f"feedback/{row.key}/",
    ):
        content = lead.get(f"/launches/shop/{page}").content
        assert b"<script>alert" not in content, page
        assert b"<img src=x" not in content, page
        assert b'href="javascript:' not in content, page


def test_audit_csv_holds_no_formula(lead, launch, people, now):
    people["agent"].name = '=HYPERLINK("http://evil","x")'
    people["agent"].save()
    issue = make_issue(launch, now=now)
    client = bearer(people["agent"], scopes=["triage:write"], now=now)
    post(client, f"{API}issues/{issue.key}/transition/", {"to": "triaged"})

    lines = lead.get("/launches/shop/audit.csv").getvalue().decode()

    assert "HYPERLINK" in lines
    assert ',=HYPER' not in lines
    assert ',"=HYPER' not in lines


def test_file_name_breaks_no_header(launch, lead, now):
    from django.core.files.uploadedfile import SimpleUploadedFile

    upload = SimpleUploadedFile('a"\r\nSet-Cookie: x=1;.txt', b"plain text", content_type="text/html")
    answer = Client().post("/launches/shop/portal/", {"text": "It broke", "kind": "broken", "file": upload})
    assert answer.status_code == 302
    kept = Feedback.objects.get().attachments.get()

    download = lead.get(f"/launches/shop/attachments/{kept.pk}/")

    assert download["Content-Disposition"].startswith("attachment")
    assert "Set-Cookie" not in download.headers
    assert download["Content-Type"].startswith("text/plain")
