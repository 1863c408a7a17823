"""This module tests the door for scripts: one report, many reports, repeats, and everything that must be refused."""

import json
from datetime import timedelta

import pytest

from feedback.models import Channel, Feedback, Reporter
from hypercare.core.launches import close
from hypercare.core.models import FieldDefinition, Message, TimelineEntry
from hypercare.core.timeline import SYSTEM
from tests.conftest import bearer

pytestmark = pytest.mark.django_db
URL = "/api/v1/feedback/"


def report(**more):
    return {
        "launch": "shop",
        "channel": "api",
        "title": "Product pages answer 503",
        "body": "Since ten.",
    } | more


def pointers(answer):
    return [error["pointer"] for error in answer.json()["errors"]]


def test_report_gets_a_name_and_a_secret_page(api):
    answer = api.post(URL, report())
    row = Feedback.objects.get()
    assert answer.status_code == 201
    assert answer.json()["id"] == f"HC-{row.pk}"
    assert "/r/" in answer.json()["status_url"]
    assert row.triaged_at is None


def test_accepting_writes_one_timeline_entry(api, launch):
    key = api.post(URL, report()).json()["id"]
    assert TimelineEntry.objects.filter(launch=launch, subject=key, kind="feedback.received").count() == 1


def test_same_external_id_gives_the_first_report(api):
    first = api.post(URL, report(external_id="T-1"))
    again = api.post(URL, report(external_id="T-1"))
    assert (again.status_code, again.json()["id"], again.json()["replayed"]) == (
        200,
        first.json()["id"],
        True,
    )
    assert Feedback.objects.count() == 1


def test_external_ids_are_counted_by_token(api, people, now):
    other = bearer(people["agent"], scopes=["feedback:write"], now=now)
    api.post(URL, report(external_id="T-1"))
    assert other.post(URL, report(external_id="T-1")).status_code == 201


def test_idempotency_key_gives_the_first_answer(api):
    first = api.post(URL, report(), headers={"Idempotency-Key": "k1"})
    again = api.post(URL, report(), headers={"Idempotency-Key": "k1"})
    assert again.json() == first.json()
    assert Feedback.objects.count() == 1


def test_idempotency_key_with_another_body_is_refused(api):
    api.post(URL, report(), headers={"Idempotency-Key": "k1"})
    again = api.post(URL, report(title="Something else"), headers={"Idempotency-Key": "k1"})
    assert again.status_code == 422
    assert Feedback.objects.count() == 1


def test_one_email_in_two_cases_is_one_reporter(api):
    api.post(URL, report(reporter={"email": "Elin@Example.org"}))
    api.post(URL, report(reporter={"email": "elin@example.ORG"}))
    assert list(Reporter.objects.values_list("email", flat=True)) == ["elin@example.org"]


def test_secrets_are_removed_before_storage(api):
    api.post(
        URL,
        report(
            body="My card 4111 1111 1111 1111 and password: hunter2",
            context={"headers": {"authorization": "Bearer abc"}},
        ),
    )
    row = Feedback.objects.get()
    stored = row.body + json.dumps(row.context)
    assert "4111" not in stored
    assert "hunter2" not in stored
    assert "abc" not in stored
    assert row.redactions >= 3


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"title": 5}, "/title"),
        ({"title": ""}, "/title"),
        ({"title": "x" * 301}, "/title"),
        ({"title": "a\x00b"}, "/title"),
        ({"body": "x" * (2 * 1024 * 1024 + 1)}, "/body"),
        ({"channel": "pigeon"}, "/channel"),
        ({"context": []}, "/context"),
        ({"context": {"a": "x" * 70_000}}, "/context"),
        ({"reporter": {"email": "nobody"}}, "/reporter/email"),
        ({"occurred_at": "yesterday"}, "/occurred_at"),
        ({"occurred_at": "9999-12-31T00:00:00Z"}, "/occurred_at"),
        ({"component": "warp-drive"}, "/component"),
        ({"fields": {"unknown": 1}}, "/fields/unknown"),
    ],
)
def test_bad_field_is_named_and_nothing_is_stored(api, change, pointer):
    answer = api.post(URL, report(**change))
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["detail"]
    assert pointers(answer) == [pointer]
    assert Feedback.objects.count() == 0


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"title": "a", "title": "b"}',
        b'{"title": NaN}',
        b"[" * 100_000,
        b'{"title": "\\ud800"}',
        b'{"title": "\\u0000"}',
        b"\xff\xfe",
        b"[1, 2]",
        b"null",
    ],
)
def test_malformed_json_is_refused_with_a_sentence(api, body):
    answer = api.post(URL, body, content_type="application/json")
    assert answer.status_code == 400
    assert len(answer.json()["detail"]) > 15


