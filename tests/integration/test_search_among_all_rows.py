"""This module tests the search among all rows of a launch: what it finds, what it suggests and what people answer."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from feedback import intake
from feedback.models import Feedback
from feedback.report import read_report
from hypercare.core.launches import create_launch
from hypercare.core.models import Launch, TimelineEntry
from hypercare.core.timeline import SYSTEM, Actor
from tests.conftest import bearer
from triage import merging, pipeline
from triage.learn import sameness
from triage.learn.contest import Meeting
from triage.learn.recent import Split
from triage.match import anew, deep, duplicates, meanings, pairs, readings, suggestions
from triage.match.anyhow import nearest_rows
from triage.match.judge import SHIPPED, Judge, judge_of
from triage.match.words import words_in
from triage.models import Answer, Issue, IssueStatus, ModelVersion, Origin, Pair, Unread, WordCount, Wording
from triage.models.meaning import DIMENSIONS

pytestmark = pytest.mark.django_db

SECRET = "Kundregistret läckte till partnern Nordvik: 4100 personnummer exporterade"


@pytest.fixture
def tell(launch, now):
    """Puts a report of a launch through the door and triages it; returns its issue."""

    def put(title, body="", into=launch, **more):
        data = {"launch": into.slug, "channel": "api", "title": title, "body": body} | more
        receipt = intake.accept(into, read_report(data, source="token:1")[0], actor=SYSTEM, now=now)
        pipeline.triage_waiting(clock=lambda: now)
        return Issue.objects.get(matches__feedback_id=receipt.feedback_id, matches__ended_at=None)

    return put


@pytest.fixture
def look(now):
    """Runs the later step."""
    return lambda: suggestions.suggest_waiting(clock=lambda: now)


@pytest.fixture
def apart(launch, now):
    """Opens an issue with one report of its own, as if triage had found nothing near it."""

    def put(title, body="", into=launch, **more):
        moments = {"reach_at": now, "opened_at": now, "status_changed_at": now, "last_seen_at": now}
        issue = Issue.objects.create(launch=into, title=title, severity=3, feedback_count=1, **moments | more)
        row = Feedback.objects.create(
            launch=into, channel="api", source="test", content_digest="", title=title, body=body, occurred_at=now,
            received_at=now, triaged_at=now,
        )  # fmt: skip
        issue.matches.create(feedback=row, origin=Origin.MODEL, confidence=1, reason="test", matched_at=now)
        Unread.objects.create(feedback=row)
        return issue

    return put


def found_in(launch, title, body=""):
    """What a search for a text finds, as titles."""
    asked = deep.ask(launch.pk, words_in(launch.pk, title, body))
    numbers = [found.feedback_id for found in deep.search(launch.pk, asked)]
    titles = dict(Feedback.objects.filter(pk__in=numbers).values_list("pk", "title"))
    return [titles[number] for number in numbers]


def test_triage_hands_every_report_on_and_the_later_step_reads_it_once(tell, look, launch):
    tell("Postcode field rejects valid Norwegian postcodes")
    assert (Unread.objects.count(), Wording.objects.count()) == (1, 0)
    assert (look(), look()) == (1, 0)
    assert (Unread.objects.count(), Wording.objects.count()) == (0, 1)
    readings.read(list(Wording.objects.values_list("pk", flat=True)))
    assert set(WordCount.objects.values_list("reports", flat=True)) == {1}


def test_the_later_step_gives_way_while_reports_wait_for_triage(apart, look, now):
    for number in range(9):
        apart(f"Export {number} stops half way")
    Feedback.objects.filter(title="Export 8 stops half way").update(triaged_at=None)
    assert look() == suggestions.WHILE_TRIAGE_IS_BUSY
    Feedback.objects.update(triaged_at=now)
    assert look() == 9 - suggestions.WHILE_TRIAGE_IS_BUSY


def test_search_finds_rows_of_ended_issues_too_best_first(apart, look, launch):
    apart("Postcode field rejects Norwegian postcodes", status=IssueStatus.CLOSED)
    apart("Postcode is missing on the invoice")
    apart("Night mode hurts the eyes")
    look()
    assert found_in(launch, "Norwegian postcode rejected")[0] == "Postcode field rejects Norwegian postcodes"
    assert "Night mode hurts the eyes" not in found_in(launch, "Norwegian postcode rejected")


def test_search_of_common_words_alone_stays_within_its_budget(apart, look, launch, monkeypatch):
    for number in range(8):
        apart(f"Checkout broken {number}")
    look()
    monkeypatch.setattr(deep, "MOST_ROWS", 3)
    assert len(found_in(launch, "checkout broken")) == 3


@pytest.mark.parametrize("text", ["", "🙂🙂🙂", "و هل هذا يعمل", "A" * 5000, "11111111 2222222222", "\u202ethe and"])
def test_search_for_anything_answers(apart, look, launch, text):
    apart(text[:300] or "-", text)
    apart("Something else entirely")
    look()
    assert isinstance(found_in(launch, text[:300], text), list)


def test_no_search_reaches_another_launch(apart, look, launch, people, now):
    days = {"go_live_on": now.date(), "planned_end_on": now.date()}
    secret = create_launch(Launch(slug="secret", name="Secret", **days), owner=people["outsider"], now=now)
    incident = apart(SECRET, "Partnern Nordvik fick filen i natt", into=secret)
    copies = [apart(title, "Partnern Nordvik fick filen i natt") for title in (SECRET, SECRET.upper(), f"{SECRET}!")]
    look()
    row = incident.matches.get().feedback_id
    asked = deep.ask(launch.pk, words_in(launch.pk, SECRET, "Partnern Nordvik fick filen i natt"))
    assert row not in {found.feedback_id for found in deep.search(launch.pk, asked)}
    asked = deep.ask(launch.pk, words_in(secret.pk, SECRET, "Partnern Nordvik fick filen i natt"))
    assert deep.search(launch.pk, asked) == []
    assert not Pair.objects.filter(older=incident).exists()
    assert not Pair.objects.filter(newer=incident).exists()
    assert all(pair.older.launch_id == pair.newer.launch_id == launch.pk for pair in Pair.objects.all())
    assert len(pairs.suggested_for(copies[0], [copies[0].pk])) == 2


def test_alike_issues_are_suggested_with_score_and_reasons(apart, look, launch):
    checkout = launch.components.get(slug="checkout")
    first = apart("Postcode field rejects Norwegian postcodes", component=checkout)
    apart("Night mode hurts the eyes")
    second = apart("Norwegian postcode 0150 not accepted at the till", component=checkout)
    look()
    (found,) = pairs.suggested_for(second, [second.pk])
    assert (found.issue, found.evidence["component"]) == (first, True)
    assert 0 < found.score < 1
    assert any("postcode" in reason for reason in found.reasons)
    assert pairs.suggested_for(first, [first.pk])[0].issue == second


def test_refused_pair_is_kept_with_who_and_when_and_never_suggested_again(apart, look, launch, people, now):
    first = apart("Postcode field rejects Norwegian postcodes")
    second = apart("Norwegian postcode not accepted")
    look()
    pairs.refuse(second, first, actor=Actor.person(people["lead"]), now=now)
    Unread.objects.create(feedback_id=second.matches.get().feedback_id)
    look()
    assert pairs.suggested_for(second, [second.pk]) == pairs.suggested_for(first, [first.pk]) == []
    pair = Pair.objects.get()
    assert (pair.answer, pair.origin, pair.answered_by, pair.answered_at) == (
        Answer.DIFFERENT, Origin.PERSON, people["lead"], now,
    )  # fmt: skip
    assert pair.score > 0
    assert set(TimelineEntry.objects.filter(kind="issue.told_apart").values_list("subject", flat=True)) == {
        first.key, second.key,
    }  # fmt: skip


def test_merging_and_taking_apart_are_answers(apart, look, people, now):
    first = apart("Postcode field rejects Norwegian postcodes")
    second = apart("Norwegian postcode not accepted")
    alice = Actor.person(people["lead"])
    merging.merge(second.pk, into_id=first.pk, actor=alice, now=now)
    assert Pair.objects.get().answer == Answer.SAME
    merging.unmerge(second.pk, actor=alice, now=now)
    assert Pair.objects.get().answer == Answer.DIFFERENT
    look()
    assert pairs.suggested_for(second, [second.pk]) == []


TWIN = ("Invoice export stops at page 7 with INV-4711", "The ledger export to Visma halts on page seven of the invoice")


def test_what_is_beyond_doubt_is_merged_and_can_be_taken_apart(apart, look, launch, now):
    ledger = launch.components.get(slug="checkout")
    first = apart(*TWIN, component=ledger)
    for number in range(12):
        apart(f"Other thing {number} is slow in aisle {number}", component=ledger)
    second = apart(*TWIN, component=ledger)
    look()
    second.refresh_from_db()
    assert second.merged_into == first
    pair = Pair.objects.get(older=first, newer=second)
    assert (pair.answer, pair.origin, pair.answered_by) == (Answer.SAME, Origin.MODEL, None)
    told = TimelineEntry.objects.get(subject=second.key, kind="issue.merged")
    assert "same component" in told.data["reason"]
    merging.unmerge(second.pk, actor=SYSTEM, now=now)
    Unread.objects.create(feedback_id=second.matches.get().feedback_id)
    look()
    second.refresh_from_db()
    assert second.merged_into is None


@pytest.mark.parametrize("unlike", ["component", "owner", "status"])
def test_nothing_is_merged_without_asking_where_component_or_people_say_otherwise(apart, look, launch, people, unlike):
    checkout, catalog = launch.components.order_by("-slug")
    first = apart(*TWIN, component=checkout, **({"status": IssueStatus.CLOSED} if unlike == "status" else {}))
    for number in range(12):
        apart(f"Other thing {number} is slow in aisle {number}", component=checkout)
    touched = {"owner": people["lead"]} if unlike == "owner" else {}
    second = apart(*TWIN, component=catalog if unlike == "component" else checkout, **touched)
    look()
    second.refresh_from_db()
    assert second.merged_into is None
    assert pairs.suggested_for(second, [second.pk])[0].issue == first


def test_answers_of_people_become_lessons_and_what_machines_merged_does_not(apart, look, launch, people, now):
    first = apart("Postcode field rejects Norwegian postcodes")
    second, third = apart("Norwegian postcode not accepted"), apart("Postcode of the invoice is in bold")
    look()
    lead = Actor.person(people["lead"])
    merging.merge(second.pk, into_id=first.pk, actor=lead, now=now)
    pairs.refuse(third, first, actor=lead, now=now + timedelta(minutes=1))
    merging.merge(apart("Norwegian postcodes").pk, into_id=first.pk, actor=SYSTEM, now=now)
    said = sameness.answers_of(launch)
    assert [one.is_same for one in said] == [True, False]
    assert {one.voice for one in said} == {f"user:{people['lead'].pk}"}
    assert said[0].candidates[said[0].asked][:2] > (0.2, 0.2)
    assert "too few" in sameness.retrain(launch, now=now).reason


def test_better_weights_rank_the_suggestions_until_they_are_rolled_back(apart, look, launch, people, client, now):
    first = apart("Postcode field rejects Norwegian postcodes")
    second = apart("Norwegian postcode not accepted")
    look()
    by_shipped = Pair.objects.get().score
    held = [sameness.Answered(((0.1,) * 9,), 0, is_same=True, voice="user:1", at=now)] * 40
    found, won = Split(held, held, one_voice=False), Meeting(gained=20, lost=2)
    sure = Judge(5.0, (0.0,) * 9)
    assert "one person" in sameness.settle(launch, sure, won, replace(found, one_voice=True), met=None, now=now).reason
    assert judge_of(launch.pk) == SHIPPED
    kept = sameness.settle(launch, sure, Meeting(gained=3, lost=2), found, met=None, now=now).version
    assert (kept.standing, judge_of(launch.pk)) == ("challenger", SHIPPED)
    promoted = sameness.settle(launch, sure, won, found, met=None, now=now).version
    assert judge_of(launch.pk) == replace(sure, number=promoted.number)
    Unread.objects.create(feedback_id=second.matches.get().feedback_id)
    look()
    assert Pair.objects.get().score == pytest.approx(0.9933, abs=0.001) != by_shipped
    assert first.merged_into is None
    client.force_login(people["lead"])
    assert "ranks what is suggested" in client.get("/launches/shop/model/").content.decode()
    client.post("/launches/shop/model/roll-back/", {"model": "matching"})
    assert judge_of(launch.pk) == SHIPPED
    assert "rolled back" in sameness.settle(launch, sure, won, found, met=None, now=now).reason
    client.post("/launches/shop/model/promote/", {"model": "matching", "version": kept.number})
    assert judge_of(launch.pk).number == kept.number
    assert "another came to decide" in sameness.settle(launch, sure, won, found, met=promoted, now=now).reason


def test_merge_through_another_issue_is_one_answer(apart, look, launch, people, now):
    root, middle, low = (
        apart(f"Postcode field {word} Norwegian postcodes") for word in ("rejects", "refuses", "resets")
    )
    lead = Actor.person(people["lead"])
    merging.merge(middle.pk, into_id=root.pk, actor=lead, now=now)
    merging.merge(low.pk, into_id=middle.pk, actor=lead, now=now)
    assert set(Pair.objects.values_list("older", "newer")) == {(root.pk, middle.pk), (middle.pk, low.pk)}
    merging.unmerge(low.pk, actor=lead, now=now)
    assert set(Pair.objects.values_list("newer", "answer")) == {(middle.pk, "same"), (low.pk, "different")}
    look()
    assert pairs.is_refused(low.pk, root.pk)
    assert pairs.suggested_for(low, [low.pk]) == []


@pytest.fixture
def weights(launch, now):
    """Lets weights decide that call anything the same, or the shipped ones again."""

    def decide(bias):
        ModelVersion.objects.filter(name="matching").update(standing="retired")
        if bias is not None:
            told = {"judge": Judge(bias, (0.0,) * 9).as_json(), "meeting": {"gained": 9, "lost": 1, "p": 0.02},
                    "champion": {"right": 0.7}, "challenger": {"right": 0.8}}  # fmt: skip
            version = ModelVersion.objects.create(
                launch=launch, name="matching", number=ModelVersion.objects.count() + 1, figures=told, trained_at=now,
                standing="champion", decided_from=now,
            )  # fmt: skip
            return version.number
        return 0

    return decide


def test_suggestions_without_an_answer_are_scored_again_by_whatever_decides(apart, look, launch, people, weights, now):
    first = apart("Postcode field rejects Norwegian postcodes")
    second, third = apart("Norwegian postcode not accepted"), apart("Norwegian postcodes are in bold")
    look()
    shipped = dict(Pair.objects.values_list("newer", "score"))
    pairs.refuse(third, first, actor=Actor.person(people["lead"]), now=now)
    answered = Pair.objects.get(older=first, newer=third).score
    for bias, score in ((3.0, 0.9526), (1.0, 0.7311)):
        number = weights(bias)
        assert anew.score_again(clock=lambda: now) == 2
        rescored = Pair.objects.filter(answer="")
        assert set(rescored.values_list("score", "judged_by")) == {(score, number)}
        assert anew.score_again(clock=lambda: now) == 0
    weights(None)
    anew.score_again(clock=lambda: now)
    assert Pair.objects.get(older=first, newer=second).score == shipped[second.pk]
    assert Pair.objects.get(older=first, newer=third).score == answered


def test_suggestion_that_the_search_finds_no_more_is_taken_away_and_triage_comes_first(apart, look, tell, weights, now):
    apart("Postcode field rejects Norwegian postcodes")
    second = apart("Norwegian postcode not accepted")
    look()
    weights(3.0)
    Feedback.objects.update(title="Something else", body="")
    waiting = second.matches.get().feedback
    Feedback.objects.filter(pk=waiting.pk).update(triaged_at=None)
    assert anew.score_again(clock=lambda: now) == 0
    Feedback.objects.filter(pk=waiting.pk).update(triaged_at=now, title="Invoices are blue")
    anew.score_again(clock=lambda: now)
    assert not Pair.objects.exists()


def test_api_and_page_tell_the_same_of_matching_and_either_rolls_it_back(launch, people, client, weights, now):
    api = bearer(people["lead"], scopes=["admin"], now=now)
    address = "/api/v1/launches/shop/model/"
    assert api.get(address).json()["matching"] | {"versions": []} == {
        "deciding": None, "is_held_back": False, "merges_from": None, "answers": {"same": 0, "different": 0},
        "figures": {}, "versions": [],
    }  # fmt: skip
    number = weights(3.0)
    told = api.get(address).json()["matching"]
    assert (told["deciding"], told["figures"]["judge"]["bias"], told["versions"][0]["standing"]) == (
        number,
        3.0,
        "champion",
    )
    client.force_login(people["lead"])
    assert f"Version {number} ranks what is suggested." in client.get("/launches/shop/model/").content.decode()
    back = api.post(f"{address}roll-back/", {"model": "matching"}, format="json").json()["matching"]
    assert (back["deciding"], back["is_held_back"], judge_of(launch.pk)) == (None, True, SHIPPED)
    assert api.post(f"{address}roll-back/", {"model": "matching"}, format="json").status_code == 409
    assert api.post(f"{address}roll-back/", {"model": "tea"}, format="json").status_code == 400
    assert api.post(f"{address}promote/", {"model": "matching", "version": number}, format="json").status_code == 200
    assert judge_of(launch.pk).number == number


def test_api_suggests_and_takes_answers(apart, look, people, now):
    first = apart("Postcode field rejects Norwegian postcodes")
    second = apart("Norwegian postcode not accepted")
    third = apart("Norwegian postcodes refused")
    look()
    api = bearer(people["lead"], scopes=["triage:write", "feedback:read"], now=now)
    address = f"/api/v1/issues/{second.key}/similar/"
    results = api.get(address).json()["results"]
    assert {each["id"] for each in results} == {first.key, third.key}
    assert all(each["reasons"] and 0 < each["score"] <= 1 for each in results)
    left = api.post(address, {"other": third.key, "same": False}, format="json").json()["results"]
    assert [each["id"] for each in left] == [first.key]
    assert api.post(address, {"other": first.key}, format="json").status_code == 400
    assert api.post(address, {"other": first.key, "same": True}, format="json").status_code == 200
    second.refresh_from_db()
    assert second.merged_into == first


def test_issue_page_shows_suggestions_with_a_constant_number_of_questions(apart, look, launch, people, client):
    client.force_login(people["lead"])
    issue = apart("Norwegian postcode not accepted")
    apart("Postcode field rejects Norwegian postcodes")
    look()
    page = f"/launches/shop/issues/{issue.key}/"
    client.get(page)
    with CaptureQueriesContext(connection) as few:
        assert "Not the same" in client.get(page).content.decode()
    for number in range(6):
        apart(f"Norwegian postcode {number} refused")
    look()
    with CaptureQueriesContext(connection) as many:
        client.get(page)
    assert len(many) == len(few)


def test_known_duplicate_is_found_among_reports_and_nothing_stays(now):
    told = [
        ("Postcode rejected", "Norwegian postcodes are refused at the till"),
        ("Night mode", "The dark theme hurts my eyes"),
        ("Till refuses postcode", "My Norwegian postcode is not accepted"),
    ]
    reports = [
        {"project": "shop", "bug_id": str(number), "title": title, "text": text}
        for number, (title, text) in enumerate(told)
    ]
    figures = duplicates.evaluate(reports, [{"project": "shop", "query": "2", "master": "0"}], now=now)
    assert (figures["recall_at_1"], figures["recall_at_10"], figures["pairs"]) == (1.0, 1.0, 1)
    assert not Feedback.objects.exists()


def directions(*angles):
    """Unit vectors that lie in one plane."""
    vectors = np.zeros((len(angles), DIMENSIONS), dtype=np.float32)
    vectors[:, 0::2], vectors[:, 1::2] = np.cos(angles)[:, None], np.sin(angles)[:, None]
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_meanings_are_found_by_their_direction_and_in_their_launch_alone(apart, look, launch, people, now):
    days = {"go_live_on": now.date(), "planned_end_on": now.date()}
    secret = create_launch(Launch(slug="secret", name="Secret", **days), owner=people["outsider"], now=now)
    near, far = apart("Kortet nekas i kassan"), apart("Night mode hurts the eyes")
    foreign = apart("My card is declined", into=secret)
    rows = [issue.matches.get().feedback_id for issue in (near, far, foreign)]
    look()
    meanings.write([launch.pk, launch.pk, secret.pk], rows, directions(0.1, 1.4, 0.0))
    asked = deep.ask(launch.pk, words_in(launch.pk, "My card is declined", ""))
    wanted = directions(0.0)[0].tolist()
    found = nearest_rows(launch.pk, asked, meaning=wanted)
    assert [row.feedback_id for row in found] == rows[:2]
    assert found[0].cosine == pytest.approx(np.cos(0.1), abs=0.01)
    assert {row.cosine for row in nearest_rows(launch.pk, asked)} <= {None}
    assert set(meanings.cosines_of(launch.pk, wanted, rows)) == set(rows[:2])
