"""This module tests what a launch's reports have in common, and what is known in public while somebody writes."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from feedback import known
from feedback.models import Feedback
from hypercare.core.models import LaunchKey
from hypercare.core.timeline import SYSTEM
from triage.match import readings
from triage.match.lookup import look_up
from triage.models import Issue, Origin, Theme, ThemesRun
from triage.themes.find import find, find_due

pytestmark = pytest.mark.django_db


@pytest.fixture
def told(launch, now):
    """Sixty reports of three themes over twenty days, one of them all in the last three."""

    def put(first=0):
        texts = [
            ("Postcode {} rejected", "The Norwegian postcode is not accepted at the till", "negative"),
            ("Invoice {} has a wrong total", "The invoice adds the discount twice to the total", "neutral"),
            ("Slow search {}", "Searching the catalogue takes half a minute", "negative"),
        ]
        rows = [
            Feedback(
                launch=launch, channel="portal", source="test", content_digest="", title=title.format(n + first),
                body=body, sentiment=tone, occurred_at=now, triaged_at=now,
                received_at=now - timedelta(days=n % 3 if at == 0 else n),
            )
            for n in range(20)
            for at, (title, body, tone) in enumerate(texts)
        ]  # fmt: skip
        Feedback.objects.bulk_create(rows)
        readings.read([row.pk for row in rows])

    return put


def page(client, launch, query=""):
    return client.get(f"/launches/{launch.slug}/themes/{query}").content.decode()


def test_themes_are_found_named_counted_and_linked_to_their_rows(launch, told, people, now):
    told()
    find(launch, now=now)
    themes = {theme.words[0]: theme for theme in Theme.objects.all()}
    rising = [theme for theme in themes.values() if theme.course == "rising"]
    assert sum(theme.reports for theme in themes.values()) <= 60
    assert ["postcode" in theme.words for theme in rising] == [True]
    client = Client()
    client.force_login(people["stakeholder"])
    shown = page(client, launch)
    assert rising[0].name in shown
    assert "Rising" in shown
    assert "0.0000" not in shown
    assert re.search(r"Negative in tone: \d+% of \d+ in the last 7 days", shown)
    inbox = client.get(f"/launches/shop/inbox/?theme={rising[0].pk}").content.decode()
    assert "Postcode" in inbox
    assert "Slow search" not in inbox


def test_theme_keeps_its_number_while_its_words_are_the_same_and_one_that_ended_goes(launch, told, now):
    told()
    find(launch, now=now)
    before = set(Theme.objects.values_list("pk", flat=True))
    told(first=20)
    find(launch, now=now)
    assert before == set(Theme.objects.values_list("pk", flat=True))
    find(launch, now=now + timedelta(days=60))
    assert not Theme.objects.exists()
    assert ThemesRun.objects.get().reports == 0


def test_themes_page_asks_as_many_questions_for_many_themes_as_for_one(launch, told, people, now):
    client = Client()
    client.force_login(people["lead"])
    told()
    find(launch, now=now)
    page(client, launch)
    with CaptureQueriesContext(connection) as many:
        page(client, launch)
    Theme.objects.exclude(pk=Theme.objects.order_by("pk").first().pk).delete()
    with CaptureQueriesContext(connection) as one:
        page(client, launch)
    assert len(many) == len(one)


def test_themes_are_looked_for_again_only_when_something_was_read_and_not_at_once(launch, told, now):
    told()
    find_due(clock=lambda: now)
    assert ThemesRun.objects.get().found_at == now
    find_due(clock=lambda: now + timedelta(hours=1))
    assert ThemesRun.objects.get().found_at == now
    told(first=20)
    find_due(clock=lambda: now + timedelta(minutes=1))
    assert ThemesRun.objects.get().found_at == now
    find_due(clock=lambda: now + timedelta(hours=1))
    assert ThemesRun.objects.get().found_at == now + timedelta(hours=1)


def test_note_shows_while_it_is_written_which_issues_it_may_be_about(launch, people, now):
    moments = {"reach_at": now, "opened_at": now, "status_changed_at": now, "last_seen_at": now}
    issue = Issue.objects.create(launch=launch, title="Till refuses Norwegian postcodes", severity=3, **moments)
    row = Feedback.objects.create(
        launch=launch, channel="api", source="test", content_digest="", title=issue.title, occurred_at=now,
        received_at=now, triaged_at=now,
    )  # fmt: skip
    issue.matches.create(feedback=row, origin=Origin.MODEL, confidence=1, reason="test", matched_at=now)
    readings.read([row.pk])
    assert [likely.issue for likely in look_up(launch, "A customer says her Norwegian postcode is refused")] == [issue]
    assert look_up(launch, "postcode") == look_up(launch, "") == []
    client = Client()
    client.force_login(people["stakeholder"])
    listing = client.post("/launches/shop/alike/", {"text": "Norwegian postcode refused again"}).content.decode()
    assert issue.key in listing
    assert "/launches/shop/alike/" in client.get("/launches/shop/notes/new/").content.decode()


def test_twin_of_a_secret_in_another_launch_is_nowhere(launch, other, told, people, now):
    """Every word of these reports is told in the other launch too, which must see none of them."""
    told()
    words = "The Norwegian postcode is not accepted at the till"
    row = Feedback.objects.create(
        launch=other, channel="portal", source="test", content_digest="", title="Postcode rejected", body=words,
        occurred_at=now, received_at=now, triaged_at=now,
    )  # fmt: skip
    readings.read([row.pk])
    find(other, now=now)
    assert not Theme.objects.filter(launch=other).exists()
    assert ThemesRun.objects.get(launch=other).reports == 1
    find(launch, now=now)
    quoted = {number for theme in Theme.objects.all() for number in theme.quotes}
    assert row.pk not in quoted
    assert look_up(other, words) == []
    assert known.alike(other, words) == []


def test_public_look_up_shows_public_words_of_this_launch_alone(launch, other, people, now):
    alice = SYSTEM
    words = {"title": "Norwegian postcodes are refused", "workaround": "Leave the field empty"}
    Issue.objects.create(
        launch=launch, title="Norwegian postcodes are refused: secret regex in till-7", severity=3, reach_at=now,
        opened_at=now, status_changed_at=now, last_seen_at=now,
    )  # fmt: skip
    text = "my norwegian postcode is refused by the till"
    assert known.alike(launch, text) == []
    row = known.publish(launch, issue_key="IS-1", **words, actor=alice, now=now)
    known.publish(other, issue_key="IS-2", title="Norwegian postcodes leak", workaround="", actor=alice, now=now)
    assert known.alike(launch, text) == [row]
    assert known.alike(launch, "the night mode hurts my eyes") == []
    listing = Client().post("/launches/shop/portal/known/", {"text": text}).content.decode()
    assert "Leave the field empty" in listing
    assert "secret regex" not in listing
    assert "leak" not in listing
    known.withdraw(launch, issue_key="IS-1", actor=alice, now=now)
    assert known.alike(launch, text) == []


def test_widget_may_ask_what_is_known_from_allowed_pages_only(launch, now):
    key = LaunchKey.objects.create(launch=launch, key="k" * 20, origins=["https://shop.example"], created_at=now)
    known.publish(launch, issue_key="IS-1", title="Search is slow", workaround="", actor=SYSTEM, now=now)
    address, body = f"/w/{key.key}/known", {"text": "the search is slow today"}
    asked = {"content_type": "application/json", "headers": {"origin": "https://shop.example"}}
    answer = Client().post(address, body, **asked)
    assert answer.json() == {"results": [{"title": "Search is slow", "workaround": ""}]}
    assert answer["Access-Control-Allow-Origin"] == "https://shop.example"
    foreign = asked | {"headers": {"origin": "https://evil.example"}}
    assert Client().post(address, body, **foreign).status_code == 403
    assert Client().post(address, [1], **asked).status_code == 400


def test_lead_tells_everyone_on_the_issue_page_and_takes_it_back(launch, people, now):
    client = Client()
    client.force_login(people["lead"])
    issue = Issue.objects.create(
        launch=launch, title="x", severity=3, reach_at=now, opened_at=now, status_changed_at=now, last_seen_at=now
    )
    address = f"/launches/shop/issues/{issue.key}/"
    client.post(f"{address}publish/", {"title": "Search is slow", "workaround": "Use the menu"})
    assert known.told_of(launch).get().title == "Search is slow"
    client.post(f"{address}publish/", {"title": "", "workaround": ""})
    assert known.told_of(launch).get().title == "Search is slow"
    assert "Take it back" in client.get(address).content.decode()
    client.post(f"{address}withdraw/")
    assert not known.told_of(launch).exists()