def test_body_over_the_limit_is_413(api):
    answer = api.post(URL, b'{"title": "' + b"x" * 9_000_000 + b'"}', content_type="application/json")
    assert answer.status_code == 413


def test_other_content_type_is_415(api):
    assert api.post(URL, b"a=b", content_type="text/plain").status_code == 415


def test_unknown_and_foreign_launch_look_the_same(api, people, now):
    outsider = bearer(people["outsider"], scopes=["admin"], now=now)
    unknown = api.post(URL, report(launch="nowhere"))
    foreign = outsider.post(URL, report())
    assert (unknown.status_code, foreign.status_code) == (404, 404)


def test_closed_launch_takes_no_reports(api, launch, now):
    launch.closed_at = now
    launch.save()
    answer = api.post(URL, report())
    assert answer.status_code == 409
    assert "closed" in answer.json()["detail"]


def test_expired_token_is_401_and_says_so(people, now):
    client = bearer(people["lead"], scopes=["admin"], now=now, expires_at=now - timedelta(days=400))
    answer = client.post(URL, report())
    assert answer.status_code == 401
    assert "expired" in answer.json()["detail"]


def test_token_without_the_scope_is_403_and_says_whom_to_ask(people, now):
    answer = bearer(people["agent"], scopes=["ingest:write"], now=now).post(URL, report())
    assert answer.status_code == 403
    assert "alice@example.org" in answer.json()["detail"]


def test_bulk_answers_for_each_row_in_its_place(api):
    answer = api.post(
        URL + "bulk/", [report(), report(title=""), "x", report(external_id="a"), report(external_id="a")]
    )
    body = answer.json()
    assert [row["status"] for row in body["results"]] == [201, 400, 400, 201, 200]
    assert (body["accepted"], body["replayed"], body["rejected"]) == (2, 1, 2)
    assert Feedback.objects.count() == 2


def test_bulk_takes_lines_and_refuses_only_the_broken_one(api):
    lines = "\n".join([json.dumps(report()), "{broken", json.dumps(report())])
    answer = api.post(URL + "bulk/", lines, content_type="application/x-ndjson")
    assert [row["status"] for row in answer.json()["results"]] == [201, 400, 201]


def test_bulk_of_a_million_rows_is_refused_whole(api):
    answer = api.post(URL + "bulk/", "\n".join(["{}"] * 1_000_000), content_type="application/x-ndjson")
    assert answer.status_code == 413
    assert "10000" in answer.json()["detail"].replace(",", "").replace(" ", "")


def test_bulk_needs_the_same_number_of_queries_for_any_number_of_rows(api, django_assert_max_num_queries):
    api.post(URL + "bulk/", [report()])
    with django_assert_max_num_queries(30):
        api.post(
            URL + "bulk/",
            [report(reporter={"email": f"p{n}@example.org"}, external_id=str(n)) for n in range(400)],
        )
    assert Feedback.objects.count() == 401


def test_custom_field_is_checked_and_kept(api, launch):
    FieldDefinition.objects.create(launch=launch, key="store", label="Store", kind="choice", choices=["Lund", "Malmö"])
    assert api.post(URL, report(fields={"store": "Paris"})).status_code == 400
    api.post(URL, report(fields={"store": "Lund"}))
    found = api.get(URL, {"launch": "shop", "field.store": "Lund"}).json()["results"]
    assert [row["fields"] for row in found] == [{"store": "Lund"}]
    assert api.get(URL, {"launch": "shop", "field.store": "Malmö"}).json()["results"] == []


def test_list_pages_by_cursor_and_newest_first(api):
    for number in range(5):
        api.post(URL, report(title=f"Report {number}"))
    first = api.get(URL, {"launch": "shop", "page_size": 3}).json()
    second = api.get(first["next"]).json()
    titles = [row["title"] for row in first["results"] + second["results"]]
    assert titles == [f"Report {number}" for number in (4, 3, 2, 1, 0)]


def test_list_needs_the_same_number_of_queries_for_one_and_three_rows(api, django_assert_num_queries):
    api.post(URL, report())
    with django_assert_num_queries(5):
        api.get(URL, {"launch": "shop"})
    api.post(URL, report())
    api.post(URL, report())
    with django_assert_num_queries(5):
        api.get(URL, {"launch": "shop"})


