"""These tests post alerts as machines do, against the real database, and look at what is stored and what is not."""

import copy
import gzip
import json
import logging
import threading
from datetime import timedelta

import pytest
import time_machine
from django.db import OperationalError, connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from feedback.models import Feedback
from gateway_ingest import sources
from gateway_ingest.masking import MaskSourceKeys
from gateway_ingest.models import Alert, AlertChange, Batch, DeadLetter, Source
from hypercare.core.models import TimelineEntry
from hypercare.core.timeline import SYSTEM

FIRING = {
    "status": "firing",
    "labels": {"alertname": "CatalogErrors", "severity": "critical", "service": "catalog_api", "instance": "a"},
    "annotations": {"summary": "Product pages fail", "description": "12% of requests end with 503."},
    "startsAt": "2026-05-28T12:20:00Z",
    "endsAt": "0001-01-01T00:00:00Z",
    "generatorURL": "http://prometheus.example.org/graph?g0.expr=errors",
    "fingerprint": "8f3c2a1b9d0e4f57",
}
RESOLVED = FIRING | {"status": "resolved", "endsAt": "2026-05-28T12:30:00Z"}
AGAIN = FIRING | {"startsAt": "2026-05-28T12:31:00Z"}


@pytest.fixture
def clock(now):
    with time_machine.travel(now, tick=False) as traveller:
        yield traveller


@pytest.fixture
def source_and_key(launch, now, clock):
    return sources.create(launch, name="Alertmanager", actor=SYSTEM, now=now)


@pytest.fixture
def source(source_and_key):
    return source_and_key[0]


@pytest.fixture
def key(source_and_key):
    return source_and_key[1]


@pytest.fixture
def send(key):
    """Posts alerts the way Alertmanager does; each delivery differs from the last, as its group key shows."""
    deliveries = iter(range(1000))

    def post(*alerts, to=None, **headers):
        payload = {
            "version": "4",
            "receiver": "hypercare",
            "groupKey": f"{{}}:{next(deliveries)}",
            "alerts": list(alerts),
        }
        return post_body(json.dumps(payload), to=to or f"/ingest/{key}/alertmanager/", **headers)

    return post


def post_body(body, *, to, **headers):
    return Client(raise_request_exception=True).post(to, body, content_type="application/json", headers=headers)


# --- the alert's life ---------------------------------------------------------------------------------------


def test_firing_alert_becomes_one_alert_and_one_feedback_row(send, source):
    answer = send(FIRING)
    alert, feedback = Alert.objects.get(), Feedback.objects.get()
    assert (answer.status_code, answer.json()) == (202, {"accepted": 1, "rejected": [], "receipts": [feedback.key]})
    assert (alert.status, alert.severity, alert.count, alert.component.slug) == ("firing", "critical", 1, "catalog-api")
    assert (feedback.channel, feedback.source, feedback.external_id) == (
        "alert",
        f"source:{source.pk}",
        "8f3c2a1b9d0e4f57:1",
    )
    assert (feedback.title, feedback.component.slug) == ("Product pages fail", "catalog-api")
    assert feedback.body.startswith("12% of requests end with 503.\n\nalertname: CatalogErrors")
    assert alert.feedback == feedback
    assert feedback.triaged_at is None


def test_feedback_tells_triage_of_the_alert(send):
    send(FIRING)
    feedback = Feedback.objects.get()
    assert feedback.context == {
        "alert": {
            "severity": "critical",
            "suggested_severity": 2,
            "fingerprint": "8f3c2a1b9d0e4f57",
            "status": "firing",
            "labels": FIRING["labels"],
            "url": "http://prometheus.example.org/graph?g0.expr=errors",
        }
    }


@pytest.mark.parametrize(("word", "suggested"), [("page", 2), ("high", 3), ("warning", 4), ("info", 5), ("low", 5)])
def test_severity_suggests_how_bad_it_is(send, word, suggested):
    send(FIRING | {"labels": {"alertname": "A", "severity": word}})
    assert Feedback.objects.get().context["alert"]["suggested_severity"] == suggested


def test_firing_sent_again_is_counted_and_makes_no_second_feedback(send, clock, now):
    first = send(FIRING).json()["receipts"]
    clock.shift(timedelta(hours=4))
    assert send(FIRING | {"annotations": {"summary": "Worse now"}}).json()["receipts"] == first
    alert = Alert.objects.get()
    assert (alert.count, alert.title, alert.first_seen_at) == (2, "Product pages fail", now)
    assert alert.latest_seen_at == now + timedelta(hours=4)
    assert Feedback.objects.count() == 1
    assert AlertChange.objects.count() == 0


