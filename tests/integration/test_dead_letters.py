"""These tests fill the list of dead letters, choose among them, dismiss them, and look at what was turned away at the door."""

import json

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from gateway_ingest import dead_letters, mappings, replaying, sources
from gateway_ingest.health import health_of
from gateway_ingest.mapping import Expressions
from gateway_ingest.models import Alert, DeadLetter, Source
from hypercare.core.models import TimelineEntry
from hypercare.core.timeline import SYSTEM
from tests.conftest import bearer

ADDRESS = "/launches/shop/sources/letters/"


@pytest.fixture(autouse=True)
def clock(now):
    with time_machine.travel(now, tick=False) as traveller:
        yield traveller


@pytest.fixture
def source(launch, now):
    made, made.key = sources.create(launch, name="gateway", actor=SYSTEM, now=now)
    return made


@pytest.fixture
def page(people):
    client = Client()
    client.force_login(people["lead"])
    return client


@pytest.fixture
def letter(source, now):
    def keep(reason="unread", of=source):
        return dead_letters.keep(of, b"{}", reason=reason, format_name="", now=now)

    return keep


def post(source, body, **more):
    return Client().post(f"/ingest/{source.key}/", json.dumps(body), content_type="application/json", **more)


def keys_in(answer):
    return {one.key for one in DeadLetter.objects.all() if f"<b>{one.key}</b>" in answer.content.decode()}


def test_letters_have_pages_and_are_chosen_by_source_and_reason(page, letter, launch, now):
    other, _key = sources.create(launch, name="other", actor=SYSTEM, now=now)
    first = letter("the first")
    theirs = letter("theirs", of=other)
    for _number in range(50):
        letter("so many")
    shown = page.get(ADDRESS)
    assert (len(keys_in(shown)), first.key in keys_in(shown)) == (50, False)
    assert keys_in(page.get(ADDRESS, {"page": "2"})) == {first.key, theirs.key}
    assert keys_in(page.get(ADDRESS, {"reason": "the first"})) == {first.key}
    assert keys_in(page.get(ADDRESS, {"source": other.pk})) == {theirs.key}
    for odd in ({"source": "x"}, {"source": "9" * 30}, {"page": "-1"}, {"reason": "\x00"}):
        assert page.get(ADDRESS, odd).status_code == 200


def test_pages_of_sources_lead_to_all_letters(page, letter, source):
    for _number in range(21):
        letter()
    assert ADDRESS in page.get(reverse("gateway_ingest:sources", args=["shop"])).content.decode()
    one = page.get(reverse("gateway_ingest:source", args=["shop", source.pk])).content.decode()
    assert f"{ADDRESS}?source={source.pk}" in one


def test_letter_is_dismissed_and_told_and_cannot_be_replayed(page, letter, people):
    one = letter("of no use")
    answer = page.post(f"{ADDRESS}{one.pk}/dismiss/", {"from": "letters", "reason": "of no use"})
    assert answer["Location"] == f"{ADDRESS}?reason=of+no+use"
    one.refresh_from_db()
    assert one.handled_at is not None
    told = TimelineEntry.objects.get(kind="dead_letter.dismissed")
    assert (told.actor_name, told.data) == ("Alice Lead", {"number": 1, "reason": "of no use"})
    again = page.post(f"{ADDRESS}{one.pk}/replay/", follow=True).content.decode()
    assert "This letter was replayed or dismissed before." in again


def test_all_letters_of_a_reason_are_dismissed_at_once_and_others_stay(page, letter):
    stays = letter("else")
    for _number in range(3):
        letter("noise")
    shown = page.post(f"{ADDRESS}dismiss/", {"from": "letters", "reason": "noise"}, follow=True).content.decode()
    assert "3 letters were dismissed." in shown
    assert list(DeadLetter.objects.filter(handled_at=None)) == [stays]
    assert page.post(f"{ADDRESS}dismiss/").status_code == 400


def test_refusals_are_counted_by_reason_and_never_push_a_letter_out(page, letter, source):
    first = letter("real")
    Source.objects.filter(pk=source.pk).update(allowed_networks=["10.0.0.0/8"])
    for _number in range(3):
        assert post(source, {"title": "x"}).status_code == 403
    for number in range(dead_letters.KEPT_PER_SOURCE + 10):
        dead_letters.count_refusal(source, reason=f"address {number}", format_name="", now=first.received_at)
    source.refresh_from_db()
    assert (source.letters, source.refused) == (1, dead_letters.KEPT_PER_SOURCE + 13)
    assert DeadLetter.objects.filter(refusal=False).get() == first
    assert DeadLetter.objects.filter(refusal=True).count() == dead_letters.REFUSALS_PER_SOURCE