def test_person_is_shown_to_those_who_triage_and_hidden_from_stakeholders(api, people, now):
    key = api.post(URL, report(reporter={"email": "elin@example.org"})).json()["id"]
    reader = bearer(people["stakeholder"], scopes=["feedback:read"], now=now)
    assert api.get(f"{URL}{key}/").json()["reporter"]["email"] == "elin@example.org"
    assert reader.get(f"{URL}{key}/").json()["reporter"] is None


def test_server_clock_set_back_still_accepts(api, launch, now):
    from feedback import intake
    from feedback.report import read_report
    from hypercare.core.timeline import SYSTEM

    read = read_report(report(), source="token:1")[0]
    intake.accept(launch, read, actor=SYSTEM, now=now)
    intake.accept(launch, read, actor=SYSTEM, now=now - timedelta(days=30))
    assert Feedback.objects.count() == 2


ALLOWED = {
    "reporter": {"widget", "portal", "api"},
    "stakeholder": set(Channel) - {"alert", "gateway_rule"},
    "agent": set(Channel) - {"alert", "gateway_rule"},
    "responder": set(Channel),
    "lead": set(Channel),
}


@pytest.mark.parametrize("role", ALLOWED)
def test_role_speaks_only_for_its_channels(people, now, role):
    sender = bearer(people[role], scopes=["feedback:write"], now=now)
    taken = {channel for channel in Channel if sender.post(URL, report(channel=channel)).status_code == 201}
    rows = sender.post(f"{URL}bulk/", [report(channel=channel) for channel in Channel]).json()["results"]
    assert taken == ALLOWED[role]
    assert {channel for channel, row in zip(Channel, rows, strict=True) if row["status"] == 201} == ALLOWED[role]


def test_who_only_reports_is_the_reporter_of_what_they_send(people, now):
    sender = bearer(people["reporter"], scopes=["feedback:write"], now=now)
    stranger = report(channel="portal", reporter={"email": "stranger@example.com", "external_id": "7"})
    sender.post(URL, stranger)
    sender.post(f"{URL}bulk/", [stranger])
    assert set(Reporter.objects.values_list("email", flat=True)) == {people["reporter"].email}
    assert set(Message.objects.values_list("to_address", flat=True)) == {people["reporter"].email}


def test_report_without_a_language_is_answered_in_the_launchs(api, launch):
    launch.language = "sv"
    launch.save()
    api.post(URL, report(reporter={"email": "ola@example.org"}))
    api.post(URL, report(language="en-GB"))
    api.post(URL, report(language="de"))
    assert list(Feedback.objects.order_by("pk").values_list("language", flat=True)) == ["sv", "en", "sv"]
    assert Reporter.objects.get().language == "sv"


@pytest.mark.parametrize("query", ["nonsense=1", "field_since=1", "field=since:1", "Severity=1"])
def test_filter_nobody_knows_is_refused_by_name(api, query):
    for address in (URL, "/api/v1/issues/"):
        answer = api.get(f"{address}?launch=shop&{query}")
        assert answer.status_code == 400, address
        assert pointers(answer) == [f"/{query.partition('=')[0]}"]


def test_broken_line_is_named_as_the_sender_counts_it(api):
    lines = b"\n".join([json.dumps(report()).encode(), b"", b"{"])
    answer = api.post(f"{URL}bulk/", lines, content_type="application/x-ndjson").json()["results"]
    assert answer[0]["status"] == 201
    assert answer[1]["detail"].startswith("Line 3:")


def test_bulk_to_a_closed_launch_answers_as_one_post_does(api, launch, now):
    close(launch, actor=SYSTEM, now=now)
    assert api.post(URL, report()).status_code == 409
    assert api.post(f"{URL}bulk/", [report()]).json()["results"][0]["status"] == 409


@pytest.mark.parametrize("title", ["\u200b\u200b", "\u202e", "\u00a0", "\u2066 \u2069"])
def test_title_nobody_can_see_is_refused(api, title):
    assert pointers(api.post(URL, report(title=title))) == ["/title"]


def test_title_keeps_its_direction(api):
    api.post(URL, report(title="\u202eabc \u05e9\u05dc\u05d5\u05dd"))
    assert Feedback.objects.get().title == "abc \u05e9\u05dc\u05d5\u05dd"


@pytest.mark.parametrize("day", ["20260528", "2026-W01-1", "2026-5-28", "28.05.2026", 20260528])
def test_date_is_written_one_way(api, launch, day):
    FieldDefinition.objects.create(launch=launch, key="since", label="Since", kind="date")
    assert api.post(URL, report(fields={"since": day})).status_code == 400
    assert api.post(URL, report(fields={"since": "2026-05-28"})).status_code == 201
