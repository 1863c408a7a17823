"""These tests ask the API for evidence as scripts do: right and wrong questions, by their own and by other people."""

import json
from datetime import timedelta

import pytest

from gateway_ingest.models import ApiDescription
from hypercare.core.models import TimelineEntry
from tests.conftest import bearer
from tests.integration.doors import refused
from tests.integration.rows import make_deployment, make_feedback
from tests.integration.traffic import call, calls, store

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
API = "/api/v1/evidence/"
OPENAPI = b"openapi: 3.1.0\ninfo: {title: Shop, version: '3'}\npaths:\n  /products/{id}:\n    get: {deprecated: true}\n"


@pytest.fixture
def told(launch, now, time_machine_at_now):
    """A report with a trace, a deployment and their traffic."""
    rows = [*calls(80, now - 40 * MINUTE, consumer="u{}"), call(now - 2 * MINUTE, trace_id=TRACE, status=503)]
    store(launch, [*rows, *calls(9, now - 9 * MINUTE, model="large", prompt_version="v2", input_tokens=5)], now=now)
    report = make_feedback(launch, now=now, trace_id=TRACE, component=launch.components.first())
    return {"report": report.key, "deployment": f"DP-{make_deployment(launch, now=now - 20 * MINUTE, version='2').pk}"}


@pytest.fixture
def time_machine_at_now(now):
    import time_machine

    with time_machine.travel(now, tick=False):
        yield


def get(api, path, **query):
    answer = api.get(API + path, {"launch": "shop"} | query)
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_reach_of_a_signature_is_answered_with_its_method(api, told):
    found = get(api, "reach/", component="catalog-api", status_class="5xx", **{"from": "2026-05-28T11:30:00Z"})
    assert {name: found[name] for name in ("value", "of", "method", "error", "calls", "at", "begins", "ends", "words")} == {
        "value": 1, "of": 81, "method": "exact", "error": 0.0, "calls": 1, "at": "2026-05-28T12:32:00Z",
        "begins": "2026-05-28T11:30:00Z", "ends": "2026-05-28T12:32:00Z", "words": "1 of 81 active consumers",
    }  # fmt: skip
    assert get(api, "reach/", status_class="5")["value"] == 1
    assert get(api, "reach/", method="post")["value"] == 0


@pytest.mark.parametrize(
    "query",
    [
        {"from": "yesterday"}, {"status_class": "7xx"}, {"from": "2026-05-28T12:00:00Z", "to": "2026-05-28T11:00:00Z"},
        {"from": "2026-01-01T00:00:00Z"}, {"to": "0001-01-01T00:00:00Z"}, {"to": "9999-12-31T23:59:59Z"},
        {"component": "x" * 300}, {"component": "a\x01b"},
    ],
)  # fmt: skip
def test_wrong_question_is_refused(api, told, query):
    refused(api.get(API + "reach/", {"launch": "shop"} | query), 400)


def test_evidence_near_a_report_is_also_in_the_report(api, told):
    found = get(api, f"near/{told['report']}/")
    assert found["feedback"] == told["report"]
    assert (found["evidence"][0]["by"], found["evidence"][0]["score"]) == ("trace", 1.0)
    assert found["evidence"][0]["examples"][0]["status"] == 503
    assert api.get(f"/api/v1/feedback/{told['report']}/").json()["evidence"] == found["evidence"]


def test_deployment_is_compared(api, told):
    found = get(api, f"deployments/{told['deployment']}/", minutes=15)
    assert (found["deployment"], found["verdict"]) == (told["deployment"], "too_little_traffic")
    assert (found["before"]["calls"], found["after"]["calls"]) == (0, 9)
    refused(api.get(f"{API}deployments/{told['deployment']}/?minutes=0"), 400)


def test_life_of_a_trace_is_told(api, told):
    found = get(api, f"traces/{TRACE}/")
    assert [step["call"]["status"] for step in found["steps"]] == [503]
    assert [row["id"] for row in found["reports"]] == [told["report"]]
    assert [row["id"] for row in found["deployments"]] == [told["deployment"]]