def test_resolved_alert_waits_for_triage_as_a_change(send, now):
    send(FIRING)
    send(RESOLVED)
    alert, change = Alert.objects.get(), AlertChange.objects.get()
    assert (alert.status, alert.ends_at.isoformat(), alert.count) == ("resolved", "2026-05-28T12:30:00+00:00", 1)
    assert (change.alert, change.status, change.episode, change.changed_at, change.handled_at) == (
        alert,
        "resolved",
        1,
        now,
        None,
    )
    assert Feedback.objects.count() == 1


def test_resolve_sent_again_changes_nothing(send):
    for told in (FIRING, RESOLVED, RESOLVED):
        send(told)
    assert AlertChange.objects.count() == 1


def test_firing_after_a_resolve_is_a_new_episode_with_its_own_feedback(send):
    for told in (FIRING, RESOLVED, AGAIN):
        send(told)
    alert = Alert.objects.get()
    assert (alert.status, alert.episode, alert.count, alert.ends_at) == ("firing", 2, 2, None)
    assert list(Feedback.objects.order_by("pk").values_list("external_id", flat=True)) == [
        "8f3c2a1b9d0e4f57:1",
        "8f3c2a1b9d0e4f57:2",
    ]
    assert alert.feedback == Feedback.objects.latest("pk")
    assert list(AlertChange.objects.order_by("pk").values_list("status", "episode")) == [("resolved", 1), ("firing", 2)]


def test_resolve_of_an_alert_nobody_saw_is_stored_without_feedback(send):
    answer = send(RESOLVED)
    assert answer.json()["accepted"] == 1
    assert Alert.objects.get().status == "resolved"
    assert (Feedback.objects.count(), AlertChange.objects.count()) == (0, 0)


def test_firing_overtaken_by_its_resolve_opens_nothing(send):
    send(RESOLVED)
    send(FIRING)
    alert = Alert.objects.get()
    assert (alert.status, alert.episode, Feedback.objects.count()) == ("resolved", 1, 0)


def timeless(key, status, number):
    body = {"title": "Basket is empty", "status": status, "fingerprint": "b"} | ({"n": number} if number else {})
    answer = Client().post(f"/ingest/{key}/generic/", json.dumps(body), content_type="application/json")
    assert answer.status_code == 202


@pytest.mark.parametrize("number", [0, 1])
def test_firing_overtaken_by_its_resolve_though_neither_has_a_time_is_over_at_once(key, clock, number):
    timeless(key, "resolved", number)
    clock.shift(timedelta(seconds=5))
    timeless(key, "firing", number)
    alert = Alert.objects.get()
    assert (alert.status, alert.feedback, alert.episode) == ("resolved", Feedback.objects.get(), 1)
    assert [change.status for change in AlertChange.objects.all()] == ["resolved"]
    clock.shift(timedelta(seconds=5))
    timeless(key, "firing", 2)
    assert (Alert.objects.get().status, Alert.objects.get().episode) == ("firing", 2)


def test_later_episode_whose_resolve_came_first_is_over_at_once_too(key, clock):
    timeless(key, "firing", 0)
    timeless(key, "resolved", 0)
    clock.shift(timedelta(minutes=20))
    timeless(key, "resolved", 0)
    timeless(key, "firing", 0)
    alert = Alert.objects.get()
    assert (alert.status, alert.episode, Feedback.objects.count()) == ("resolved", 2, 2)
    assert [change.status for change in AlertChange.objects.order_by("pk")] == ["resolved", "firing", "resolved"]


@pytest.mark.parametrize("minutes", [1, 5])
def test_real_firing_of_who_says_again_and_again_that_all_is_well_is_open(key, clock, minutes):
    for number in range(6):
        timeless(key, "resolved", number)
        clock.shift(timedelta(minutes=minutes))
    timeless(key, "firing", 9)
    assert Alert.objects.get().status == "firing"


def test_firing_with_the_old_beginning_counts_as_new_once_the_group_interval_has_passed(send, clock):
    send(FIRING)
    send(RESOLVED)
    clock.shift(timedelta(minutes=6))
    send(FIRING)
    assert (Alert.objects.get().episode, Feedback.objects.count()) == (2, 2)