def test_refusals_of_one_reason_are_one_entry_with_its_count(page, source):
    Source.objects.filter(pk=source.pk).update(signed_only=True)
    keys = {post(source, {"title": "x", "severity": "high"}).json()["dead_letter"] for _number in range(3)}
    entry = DeadLetter.objects.get()
    assert (keys, entry.count, entry.body) == ({entry.key}, 3, "")
    assert "<b>3 times</b>" in page.get(ADDRESS).content.decode()


@pytest.mark.parametrize("body", [{"status": "firing"}, {"receiver": "x", "alerts": [{"status": "firing"}]}, "["])
def test_source_of_which_nothing_is_taken_shows_how_much_and_why(page, source, body, now):
    for _number in range(2):
        post(source, body) if body != "[" else Client().post(
            f"/ingest/{source.key}/", body, content_type="application/json"
        )
    found = health_of([Source.objects.get()], now=now)[source.pk]
    assert (found.state, found.rejected, found.newest_reason != "") == ("rejecting", 2, True)
    shown = page.get(reverse("gateway_ingest:source_facts", args=["shop", source.pk])).content.decode()
    assert "the newest: " in shown


def test_delivery_of_which_nothing_was_taken_is_no_duplicate_once_it_can_be_read(source, now):
    body = {"rows": [{"headline": "Down"}]}
    assert post(source, body).json()["accepted"] == 0
    mappings.save(source, Expressions(title="nothing", items="rows"), actor=SYSTEM, now=now)
    assert post(source, body).json()["accepted"] == 0
    mappings.save(source, Expressions(title="headline", items="rows"), actor=SYSTEM, now=now)
    assert post(source, body).json()["accepted"] == 1


def test_all_letters_of_a_source_are_replayed_in_the_order_they_came_once_its_mapping_is_right(
    page, source, clock, now
):
    down, up = ({"headline": "Down", "state": state} for state in ("firing", "resolved"))
    for body in (down, up, {"other": 1}):
        post(source, body)
        clock.shift(60)
    dead_letters.keep(source, b"", reason="nothing kept", format_name="", now=now)
    assert "Replay 3 letters" in page.get(ADDRESS, {"source": source.pk}).content.decode()
    mappings.save(source, Expressions(title="headline", status="state"), actor=SYSTEM, now=now)
    answer = page.post(f"{ADDRESS}replay/", {"source": source.pk, "from": "letters"}, follow=True)
    told = [str(message) for message in answer.context["messages"]]
    assert told[0] == "2 letters were replayed."
    assert told[1].startswith("1 letter could not be replayed: “title” (headline)")
    assert len(told) == 2
    assert (Alert.objects.get().status, Alert.objects.get().feedback_id is not None) == ("resolved", True)
    assert DeadLetter.objects.filter(handled_at=None).count() == 2
    assert page.post(f"{ADDRESS}replay/").status_code == 400


def test_letters_of_which_nothing_is_kept_are_one_of_each_reason(page, source):
    real = post(source, {"other": 1}).json()["dead_letter"]
    address = f"/ingest/{source.key}/calls/combined/"
    for _number in range(3):
        answer = Client().post(address, b"junk", content_type="text/plain", headers={"Content-Encoding": "br"})
        assert answer.status_code == 415
    letter = DeadLetter.objects.get(format="calls/combined")
    assert (letter.count, Source.objects.get().letters) == (3, 4)
    shown = page.get(ADDRESS).content.decode()
    assert f"<b>{real}</b>" in shown
    assert "<b>3 times</b>" in shown


def test_closed_launch_makes_no_letters_of_calls(source, launch, now):
    launch.closed_at = now
    launch.save()
    address = f"/ingest/{source.key}/calls/combined/"
    assert Client().post(address, b"junk", content_type="text/plain").status_code == 409
    assert not DeadLetter.objects.exists()


def test_replay_takes_its_source_before_the_letter_as_deliveries_do(letter, source, now):
    kept = letter()
    with CaptureQueriesContext(connection) as queries:
        replaying.replay(kept, actor=SYSTEM, now=now)
    locks = [one["sql"] for one in queries if "FOR " in one["sql"] and "UPDATE" in one["sql"]]
    assert [
        name for sql in locks[:2] for name in ("_source", "_deadletter") if f'FROM "gateway_ingest{name}"' in sql
    ] == [
        "_source",
        "_deadletter",
    ]


