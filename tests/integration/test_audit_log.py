"""This module holds the audit log: what stands in it, who sees it, and that its CSV is safe to open."""

import csv
import io
from datetime import timedelta

import pytest

from hypercare.core.audit import safe_cell
from hypercare.core.models import TimelineEntry
from hypercare.core.timeline import Actor, Entry, record

PAGE = "/launches/shop/audit/"
CSV = "/launches/shop/audit.csv"


@pytest.fixture
def lead(client, people):
    client.force_login(people["lead"])
    return client


def rows_of(answer):
    return list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))


def test_every_entry_is_exported_with_who_what_and_when(lead, launch, people):
    rows = rows_of(lead.get(CSV))
    assert len(rows) == TimelineEntry.objects.filter(launch=launch).count()
    created = next(row for row in rows if row["kind"] == "launch.created")
    assert (created["who"], created["about"], created["details"]) == ("Alice Lead", "shop", "name: Meridian Shop")
    assert created["recorded"] == "2026-05-28T12:32:00+00:00"


def test_what_reporters_wrote_is_not_in_the_log(lead, api, launch, now):
    api.post("/api/v1/feedback/", {"launch": "shop", "channel": "api", "title": "Secret words", "body": "Secret body"})
    record(
        launch,
        [
            Entry("IS-1", "issue.field", {"field": "title", "old": "Secret old", "new": "Secret new"}),
            Entry("IS-1", "issue.note", {"text": "Secret note"}),
        ],
        actor=Actor("Hypercare"),
        now=now,
    )
    exported = b"".join(lead.get(CSV).streaming_content).decode()
    assert "feedback.received" in exported
    assert "Secret" not in exported
    assert "Secret" not in lead.get(PAGE).content.decode()


def test_owner_stands_by_address_and_a_webhook_that_was_renamed_by_both_names(lead, launch, now):
    owner = {"old": "", "new": "bo@example.org", "names": {"bo@example.org": "Bo Berg"}}
    renamed = {"name": "Old", "called": {"old": "Old", "new": "New"}}
    entries = [Entry("IS-1", "issue.field", {"field": "owner"} | owner), Entry("webhook:1", "webhook.changed", renamed)]
    record(launch, entries, actor=Actor("Hypercare"), now=now)
    hook, field = (set(row["details"].split(", ")) for row in rows_of(lead.get(CSV))[:2])
    assert (hook, field) == ({"name: Old", "called: Old → New"}, {"field: owner", "new: bo@example.org"})


def test_actor_who_is_named_like_a_formula_stays_text(lead, launch, now):
    record(launch, [Entry("IS-1", "issue.note")], actor=Actor('=HYPERLINK("http://evil.example")'), now=now)
    assert rows_of(lead.get(CSV))[0]["who"] == '\'=HYPERLINK("http://evil.example")'


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_cell_that_a_spreadsheet_would_compute_is_quoted(start):
    assert safe_cell(f"{start}1") == f"'{start}1"


def test_filter_narrows_page_and_export_alike(lead, launch, people):
    asked = {"kind": "member.added", "actor": "hypercare"}
    assert {row["kind"] for row in rows_of(lead.get(CSV, asked))} == {"member.added"}
    text = lead.get(PAGE, asked).content.decode()
    assert text.count("<td>Member added</td>") == 5
    assert f"{CSV}?kind=member.added&amp;actor=hypercare" in text


def test_days_are_the_launchs_own(lead, launch, now):
    late = now.replace(hour=22, minute=30)  # half past midnight of the 29th in Stockholm
    record(launch, [Entry("IS-9", "issue.note")], actor=Actor("Night"), now=late)
    on_29th = rows_of(lead.get(CSV, {"since": "2026-05-29", "until": "2026-05-29"}))
    assert [row["who"] for row in on_29th] == ["Night"]


def test_filter_that_cannot_be_read_shows_everything(lead, launch):
    assert lead.get(PAGE, {"since": "yesterday", "kind": "x", "before": "9" * 40}).status_code == 200


def test_pages_follow_each_other_without_gap_or_repeat(lead, launch, now):
    actor = Actor("Counter")
    record(launch, [Entry(f"IS-{n}", "issue.note") for n in range(1, 121)], actor=actor, now=now + timedelta(hours=1))
    seen, query = [], "?actor=Counter"
    while query:
        page = lead.get(PAGE + query).context["page"]
        seen += [entry.subject for entry in page.rows]
        query, newer = page.older, page.newer
    assert seen == [f"IS-{n}" for n in range(120, 0, -1)]
    back = lead.get(PAGE + newer).context["page"]
    assert back.rows[0].subject == "IS-70"
    assert lead.get(PAGE + back.newer).context["page"].rows[0].subject == "IS-120"


@pytest.mark.parametrize("role", ["responder", "agent", "stakeholder", "reporter"])
def test_only_who_steers_reads_the_log(client, people, role):
    client.force_login(people[role])
    assert (client.get(PAGE).status_code, client.get(CSV).status_code) == (403, 403)


def test_page_asks_the_database_equally_often_for_one_entry_and_for_many(
    lead, launch, people, django_assert_max_num_queries
):
    for asked in ({"kind": "launch.created"}, {}):
        with django_assert_max_num_queries(9):
            lead.get(PAGE, asked)