@pytest.mark.parametrize("trace", ["0" * 32, "f" * 32, "x", "%00", "a%20b", "%C3%A5", "x" * 300])
def test_trace_nobody_knows_is_404(api, told, trace):
    refused(api.get(f"{API}traces/{trace}/?launch=shop"), 404)


def test_models_routes_and_series_are_listed(api, told):
    (row,) = get(api, "ai/")["results"]
    assert (row["model"], row["prompt_version"], row["calls"], row["input_tokens"]) == ("large", "v2", 9, 45)
    found = get(api, "routes/", order="errors")
    assert (found["calls"], found["errors"], found["results"][0]["route"]) == (90, 1, "/products/{number}")
    points = get(api, "series/", measure="calls", step_minutes=15)["points"]
    assert sum(point["value"] for point in points) == 90
    refused(api.get(API + "series/?launch=shop&measure=beauty"), 400)


def upload(api, content, query="launch=shop", content_type="application/yaml"):
    return api.generic("POST", f"{API}governance/descriptions/?{query}", content, content_type=content_type)


def test_description_is_uploaded_listed_used_and_removed(api, told, launch):
    row = upload(api, OPENAPI, "launch=shop&component=catalog-api").json()
    assert (row["title"], row["version"], row["component"], row["operations"]) == ("Shop", "3", "catalog-api", 1)
    rules = {finding["rule"]: finding for finding in get(api, "governance/")["results"]}
    assert rules["deprecated"]["examples"] == [{"route": "GET /products/{number}", "calls": 90}]
    again = upload(
        api, json.dumps({"openapi": "3.0.0", "paths": {"/a": {"get": {}}}}), "launch=shop&component=catalog-api"
    )
    assert again.status_code == 201
    (one,) = get(api, "governance/descriptions/")["results"]
    assert one["id"] == again.json()["id"] != row["id"]
    assert api.get(one["url"]).json() == one
    assert api.delete(one["url"]).status_code == 204
    assert ApiDescription.objects.count() == 0
    kinds = list(
        TimelineEntry.objects.filter(launch=launch, kind__startswith="description.")
        .order_by("id")
        .values_list("kind", flat=True)
    )
    assert kinds == ["description.uploaded", "description.uploaded", "description.removed"]


@pytest.mark.parametrize(
    ("content", "query", "status", "said"),
    [
        (b"", "launch=shop", 400, "no object"),
        (b"a: [", "launch=shop", 400, "YAML"),
        (b"x" * (2 * 1024 * 1024 + 1), "launch=shop", 413, "2 M"),
        (OPENAPI, "launch=shop&component=nowhere", 400, "no component"),
        (OPENAPI, "", 400, ""),
    ],
)
def test_bad_description_is_refused_with_a_sentence(api, launch, content, query, status, said):
    assert said in refused(upload(api, content, query), status)["detail"]


PATHS = [
    "reach/",
    "ai/",
    "routes/",
    "series/?measure=calls",
    "governance/",
    "governance/descriptions/",
    f"traces/{TRACE}/",
]


@pytest.mark.parametrize("path", PATHS)
def test_launch_of_others_is_404_and_reporters_are_refused(people, told, now, path):
    outside = bearer(people["outsider"], scopes=["admin"], now=now)
    joined = f"{API}{path}{'&' if '?' in path else '?'}launch=shop"
    refused(outside.get(joined), 404)
    refused(bearer(people["reporter"], scopes=["admin"], now=now).get(joined), 403)
    refused(bearer(people["lead"], scopes=["ingest:write"], now=now).get(joined), 403)


def test_things_of_another_launch_are_404_and_their_launch_is_not_named(people, told, now, api):
    upload(api, OPENAPI)
    outside = bearer(people["outsider"], scopes=["admin"], now=now)
    row = ApiDescription.objects.get()
    for path in (
        f"near/{told['report']}/",
        f"deployments/{told['deployment']}/",
        f"governance/descriptions/{row.key}/",
    ):
        assert "shop" not in refused(outside.get(API + path), 404)["detail"].lower()


def test_only_who_manages_uploads(people, launch, now):
    for role, status in (("agent", 403), ("stakeholder", 403), ("admin", 201)):
        assert upload(bearer(people[role], scopes=["admin"], now=now), OPENAPI).status_code == status
