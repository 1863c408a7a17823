"""These tests record deployments by the API and hold that one is never recorded twice."""

import threading

import pytest
import time_machine
from django.db import connections

from hypercare.core.models import Deployment, Environment, Release, TimelineEntry
from tests.conftest import bearer

ADDRESS = "/api/v1/deployments/"
NEW = {
    "launch": "shop",
    "component": "checkout",
    "version": "1.4.2",
    "environment": "production",
    "deployed_at": "2026-05-28T12:30:00Z",
    "summary": "Connection pool is larger",
    "external_id": "run-77",
}


@pytest.fixture(autouse=True)
def clock(now):
    with time_machine.travel(now, tick=False) as traveller:
        yield traveller


def test_deployment_is_recorded_with_release_environment_and_timeline(api):
    answer = api.post(ADDRESS, NEW)
    row = Deployment.objects.get()
    assert (answer.status_code, answer.json()) == (
        201,
        {
            "id": f"DP-{row.pk}",
            "launch": "shop",
            "component": "checkout",
            "version": "1.4.2",
            "environment": "production",
            "deployed_at": "2026-05-28T12:30:00Z",
            "summary": "Connection pool is larger",
            "external_id": "run-77",
            "named_issues": {},
            "replayed": False,
        },
    )
    entry = TimelineEntry.objects.get(kind="deployment.recorded")
    assert (entry.subject, entry.occurred_at) == (f"DP-{row.pk}", row.deployed_at)
    assert entry.data == {"version": "1.4.2", "environment": "production", "component": "checkout"}


def test_version_and_environment_are_enough(api, now):
    answer = api.post(ADDRESS, {"launch": "shop", "version": "1", "environment": "test"})
    assert (answer.status_code, answer.json()["component"]) == (201, None)
    assert Deployment.objects.get().deployed_at == now


def test_same_external_id_gives_the_first_one(api):
    first = api.post(ADDRESS, NEW)
    second = api.post(ADDRESS, NEW | {"version": "9"})
    assert (second.status_code, second.json()) == (200, first.json() | {"replayed": True})
    assert TimelineEntry.objects.filter(kind="deployment.recorded").count() == 1


def test_two_deployments_of_one_version_share_the_release(api):
    api.post(ADDRESS, NEW)
    api.post(ADDRESS, NEW | {"external_id": "run-78", "environment": "staging"})
    assert (Release.objects.count(), Environment.objects.count(), Deployment.objects.count()) == (1, 2, 2)


def test_idempotency_key_replays_the_first_answer(api):
    without_id = {name: value for name, value in NEW.items() if name != "external_id"}
    answers = [api.post(ADDRESS, without_id, headers={"Idempotency-Key": "k1"}) for _time in range(2)]
    assert [(answer.status_code, answer.json()["replayed"]) for answer in answers] == [(201, False), (200, True)]
    assert api.post(ADDRESS, NEW, headers={"Idempotency-Key": "k1"}).status_code == 422
    assert Deployment.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"version": ""}, "/version"),
        ({"version": "x" * 81}, "/version"),
        ({"environment": None}, "/environment"),
        ({"component": "nowhere"}, "/component"),
        ({"component": {"a": 1}}, "/component"),
        ({"deployed_at": "yesterday"}, "/deployed_at"),
        ({"deployed_at": "9999-12-31T23:59:59-14:00"}, "/deployed_at"),
        ({"deployed_at": "0001-01-01T00:00:00+14:00"}, "/deployed_at"),
        ({"deployed_at": "2026-05-30T00:00:00Z"}, "/deployed_at"),
        ({"summary": "x" * 301}, "/summary"),
        ({"external_id": "x" * 201}, "/external_id"),
        ({"launch": 12.5}, "/launch"),
    ],
)
def test_bad_field_is_named(api, change, pointer):
    answer = api.post(ADDRESS, NEW | change)
    assert (answer.status_code, [error["pointer"] for error in answer.json()["errors"]]) == (400, [pointer])
    assert (Deployment.objects.count(), Release.objects.count(), Environment.objects.count()) == (0, 0, 0)


@pytest.mark.parametrize("body", ["[]", '"text"', "null", "{", '{"launch": "shop", "launch": "shop"}', "[" * 100_000])
def test_bad_body_is_a_problem(api, body):
    answer = api.post(ADDRESS, body, content_type="application/json")
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")


@pytest.mark.parametrize(
    ("role", "scopes", "status"),
    [
        ("lead", ["ingest:write"], 201),
        ("responder", ["ingest:write"], 201),
        ("agent", ["ingest:write"], 403),
        ("lead", ["feedback:write"], 403),
        ("outsider", ["admin"], 404),
    ],
)
def test_right_to_ingest_is_needed(people, now, role, scopes, status):
    assert bearer(people[role], scopes=scopes, now=now).post(ADDRESS, NEW).status_code == status


def test_closed_launch_takes_no_deployments(api, launch, now):
    launch.closed_at = now
    launch.save()
    assert api.post(ADDRESS, NEW).status_code == 409


def test_deployments_are_listed_newest_first(api):
    for number in range(3):
        api.post(ADDRESS, NEW | {"external_id": f"run-{number}", "version": f"1.{number}"})
    rows = api.get(ADDRESS, {"launch": "shop"}).json()["results"]
    assert [row["version"] for row in rows] == ["1.2", "1.1", "1.0"]


@pytest.mark.django_db(transaction=True)
def test_racing_posts_record_one_deployment(people, now):
    ready = threading.Barrier(4)
    client = bearer(people["lead"], scopes=["admin"], now=now)
    statuses = []

    def post():
        ready.wait()
        statuses.append(client.post(ADDRESS, NEW).status_code)
        connections.close_all()

    threads = [threading.Thread(target=post) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200, 200, 200, 201]
    assert Deployment.objects.count() == 1