def test_late_resolve_of_an_earlier_episode_does_not_end_the_present_one(send):
    for told in (FIRING, RESOLVED, AGAIN, RESOLVED):
        send(told)
    assert (Alert.objects.get().status, AlertChange.objects.count()) == ("firing", 2)


def test_one_delivery_may_tell_a_whole_story(send):
    assert send(FIRING, RESOLVED, AGAIN).json()["accepted"] == 3
    assert (Alert.objects.get().episode, Feedback.objects.count(), AlertChange.objects.count()) == (2, 2, 2)
    assert Alert.objects.get().feedback.external_id == "8f3c2a1b9d0e4f57:2"


def test_same_fingerprint_from_two_sources_is_two_alerts(send, launch, now):
    _other, key = sources.create(launch, name="Second", actor=SYSTEM, now=now)
    send(FIRING)
    send(FIRING, to=f"/ingest/{key}/alertmanager/")
    assert (Alert.objects.count(), Feedback.objects.count()) == (2, 2)


def test_timeline_names_what_happened_to_the_alert(send):
    for told in (FIRING, FIRING, RESOLVED, AGAIN):
        send(told)
    entries = TimelineEntry.objects.filter(subject=Alert.objects.get().key).order_by("pk")
    assert list(entries.values_list("kind", "actor_name")) == [
        ("alert.fired", "Alertmanager"),
        ("alert.resolved", "Alertmanager"),
        ("alert.fired_again", "Alertmanager"),
    ]


def test_secrets_are_redacted_before_anything_is_stored(send):
    told = copy.deepcopy(FIRING)
    told["annotations"]["description"] = "Card 4111 1111 1111 1111 was refused, password=hunter2hunter2"
    told["labels"]["api_key"] = "sk-live-0123456789abcdef"
    told["fingerprint"] = "4111111111111111"
    send(told)
    alert, feedback = Alert.objects.get(), Feedback.objects.get()
    stored = json.dumps([alert.summary, alert.labels, alert.fingerprint, feedback.body, feedback.context])
    for secret in ("4111 1111", "hunter2", "0123456789abcdef", "4111111111111111"):
        assert secret not in stored
    assert len(alert.fingerprint) == 64


# --- once, and in which words -------------------------------------------------------------------------------


def body_of(*alerts):
    return json.dumps({"receiver": "hypercare", "version": "4", "alerts": list(alerts)})


def test_same_body_within_an_hour_is_a_duplicate(key, source, clock):
    post_body(body_of(FIRING), to=f"/ingest/{key}/alertmanager/")
    clock.shift(timedelta(minutes=59))
    answer = post_body(gzip.compress(body_of(FIRING).encode()), to=f"/ingest/{key}/", content_encoding="gzip")
    assert (answer.status_code, answer.json()) == (202, {"accepted": 0, "duplicate": True})
    source.refresh_from_db()
    alert = Alert.objects.get()
    assert (alert.count, source.repeats) == (2, 1)
    assert alert.latest_seen_at == alert.first_seen_at + timedelta(minutes=59)


def test_retry_under_one_idempotency_key_is_not_counted_as_a_reminder(key, clock):
    for _ in range(2):
        post_body(body_of(FIRING), to=f"/ingest/{key}/alertmanager/", idempotency_key="delivery-1")
    assert Alert.objects.get().count == 1


def test_same_body_is_news_when_the_alert_ended_in_between(key, clock):
    for told in (FIRING, RESOLVED):
        post_body(body_of(told), to=f"/ingest/{key}/")
    clock.shift(timedelta(minutes=2))
    assert post_body(body_of(FIRING), to=f"/ingest/{key}/").json()["accepted"] == 0
    clock.shift(timedelta(minutes=4))
    assert post_body(body_of(FIRING), to=f"/ingest/{key}/").json()["accepted"] == 1
    assert (Alert.objects.get().status, Alert.objects.get().episode, Feedback.objects.count()) == ("firing", 2, 2)


def test_same_body_after_an_hour_is_a_reminder(key, clock):
    for _time in range(2):
        answer = post_body(body_of(FIRING), to=f"/ingest/{key}/alertmanager/")
        clock.shift(timedelta(minutes=61))
    assert answer.json()["accepted"] == 1
    assert (Alert.objects.get().count, Feedback.objects.count(), Batch.objects.count()) == (2, 1, 1)


def test_idempotency_key_names_the_batch(key):
    first = post_body(body_of(FIRING), to=f"/ingest/{key}/", idempotency_key="one")
    second = post_body(body_of(FIRING, AGAIN), to=f"/ingest/{key}/", idempotency_key="one")
    third = post_body(body_of(FIRING), to=f"/ingest/{key}/", idempotency_key="two")
    assert [answer.json()["accepted"] for answer in (first, second, third)] == [1, 0, 1]