def test_what_is_no_json_offers_neither_mapping_nor_replay_and_says_what_to_do(page, source):
    for body in ("[", '{"other": 1}', json.dumps({"receiver": "x", "alerts": [{"status": "firing"}]})):
        Client().post(f"/ingest/{source.key}/", body, content_type="application/json")
    plain, unknown, known = DeadLetter.objects.order_by("pk")
    shown = page.get(ADDRESS, {"source": source.pk}).content.decode()
    can_map = [one for one in (plain, unknown, known) if f"?letter={one.pk}" in shown]
    can_replay = [one for one in (plain, unknown, known) if f"/letters/{one.pk}/replay/" in shown]
    assert (can_map, can_replay) == ([unknown], [unknown, known])
    assert "let its sender send JSON" in shown
    assert "a notification of “alertmanager”, which no mapping reads" in shown
    assert "Replay 2 letters" in shown
    assert "It is no JSON" in page.post(f"{ADDRESS}{plain.pk}/replay/", follow=True).content.decode()


API = "/api/v1/dead-letters/"


def test_api_lists_letters_by_source_and_reason_in_pages(api, letter, launch, now):
    other, _key = sources.create(launch, name="other", actor=SYSTEM, now=now)
    theirs, noise = letter("theirs", of=other), [letter("noise") for _number in range(3)]

    def found(**asked):
        answer = api.get(API, {"launch": "shop"} | asked).json()
        return [row["id"] for row in answer["results"]], answer["next"]

    assert found()[0] == [one.key for one in reversed([theirs, *noise])]
    assert found(source=other.pk)[0] == [theirs.key]
    ids, following = found(reason="noise", page_size=2)
    assert ids == [noise[2].key, noise[1].key]
    assert [row["id"] for row in api.get(following).json()["results"]] == [noise[0].key]
    for odd in ({"source": "x"}, {"source": "9" * 30}, {"reason": "\x00"}, {"handled": "x"}):
        assert api.get(API, {"launch": "shop"} | odd).status_code == 400


def test_api_shows_replays_and_dismisses_one_letter(api, source, page):
    post(source, {"headline": "Down"})
    key = DeadLetter.objects.get().key
    shown = api.get(f"{API}{key}/").json()
    assert (shown["body"], shown["can_be_mapped"], shown["handled_at"]) == ('{"headline": "Down"}', True, None)
    refused = api.post(f"{API}{key}/replay/").json()
    assert (refused["accepted"], bool(refused["rejected"])) == (0, True)
    mappings.save(source, Expressions(title="headline"), actor=SYSTEM, now=DeadLetter.objects.get().received_at)
    assert api.post(f"{API}{key}/replay/").json()["accepted"] == 1
    assert api.post(f"{API}{key}/replay/").status_code == 409
    dismissed = post(source, {"other": 1}).json()["dead_letter"]
    assert api.post(f"{API}{dismissed}/dismiss/").json()["handled_at"] is not None
    assert [row["id"] for row in api.get(API, {"launch": "shop", "handled": "true"}).json()["results"]] == [
        dismissed,
        key,
    ]


def test_letter_of_an_ended_source_says_why_it_cannot_be_replayed(api, source, now):
    key = post(source, {"headline": "Down"}).json()["dead_letter"]
    sources.end(source, actor=SYSTEM, now=now)
    assert api.get(f"{API}{key}/").json()["can_be_replayed"] is False
    refused = api.post(f"{API}{key}/replay/")
    assert (refused.status_code, refused.json()["detail"][:21]) == (409, "Its source was ended;")
    assert not replaying.replayable(DeadLetter.objects.all()).exists()


def test_api_knows_no_letter_of_another_launch(letter, people, now):
    key, outsider = letter().key, bearer(people["outsider"], scopes=["admin"], now=now)
    agent = bearer(people["agent"], scopes=["admin"], now=now)
    for path, method in ((f"{API}{key}/", "get"), (f"{API}{key}/replay/", "post"), (f"{API}{key}/dismiss/", "post")):
        assert [getattr(who, method)(path).status_code for who in (outsider, agent)] == [404, 403]
    reader = bearer(people["lead"], scopes=["feedback:read"], now=now)
    assert (reader.get(API).json()["results"], reader.get(f"{API}{key}/").status_code) == ([], 403)
