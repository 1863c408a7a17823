"""This module tests reviews: what fills them in, who writes in them, publishing, what is due and what is followed up."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from gateway_ingest import windows
from gateway_ingest.deployments import NewDeployment, record_deployment
from hypercare.core.models import Commitment, Message, TimelineEntry
from hypercare.core.problem import Problem
from hypercare.core.timeline import SYSTEM, Actor
from tests.conftest import bearer
from tests.integration.rows import make_issue
from tests.integration.test_warroom import MINUTE, told
from tests.integration.traffic import calls, store
from triage import merging
from triage.models import Issue, Passage
from triage.review import due, follow_ups, reading, writing
from triage.review.sections import TITLES
from triage.warroom import decided, duties, promises, rooms

BASE = "/launches/shop/issues"


@pytest.fixture
def lead(people):
    return Actor.person(people["lead"])


@pytest.fixture
def noor(people):
    return Actor.person(people["agent"])


@pytest.fixture
def issue(launch, now):
    component = launch.components.get(slug="catalog-api")
    return make_issue(launch, now=now, component=component, category="availability", opened_at=now - 30 * MINUTE)


@pytest.fixture
def review(issue, lead, now):
    return reading_of(writing.begin(issue, actor=lead, now=now))


def reading_of(review):
    review.issue = Issue.objects.select_related("launch", "component").get(pk=review.issue_id)
    return review


def section(review, name, *, now):
    return next(one for one in reading.shown(review, now=now) if one.name == name)


def kinds(issue):
    return list(TimelineEntry.objects.filter(subject=issue.key).order_by("pk").values_list("kind", flat=True))


# what fills it in


def test_a_review_is_filled_in_from_the_room_the_reports_and_the_traffic(issue, people, lead, now):
    store(issue.launch, [*calls(300, now - 60 * MINUTE, every=timedelta(seconds=6)),
                         *calls(60, now - 30 * MINUTE, every=timedelta(seconds=10), status=503)], now=now)  # fmt: skip
    windows.fold()
    told(None, issue, at=now - 28 * MINUTE, title="Empty page")
    room = rooms.open_room(issue, reason="Sales are lost", actor=lead, now=now - 25 * MINUTE)
    duties.take(room, role="commander", actor=lead, now=now - 24 * MINUTE)
    decided.decide(issue.launch, about=room.key, what="Roll back", why="The last change", actor=lead, now=now)
    review = reading_of(writing.begin(issue, actor=lead, now=now))
    texts = {one.name: one.text for one in reading.shown(review, now=now)}
    assert list(texts) == list(TITLES)
    assert "Requests failed: 60 of 60 (100%)" in texts["impact"]
    assert "- 1 report by people, 0 alerts" in texts["impact"]
    assert "- Command: Alice Lead" in texts["responders"]
    assert "Decided: Roll back (The last change)" in texts["resolution"]
    assert "Empty page" in texts["timeline"]
    assert all(one.source for one in reading.shown(review, now=now) if one.text)


def test_deployments_of_other_components_are_not_of_its_course(launch, issue, lead, now):
    for name, version in (("catalog-api", "1.8.2"), ("checkout", "2.8.0")):
        new = NewDeployment(version=version, environment="production", component=name, deployed_at=now)
        record_deployment(launch, new, source="test", actor=SYSTEM, now=now)
    timeline = section(reading_of(writing.begin(issue, actor=lead, now=now)), "timeline", now=now).text
    assert "Product pages 1.8.2 deployed to production" in timeline
    assert "2.8.0" not in timeline


def test_beginning_twice_is_one_review(issue, lead, noor, now):
    assert writing.begin(issue, actor=lead, now=now).pk == writing.begin(issue, actor=noor, now=now).pk
    assert kinds(issue) == ["review.begun"]


def test_a_merged_issue_has_the_review_of_its_root(launch, issue, lead, now):
    other = make_issue(launch, now=now, title="Also 503")
    merging.merge(other.pk, into_id=issue.pk, actor=lead, now=now)
    assert writing.begin(other, actor=lead, now=now).issue_id == issue.pk


# what people write


def test_what_a_person_wrote_stands_whatever_the_rows_say_later(review, lead, now):
    writing.write(review, section="impact", text="Forty orders were lost.", version=0, actor=lead, now=now)
    told(None, review.issue, at=now + MINUTE, title="Still empty")
    shown = section(review, "impact", now=now + 5 * MINUTE)
    assert (shown.text, shown.author) == ("Forty orders were lost.", "Alice Lead")
    assert "1 report by people" in shown.newer


def test_newer_facts_are_taken_only_when_somebody_asks_for_them(review, lead, now):
    writing.write(review, section="impact", text="Forty orders were lost.", version=0, actor=lead, now=now)
    told(None, review.issue, at=now + MINUTE, title="Still empty")
    writing.take_facts(review, section="impact", version=1, actor=lead, now=now + 2 * MINUTE)
    shown = section(review, "impact", now=now + 2 * MINUTE)
    assert "1 report by people" in shown.text
    assert shown.newer == ""
    assert Passage.objects.filter(review=review, text="Forty orders were lost.").exists()


def test_two_who_write_one_section_hear_of_each_other(review, lead, noor, now):
    writing.write(review, section="overview", text="Noor's words", version=0, actor=noor, now=now)
    with pytest.raises(Problem) as refused:
        writing.write(review, section="overview", text="Alice's words", version=0, actor=lead, now=now)
    assert refused.value.status == 409
    assert refused.value.detail.startswith("Agent Person changed “Overview” meanwhile.")
    assert refused.value.extra["changes"] == {"section": "overview", "text": "Noor's words"}


def test_two_who_write_different_sections_do_not_disturb_each_other(review, lead, noor, now):
    writing.write(review, section="overview", text="One", version=0, actor=noor, now=now)
    writing.write(review, section="went_well", text="Two", version=0, actor=lead, now=now)
    assert Passage.objects.count() == 2


def test_words_that_could_not_be_kept_come_back_on_the_page(client, review, people, noor, now):
    writing.write(review, section="overview", text="Noor's words", version=0, actor=noor, now=now)
    client.force_login(people["lead"])
    post = {"section": "overview", "text": "Alice's **words**", "version": "0"}
    answer = client.post(f"{BASE}/{review.issue.key}/review/write/", post)
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "Alice&#x27;s **words**</textarea>" in page
    assert "<p>Noor's words</p>" in page


def test_secrets_do_not_stay_in_a_review(review, lead, now):
    token = "Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
    writing.write(review, section="overview", text=f"Sent with {token}", version=0, actor=lead, now=now)
    assert "dozjgNryP4J3" not in Passage.objects.get().text


# publishing


def test_a_published_review_reads_as_it_was_published(review, lead, now):
    writing.write(review, section="overview", text="Written", version=0, actor=lead, now=now)
    writing.publish(review, actor=lead, now=now)
    again = reading_of(review.__class__.objects.select_related("launch").get(pk=review.pk))
    before = reading.shown(again, now=now)
    told(None, review.issue, at=now + MINUTE, title="Later")
    assert reading.shown(again, now=now + timedelta(days=3)) == before
    assert [kind for kind in kinds(review.issue) if kind.startswith("review.")] == [
        "review.begun", "review.changed", "review.published"]  # fmt: skip


def test_a_published_review_takes_no_words_until_it_is_taken_up_again(review, lead, now):
    writing.publish(review, actor=lead, now=now)
    with pytest.raises(Problem) as refused:
        writing.write(review, section="overview", text="New", version=None, actor=lead, now=now)
    assert refused.value.status == 409
    writing.take_up_again(review, actor=lead, now=now)
    told(None, review.issue, at=now + MINUTE, title="Later")
    assert "1 report by people" in section(review, "impact", now=now + 2 * MINUTE).text
    writing.write(review, section="overview", text="New", version=1, actor=lead, now=now)
    writing.publish(review, actor=lead, now=now + 2 * MINUTE)


def test_a_closed_launch_takes_no_more_words(review, lead, now):
    review.launch.closed_at = now
    review.launch.save(update_fields=["closed_at"])
    for order in (
        lambda: writing.write(review, section="overview", text="Late", version=None, actor=lead, now=now),
        lambda: writing.publish(review, actor=lead, now=now),
        lambda: follow_ups.follow_up(review.issue, what="x", owner=lead.user, due_at=now, actor=lead, now=now),
    ):
        review.issue.launch.closed_at = now
        with pytest.raises(Problem) as refused:
            order()
        assert refused.value.status == 409


# what is due


def test_a_closed_critical_issue_is_due_within_five_business_days(launch, lead, now):
    closed_at = now - timedelta(days=1)  # a Wednesday
    critical = make_issue(launch, now=now, status="closed", resolution="fixed", closed_at=closed_at)
    make_issue(launch, now=now, status="closed", resolution="fixed", closed_at=closed_at, severity=3)
    make_issue(launch, now=now, severity=1)
    found = due.due_of(launch, now=now)
    assert [(one.issue, one.day.isoformat(), one.is_overdue) for one in found] == [(critical, "2026-06-03", False)]
    assert due.due_of(launch, now=now + timedelta(days=7))[0].is_overdue
    review = reading_of(writing.begin(critical, actor=lead, now=now))
    assert due.due_of(launch, now=now)[0].is_begun
    writing.publish(review, actor=lead, now=now)
    assert due.due_of(launch, now=now) == []


# what is followed up


@pytest.fixture
def follow_up(review, people, lead, now):
    due_at = now + timedelta(days=7)
    return follow_ups.follow_up(
        review.issue, what="Load test", owner=people["agent"], due_at=due_at, actor=lead, now=now
    )


def test_an_overdue_follow_up_is_counted_and_its_owner_is_told_by_mail(launch, follow_up, people, now):
    later = follow_up.due_at + MINUTE
    assert follow_ups.counts(launch, now=now) == follow_ups.Counts(open=1, overdue=0)
    assert follow_ups.counts(launch, now=later) == follow_ups.Counts(open=1, overdue=1)
    promises.chase_due(now=later)
    mail = Message.objects.get(to_address=people["agent"].email)
    assert mail.subject == "Overdue: Load test"
    assert f"/launches/shop/issues/{follow_up.about}/review/" in mail.text


@pytest.mark.parametrize(("who", "status"), [("agent", 302), ("lead", 302), ("responder", 403)])
def test_its_owner_or_a_lead_ends_a_follow_up(client, follow_up, people, who, status):
    client.force_login(people[who])
    answer = client.post(f"/launches/shop/promises/{follow_up.key}/end/", {"kept": "true"})
    assert answer.status_code == status
    assert Commitment.objects.get(pk=follow_up.pk).kept is (True if status == 302 else None)


def test_actions_of_the_room_stand_among_those_of_the_review(issue, people, lead, now):
    room = rooms.open_room(issue, reason="x", actor=lead, now=now)
    promises.promise(
        issue.launch, about=room.key, what="Warm the caches", owner=people["lead"], due_at=now, actor=lead, now=now
    )
    assert [one.what for one in follow_ups.about(issue)] == ["Warm the caches"]


# pages, files and the API


def test_the_pages_are_written_by_triagers_and_read_by_readers(client, issue, people):
    page = f"{BASE}/{issue.key}/review/"
    client.force_login(people["stakeholder"])
    assert "Begin the review" not in client.get(page).content.decode()
    client.force_login(people["agent"])
    assert "Begin the review" in client.get(page).content.decode()
    client.post(f"{page}begin/")
    client.post(f"{page}follow-up/", {"what": "Load test", "owner": people["lead"].email, "due_on": "2099-01-01"})
    assert Commitment.objects.count() == 0  # more than a year ahead
    text = client.get(page).content.decode()
    assert "Contributing factors" in text
    assert 'name="text"' in text


def test_a_review_leaves_as_markdown_and_as_pdf(client, review, follow_up, people, lead, now):
    writing.write(review, section="went_well", text="Snabbt åtgärdat 🎉", version=0, actor=lead, now=now)
    client.force_login(people["stakeholder"])
    told_in_words = client.get(f"{BASE}/{review.issue.key}/review.md")
    assert told_in_words["Content-Disposition"] == f'attachment; filename="shop-{review.issue.key}-review.md"'
    text = told_in_words.content.decode()
    assert "## What went well\n\nSnabbt åtgärdat 🎉" in text
    assert text.index("## What went less well") < text.index(
        "## Actions\n\n- Load test (Agent Person, overdue since 4 Jun 2026)"
    )
    pdf = client.get(f"{BASE}/{review.issue.key}/review.pdf")
    assert (pdf["Content-Type"], pdf.content[:5]) == ("application/pdf", b"%PDF-")
    assert client.get(f"{BASE}/{review.issue.key}/review.exe").status_code == 404


def test_the_api_writes_publishes_and_says_what_was_wrong(api, issue, now):
    base = f"/api/v1/issues/{issue.key}/review/"
    assert api.get(base).status_code == 404
    assert api.post(f"{base}begin/", {}, format="json").json()["state"] == "draft"
    given = {"section": "overview", "text": "x" * 3000, "version": 0}
    written = api.post(f"{base}write/", given, format="json").json()
    assert written["sections"][0]["author"] == "Alice Lead"
    stale = api.post(f"{base}write/", given | {"text": "y"}, format="json")
    assert (stale.status_code, stale.json()["changed_by"], stale.json()["version"]) == (409, "Alice Lead", 1)
    for wrong, pointer in (
        ({"section": "nothing", "text": "x"}, "/section"),
        ({"section": "overview", "text": 7}, "/text"),
        ({"section": "overview", "text": "x" * 20_001}, "/text"),
    ):
        answer = api.post(f"{base}write/", wrong, format="json")
        assert answer["Content-Type"] == "application/problem+json"
        assert (answer.status_code, [one["pointer"] for one in answer.json()["errors"]]) == (400, [pointer])
    assert api.post(f"{base}publish/", {}, format="json").json()["state"] == "published"
    assert api.post(f"{base}publish/", {}, format="json").status_code == 409
    assert api.get("/api/v1/reviews/?launch=shop").json()["results"][0]["issue"] == issue.key
    assert api.get("/api/v1/launches/shop/reviews/due/").json() == {"due": [], "follow_ups": {"open": 0, "overdue": 0}}


def test_a_readers_token_reads_and_writes_nothing(people, review, now):
    reader = bearer(people["lead"], scopes=["feedback:read"], now=now)
    base = f"/api/v1/issues/{review.issue.key}/review/"
    assert reader.get(base).status_code == 200
    assert reader.post(f"{base}publish/", {}, format="json").status_code == 403


def test_the_list_asks_as_often_for_one_review_as_for_three(client, launch, people, now):

    def count():
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/launches/shop/reviews/").status_code == 200
        return len(captured)

    client.force_login(people["lead"])
    for number in range(3):
        row = make_issue(launch, now=now, status="closed", resolution="fixed", closed_at=now, title=f"Told {number}")
        writing.begin(row, actor=SYSTEM, now=now)
        follow_ups.follow_up(row, what="x", owner=people["lead"], due_at=now, actor=SYSTEM, now=now)
        if number == 0:
            client.get("/launches/shop/reviews/")
            first = count()
    assert count() == first