def test_key_may_come_as_bearer_and_the_format_is_found(key):
    for number, path in enumerate(("/ingest/", "/ingest/alertmanager/")):
        answer = post_body(body_of(FIRING | {"fingerprint": str(number)}), to=path, authorization=f"Bearer {key}")
        assert answer.status_code == 202
    assert Alert.objects.count() == 2


def test_cookies_are_not_asked_and_csrf_is_not_needed(key):
    client = Client(enforce_csrf_checks=True)
    answer = client.post(f"/ingest/{key}/", body_of(FIRING), content_type="application/json")
    assert answer.status_code == 202
    assert not answer.cookies


def test_bad_alert_is_rejected_by_its_index_and_the_others_are_stored(send):
    answer = send(FIRING, {"status": "firing"}, FIRING | {"startsAt": "2026-06-28T00:00:00Z", "fingerprint": "b"})
    letter = DeadLetter.objects.get()
    assert (answer.status_code, answer.json()["accepted"]) == (202, 1)
    assert answer.json()["rejected"] == [
        {"index": 1, "error": "The alert has no labels; send at least “alertname”."},
        {"index": 2, "error": "The alert begins more than a day ahead; check the sender's clock."},
    ]
    assert answer.json()["dead_letter"] == letter.key
    assert json.loads(letter.body)["alerts"][0] == {"status": "firing"}
    assert Alert.objects.count() == 1


@pytest.mark.parametrize("path", ["", "alertmanager/"])
def test_readable_but_unknown_body_is_kept_as_a_dead_letter(key, path):
    answer = post_body('{"title": "Disk full", "token": "abcdef0123456789abcdef"}', to=f"/ingest/{key}/{path}")
    letter = DeadLetter.objects.get()
    assert (answer.status_code, answer.json()["accepted"], answer.json()["dead_letter"]) == (202, 0, letter.key)
    assert answer.json()["rejected"][0]["error"] == letter.reason
    assert "abcdef0123456789" not in letter.body


def test_dead_letters_of_a_source_are_bounded(key, source, monkeypatch):
    monkeypatch.setattr("gateway_ingest.dead_letters.KEPT_PER_SOURCE", 3)
    for _time in range(5):
        post_body("nonsense", to=f"/ingest/{key}/")
    assert DeadLetter.objects.filter(source=source).count() == 3


def test_dead_letter_holds_no_half_of_a_secret(key):
    post_body("x " * 36_000 + "password=correcthorsebattery" + " y" * 40_000, to=f"/ingest/{key}/")
    post_body("x" * (64 * 1024 - 20) + " password=correcthorsebattery " + "y" * 20_000, to=f"/ingest/{key}/")
    assert not DeadLetter.objects.filter(body__contains="correcthorse").exists()


# --- refused ------------------------------------------------------------------------------------------------


def deep(levels):
    return "[" * levels + "]" * levels


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b'{"alerts": [', 400),
        (b"\xff\xfe\x00", 400),
        (b'{"alerts": [], "receiver": NaN}', 400),
        (b'{"alerts": [], "alerts": []}', 400),
        (b'{"alerts": [], "receiver": "\\u0000"}', 400),
        (b'{"alerts": [], "receiver": "\\ud800"}', 400),
        (deep(100_000).encode(), 400),
        (b'{"receiver": "' + b"x" * (10 * 1024 * 1024) + b'"}', 413),
        (b'{"receiver": "x", "alerts": [' + b"0," * 10_000 + b"0]}", 413),
    ],
)
def test_unreadable_body_is_refused_with_a_problem_and_kept(key, body, status):
    answer = post_body(body, to=f"/ingest/{key}/")
    letter = DeadLetter.objects.get()
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert answer.json()["detail"] == letter.reason
    assert answer.json()["dead_letter"] == letter.key
    assert key not in answer.content.decode()
    assert (Alert.objects.count(), Feedback.objects.count(), Batch.objects.filter(accepted__gt=0).count()) == (0, 0, 0)


PACKED = gzip.compress(body_of(FIRING).encode(), mtime=0)


