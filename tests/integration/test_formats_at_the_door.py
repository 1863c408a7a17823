"""These tests post every format's samples at the door, each at its own address and at every other's."""

import json
import random

import pytest
import time_machine
from django.test import Client

from feedback.models import Feedback
from gateway_ingest import sources
from gateway_ingest.formats import FORMATS
from gateway_ingest.models import Alert, DeadLetter
from hypercare.core.models import TimelineEntry
from hypercare.core.timeline import SYSTEM
from tests.format_samples import SAMPLES

FIRST = {sample.format: sample for sample in reversed(SAMPLES)}
TAKEN = [sample for sample in SAMPLES if sample.acknowledged is not None]
SENT_BACK = {"ce-id": "ev-2", "webhook-id": "msg_2"}


@pytest.fixture(autouse=True)
def clock(now):
    with time_machine.travel(now, tick=False) as traveller:
        yield traveller


@pytest.fixture
def key(launch, now):
    return sources.create(launch, name="Monitoring", actor=SYSTEM, now=now)[1]


@pytest.fixture
def post(key):
    def send(payload, headers=None, *, path=""):
        content = {"content_type": "application/json", "headers": headers or {}}
        return Client().post(f"/ingest/{key}/{path}", json.dumps(payload), **content)

    return send


def later(sample):
    """The headers of a second delivery: what names the delivery differs."""
    return {name: SENT_BACK.get(name, value) for name, value in sample.headers.items()}


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_sample_is_found_by_itself_and_its_end_closes_the_alert(post, sample):
    assert post(sample.firing, sample.headers).json()["accepted"] == 1
    alert = Alert.objects.get()
    assert (alert.title, alert.severity, alert.status) == (
        sample.expected["title"],
        sample.expected["severity"],
        "firing",
    )
    assert (alert.fingerprint, alert.url) == (sample.expected["fingerprint"], sample.expected["url"])
    assert sample.expected["starts_at"] in {None, alert.starts_at.isoformat()}
    if sample.resolved is not None:
        assert post(sample.resolved, later(sample)).json()["accepted"] == 1
        assert Alert.objects.get().status == "resolved"
    assert Feedback.objects.count() == 1
    assert not DeadLetter.objects.exists()


@pytest.mark.parametrize("name", FORMATS)
def test_sample_posted_to_another_format_is_rejected_and_kept(post, name):
    for other, sample in FIRST.items():
        answer = post(sample.firing, sample.headers, path=f"{name}/")
        if other == name:
            assert answer.json()["accepted"] == 1
        else:
            assert answer.status_code == 202
            assert (answer.json()["accepted"], answer.json()["rejected"][0]["index"]) == (0, None)
            assert other in DeadLetter.objects.latest("pk").reason
    assert Alert.objects.count() == 1


@pytest.mark.parametrize("sample", TAKEN, ids=str)
def test_acknowledged_alert_keeps_its_episode_and_its_report(post, sample):
    post(sample.firing, sample.headers)
    assert post(sample.acknowledged, later(sample)).json()["accepted"] == 1
    alert = Alert.objects.get()
    assert (alert.status, alert.episode, alert.count, Feedback.objects.count()) == ("acknowledged", 1, 1, 1)
    entry = TimelineEntry.objects.get(kind="alert.acknowledged")
    assert (entry.subject, entry.data["rule"]) == (alert.key, "acknowledged")


def generic(status, **facts):
    return {"title": "Night job", "fingerprint": "night", "status": status} | facts


def test_acknowledged_alert_that_fires_again_is_counted_and_stays_acknowledged_until_it_resolves(post, api):
    for status in ("firing", "acknowledged"):
        post(generic(status))
    post(generic("firing", severity="warning"))
    shown = api.get("/api/v1/alerts/", {"launch": "shop", "status": "acknowledged"}).json()["results"]
    assert [(row["status"], row["count"]) for row in shown] == [("acknowledged", 2)]
    post(generic("resolved"))
    assert Alert.objects.get().status == "resolved"
    assert Feedback.objects.count() == 1


def test_acknowledgement_of_an_alert_nobody_saw_opens_it_with_a_report(post):
    post(generic("acknowledged"))
    assert (Alert.objects.get().status, Feedback.objects.count()) == ("acknowledged", 1)


