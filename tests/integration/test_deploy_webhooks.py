"""A platform's webhook records a deployment once, under the component it means."""

import json
from io import StringIO
from urllib.parse import urlencode

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.test import Client

from gateway_ingest.models import DeadLetter
from gateway_ingest.sources import create, end
from hypercare.core.models import Deployment, TimelineEntry
from hypercare.core.timeline import SYSTEM
from tests.unit.test_deploy_formats import GENERIC, GITHUB

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock(now):
    with time_machine.travel(now, tick=False) as traveller:
        yield traveller


@pytest.fixture
def source(launch, now):
    return create(launch, name="pipeline", actor=SYSTEM, now=now)


@pytest.fixture
def send(source):
    """Posts a payload by the key in the address."""

    def post(payload, name="github", key=source[1]):
        body = payload if isinstance(payload, bytes) else json.dumps(payload)
        return Client().post(f"/ingest/{key}/deploys/{name}/", body, content_type="application/json")

    return post


def test_deployment_is_recorded_with_component_release_and_timeline(send):
    answer = send(GITHUB)
    row = Deployment.objects.get()
    assert (answer.status_code, answer.json()) == (202, {"accepted": 1, "rejected": [], "deployment": f"DP-{row.pk}"})
    assert (row.release.component.slug, row.release.version, row.environment.name) == ("checkout", "v1.8.2", "prod")
    entry = TimelineEntry.objects.get(kind="deployment.recorded")
    assert entry.actor_name == "pipeline"


def test_event_posted_as_the_form_that_github_proposes_first_is_read(source):
    body = urlencode({"payload": json.dumps(GITHUB)})
    kind = "application/x-www-form-urlencoded"
    answer = Client().post(f"/ingest/{source[1]}/deploys/github/", body, content_type=kind)
    assert (answer.status_code, answer.json()["accepted"], Deployment.objects.count()) == (202, 1, 1)


def test_deployment_of_a_day_after_tomorrow_is_kept_as_a_letter_with_the_reason(send):
    answer = send({"version": "2", "deployed_at": "2026-06-01T00:00:00Z"}, name="generic")
    letter = DeadLetter.objects.get()
    assert (answer.status_code, answer.json()["dead_letter"]) == (202, letter.key)
    assert "more than a day ahead" in letter.reason
    assert not Deployment.objects.exists()


def test_event_sent_twice_is_recorded_once(send):
    first = send(GITHUB).json()["deployment"]
    assert send(GITHUB).json() == {"accepted": 0, "duplicate": True}
    again = GITHUB | {"sender": {"login": "somebody"}}
    assert send(again).json() == {"accepted": 0, "duplicate": True, "deployment": first}
    assert Deployment.objects.count() == 1


@pytest.mark.parametrize("component", ["", "checkout"])
def test_return_to_an_earlier_version_is_a_deployment_and_not_a_repeat(send, component, clock):
    told = []
    for version in ("1.2", "1.3", "1.3", "1.2", "1.2"):
        clock.shift(60)
        body = {"version": version, "component": component}
        told.append(send(body, name="generic").json()["accepted"])
    assert told == [1, 1, 0, 1, 0]
    versions = Deployment.objects.order_by("pk").values_list("release__version", flat=True)
    assert list(versions) == ["1.2", "1.3", "1.2"]


def test_body_that_names_its_deployment_or_its_time_stays_one_though_another_came_between(send, clock):
    named = [{"version": "1.2", "external_id": "a"}, {"version": "1.2", "deployed_at": "2026-05-28T12:00:00Z"}]
    for body in named:
        assert send(body, name="generic").json()["accepted"] == 1
    clock.shift(60)
    send({"version": "1.3"}, name="generic")
    assert [send(body, name="generic").json()["accepted"] for body in named] == [0, 0]


def test_part_nobody_knows_counts_for_the_whole_launch(send):
    send(GITHUB | {"repository": {"name": "unheard-of"}})
    assert Deployment.objects.get().release.component is None


def test_event_that_puts_nothing_live_is_said_and_not_kept(send):
    answer = send({"zen": "x", "hook": {}})
    assert (answer.status_code, answer.json()["accepted"]) == (202, 0)
    assert "puts nothing live" in answer.json()["ignored"]
    assert not Deployment.objects.exists()
    assert not DeadLetter.objects.exists()


def test_readable_but_unknown_body_is_a_dead_letter(send):
    answer = send({"what": "ever"})
    assert (answer.status_code, answer.json()["accepted"]) == (202, 0)
    assert answer.json()["dead_letter"] == DeadLetter.objects.get().key


@pytest.mark.parametrize("body", [b"", b"{", b'{"a": 1, "a": 2}', b"[" * 100_000])
def test_unreadable_body_is_400_and_a_dead_letter(send, body):
    answer = send(body)
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert DeadLetter.objects.count() == 1


def test_unknown_format_wrong_key_and_ended_source_are_refused(send, source, launch, now):
    assert send(GITHUB, name="jenkins").status_code == 404
    assert send(GITHUB, key="hcs_" + "x" * 43).status_code == 404
    end(source[0], actor=SYSTEM, now=now)
    assert send(GITHUB).status_code == 404


def test_key_may_come_as_bearer(source):
    answer = Client().post(
        "/ingest/deploys/generic/",
        json.dumps(GENERIC | {"deployed_at": None}),
        content_type="application/json",
        headers={"Authorization": f"Bearer {source[1]}"},
    )
    assert answer.json()["accepted"] == 1
    assert Client().post("/ingest/deploys/generic/", "{}", content_type="application/json").status_code == 401


def test_command_records_a_deployment_and_prints_its_name(launch):
    out = StringIO()
    call_command("record_deployment", "--launch=shop", "--release=1.9", "--component=checkout", stdout=out)
    assert out.getvalue().strip() == f"DP-{Deployment.objects.get().pk}"
    with pytest.raises(CommandError, match="no launch"):
        call_command("record_deployment", "--launch=none", "--release=1")
    with pytest.raises(CommandError, match="no such component"):
        call_command("record_deployment", "--launch=shop", "--release=1", "--component=none")
    with pytest.raises(CommandError, match="--at"):
        call_command("record_deployment", "--launch=shop", "--release=1", "--at=noon")