@pytest.mark.parametrize(
    ("body", "encoding", "status"),
    [
        (PACKED[:-9], "gzip", 400),
        (PACKED[:12], "gzip", 400),
        (b"not packed at all", "gzip", 400),
        (gzip.compress(b" " * 50_000_000, mtime=0), "gzip", 413),
        (PACKED, "br", 415),
        (PACKED, "", 400),
    ],
)
def test_damaged_packing_and_bombs_are_refused(key, body, encoding, status):
    answer = post_body(body, to=f"/ingest/{key}/", content_encoding=encoding)
    assert answer.status_code == status
    assert (Alert.objects.count(), DeadLetter.objects.count()) == (0, 1)


def test_packed_in_two_members_is_read_whole(key):
    body = body_of(FIRING).encode()
    answer = post_body(
        gzip.compress(body[:80]) + gzip.compress(body[80:]), to=f"/ingest/{key}/", content_encoding="gzip"
    )
    assert answer.json()["accepted"] == 1


def test_one_line_of_ten_megabytes_is_rejected_by_its_alert(key):
    body = body_of(FIRING | {"annotations": {"summary": "x" * 10_000_000}})
    answer = post_body(body, to=f"/ingest/{key}/")
    assert (answer.status_code, answer.json()["accepted"], answer.json()["rejected"][0]["index"]) == (202, 0, 0)


@pytest.mark.parametrize("alerts", [{"a": 1}, "many", None, 7])
def test_alerts_that_are_no_list_are_another_format(key, alerts):
    answer = post_body(json.dumps({"receiver": "x", "alerts": alerts}), to=f"/ingest/{key}/alertmanager/")
    assert (answer.status_code, answer.json()["accepted"]) == (202, 0)


def test_empty_list_of_alerts_is_fine(send):
    assert send().json() == {"accepted": 0, "rejected": [], "receipts": []}


def test_unknown_key_in_the_address_is_404(db):
    answer = post_body(body_of(FIRING), to="/ingest/hcs_nobody/alertmanager/")
    assert (answer.status_code, answer.json()["instance"]) == (404, "/ingest/[key removed]/alertmanager/")


@pytest.mark.parametrize("header", ["Bearer nobody", "Basic abc", ""])
def test_unknown_bearer_is_401(db, header):
    answer = post_body(body_of(FIRING), to="/ingest/alertmanager/", authorization=header)
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, 'Bearer realm="hypercare"')


def test_ended_source_is_refused(send, source, now):
    sources.end(source, actor=SYSTEM, now=now)
    assert send(FIRING).status_code == 404
    assert Alert.objects.count() == 0


def test_old_key_works_for_a_day_after_rotation(send, source, key, clock, now):
    _source, new_key = sources.rotate(source, actor=SYSTEM, now=now)
    assert send(FIRING).status_code == 202
    assert send(FIRING, to=f"/ingest/{new_key}/").status_code == 202
    clock.shift(timedelta(hours=25))
    assert send(FIRING).status_code == 404
    assert send(FIRING, to=f"/ingest/{new_key}/").status_code == 202


def test_unknown_format_names_the_known_ones(key):
    answer = post_body(body_of(FIRING), to=f"/ingest/{key}/telegraph/")
    assert answer.status_code == 404
    assert "alertmanager" in answer.json()["detail"]


def test_closed_launch_takes_no_alerts(send, launch, now):
    launch.closed_at = now
    launch.save()
    assert send(FIRING).status_code == 409
    assert Alert.objects.count() == 0


def test_other_methods_are_405(key):
    answer = Client().get(f"/ingest/{key}/")
    assert (answer.status_code, answer["Allow"]) == (405, "POST")


def test_idempotency_key_beyond_200_characters_is_refused(key):
    assert post_body(body_of(FIRING), to=f"/ingest/{key}/", idempotency_key="k" * 201).status_code == 400


def test_required_fields_of_the_launch_do_not_stop_a_machine(send, launch):
    launch.field_definitions.create(key="shop", label="Shop", kind="text", required=True)
    assert send(FIRING).json()["accepted"] == 1


def test_unreachable_database_is_503_with_a_time_to_come_again(key):
    def refuse(execute, sql, params, many, context):
        raise OperationalError("the connection is gone")

    with connection.execute_wrapper(refuse):
        answer = post_body(body_of(FIRING), to=f"/ingest/{key}/alertmanager/")
    assert (answer.status_code, answer["Retry-After"]) == (503, "10")
    assert answer["Content-Type"] == "application/problem+json"