def test_suppressed_alert_makes_no_report_until_it_counts(post):
    post(generic("suppressed"))
    assert (Alert.objects.get().status, Feedback.objects.count()) == ("suppressed", 0)
    post(generic("firing"))
    alert = Alert.objects.get()
    assert (alert.status, alert.episode, alert.feedback) == ("firing", 1, Feedback.objects.get())


def test_acknowledgement_taken_back_fires_in_the_same_episode(post):
    sample = next(sample for sample in SAMPLES if str(sample) == "pagerduty, webhook of version 3")
    back = {"event": sample.acknowledged["event"] | {"event_type": "incident.unacknowledged"}}
    for payload in (sample.firing, sample.acknowledged, back):
        post(payload)
    alert = Alert.objects.get()
    assert (alert.status, alert.episode, Feedback.objects.count()) == ("firing", 1, 1)
    assert TimelineEntry.objects.filter(kind="alert.let_go").count() == 1


def test_retry_of_one_cloud_event_is_a_duplicate(post):
    sample = FIRST["cloudevents"]
    assert post(sample.firing, sample.headers).json()["accepted"] == 1
    assert post(sample.firing, sample.headers).json() == {"accepted": 0, "duplicate": True}
    assert Alert.objects.get().count == 1


def test_binary_event_may_percent_encode_its_attributes(post):
    sample = next(sample for sample in SAMPLES if str(sample) == "cloudevents, binary")
    post({"severity": "high"}, sample.headers | {"ce-subject": "K%C3%B6p%00"})
    assert Alert.objects.get().title == "Köp\N{REPLACEMENT CHARACTER}"


def test_sentry_issue_that_was_seen_last_before_its_newest_event_is_resolved(post):
    event = {"event_id": "e", "platform": "python", "level": "error", "issue_id": "7", "title": "KeyError"}
    assert post(event | {"timestamp": 1779970800.9}).json()["accepted"] == 1
    issue = {"id": "7", "title": "KeyError", "level": "error", "lastSeen": "2026-05-28T12:19:55Z"}
    assert post({"action": "resolved", "data": {"issue": issue}}).json()["accepted"] == 1
    assert [(alert.fingerprint, alert.status) for alert in Alert.objects.all()] == [("7", "resolved")]


def test_event_that_is_all_in_its_headers_needs_no_body(key):
    headers = {"ce-specversion": "1.0", "ce-id": "1", "ce-source": "/shop", "ce-subject": "till"}
    for kind in ("firing", "resolved"):
        told = headers | {"ce-id": kind, "ce-type": f"org.example.alert.{kind}"}
        answer = Client().post(f"/ingest/{key}/", b"", content_type="application/json", headers=told)
        assert (answer.status_code, answer.json()["accepted"]) == (202, 1)
    assert (Alert.objects.get().title, Alert.objects.get().status) == ("till", "resolved")


NONSENSE = [
    None,
    True,
    -1,
    1e300,
    "",
    "x" * 5000,
    "2026-13-45",
    "999999999999999",
    [],
    {},
    [[]],
    {"a": {"b": []}},
    "\u202e",
]


def spoiled(value, chance):
    """The payload with nonsense in some of its places."""
    if chance.random() < 0.08:
        return chance.choice(NONSENSE)
    if isinstance(value, dict):
        return {name: spoiled(inner, chance) for name, inner in value.items() if chance.random() > 0.04}
    return [spoiled(inner, chance) for inner in value] if isinstance(value, list) else value


def test_spoiled_samples_are_taken_or_refused_and_never_a_fault(post):
    chance = random.Random(7)
    for sample in SAMPLES * 4:
        answer = post(spoiled(sample.firing, chance), sample.headers, path=chance.choice(["", f"{sample.format}/"]))
        assert answer.status_code in {202, 400, 403}, (sample, answer.content)
    assert Alert.objects.exists()
    assert DeadLetter.objects.exists()


def test_unknown_status_is_rejected_with_its_word(post):
    answer = post(generic("sleeping"))
    assert answer.json()["rejected"] == [
        {"index": 0, "error": "“status” is “sleeping”; it must say firing, acknowledged, resolved or suppressed."}
    ]