def test_keys_never_reach_the_log(key):
    record = logging.LogRecord(
        "django.request", logging.ERROR, "", 0, "Gone: %s", (f"/ingest/{key}/alertmanager/",), None
    )
    MaskSourceKeys().filter(record)
    assert record.getMessage() == "Gone: /ingest/[key removed]/alertmanager/"


def test_first_and_last_event_are_noted(send, source, now, clock):
    send(FIRING)
    clock.shift(timedelta(minutes=5))
    send(FIRING)
    source.refresh_from_db()
    assert (source.first_event_at, source.last_event_at) == (now, now + timedelta(minutes=5))


# --- many at once -------------------------------------------------------------------------------------------


def many(count):
    return [
        FIRING | {"fingerprint": f"{number:016x}", "labels": FIRING["labels"] | {"instance": f"node-{number}"}}
        for number in range(count)
    ]


def queries_for(send, count):
    with CaptureQueriesContext(connection) as captured:
        assert send(*many(count)).json()["accepted"] == count
    return len(captured)


def test_number_of_queries_does_not_grow_with_the_alerts(send):
    queries_for(send, 1)
    assert queries_for(send, 3) == queries_for(send, 400)


def test_thousand_new_alerts_of_one_delivery_are_all_stored(send):
    answer = send(*many(1000))
    assert answer.json()["accepted"] == 1000
    assert Alert.objects.exclude(feedback=None).count() == Feedback.objects.count() == 1000


@pytest.mark.django_db(transaction=True)
def test_racing_deliveries_of_one_alert_make_one_feedback_row(send, key):
    ready = threading.Barrier(6)
    answers = []

    def deliver(number):
        ready.wait()
        answers.append(send(FIRING, to=f"/ingest/{key}/alertmanager/").status_code)
        connections.close_all()

    threads = [threading.Thread(target=deliver, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [202] * 6
    assert (Feedback.objects.count(), Alert.objects.get().count) == (1, 6)


@pytest.mark.django_db(transaction=True)
def test_same_body_sent_at_once_is_stored_once(key):
    ready = threading.Barrier(4)
    accepted = []

    def deliver():
        ready.wait()
        accepted.append(post_body(body_of(FIRING), to=f"/ingest/{key}/").json()["accepted"])
        connections.close_all()

    threads = [threading.Thread(target=deliver) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(accepted) == [0, 0, 0, 1]
    assert (Alert.objects.get().count, Source.objects.get().repeats) == (4, 3)


def test_end_told_by_a_clock_that_is_behind_ours_ends_the_alert(key, now, clock):
    told = {"title": "Till is offline", "fingerprint": "till", "status": "firing"}
    post_body(json.dumps(told), to=f"/ingest/{key}/generic/")
    behind = (now - timedelta(minutes=1)).isoformat()
    post_body(json.dumps(told | {"status": "resolved", "ends_at": behind}), to=f"/ingest/{key}/generic/")
    alert = Alert.objects.get()
    assert (alert.status, alert.ends_at >= alert.starts_at) == ("resolved", True)


def test_firing_overtaken_by_its_end_is_known_as_late_also_where_its_clock_is_ahead_of_ours(send, now, clock):
    ahead = FIRING | {"startsAt": (now + timedelta(minutes=3)).isoformat()}
    send(ahead)
    clock.shift(timedelta(minutes=1))
    send(ahead | {"status": "resolved", "endsAt": (now + timedelta(minutes=4)).isoformat()})
    alert = Alert.objects.get()
    assert (alert.status, alert.starts_at, alert.ends_at) == ("resolved", now, now + timedelta(minutes=1))
    for minutes in (1, 1.5):
        clock.shift(timedelta(minutes=minutes))
        send(ahead)
    assert (Alert.objects.get().status, Alert.objects.get().episode) == ("resolved", 1)
    send(FIRING | {"startsAt": (now + timedelta(minutes=5)).isoformat()})
    assert (Alert.objects.get().status, Alert.objects.get().episode) == ("firing", 2)


@pytest.mark.parametrize("ahead", [timedelta(hours=2), -timedelta(hours=2)])
def test_end_told_by_a_clock_that_is_hours_off_ends_its_alert(send, now, clock, ahead):
    began = (now + ahead).isoformat()
    send(FIRING | {"startsAt": began})
    clock.shift(timedelta(minutes=20))
    send(
        FIRING | {"startsAt": began, "status": "resolved", "endsAt": (now + ahead + timedelta(minutes=20)).isoformat()}
    )
    alert = Alert.objects.get()
    assert (alert.status, alert.ends_at >= alert.starts_at) == ("resolved", True)
