"""These tests read and change rules on their pages and through the API, and try them on the past."""

import json
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from gateway_ingest.models import Alert, AlertStatus, Firing, Heartbeat, Rule, RuleState, TrafficTarget
from gateway_ingest.rules import course, dry_run, usual
from gateway_ingest.rules.defaults import DEFAULTS
from hypercare.core.models import MaintenanceWindow, TimelineEntry
from tests.conftest import bearer
from tests.integration.watched import Gateway

pytestmark = pytest.mark.django_db
RULE = "/launches/shop/rules/error_burst/"
API = "/api/v1/rules/error_burst/"
FORM = {"limit_0": "1", "severity_0": "high", "limit_1": "5", "severity_1": "critical",
        "minutes": "5", "least": "20", "clear_at": "80", "clear_minutes": "2", "days": "1"}  # fmt: skip
BURST = [(50, {"status": 500}), (950, {})]


@pytest.fixture
def clock(now):
    with time_machine.travel(now, tick=False) as traveller:
        yield traveller


@pytest.fixture
def gateway(launch, now, clock):
    return Gateway(launch, now)


@pytest.fixture
def burst(gateway, clock):
    """Seven minutes of failures that the rules have seen."""
    gateway.play(7, *BURST)
    clock.move_to(gateway.now)
    return gateway


def reader(client, people, role="stakeholder"):
    client.force_login(people[role])
    return client


def test_list_shows_every_rule_with_what_it_did(burst, lead):
    page = lead.get("/launches/shop/rules/").content.decode()
    assert all(f"/launches/shop/rules/{name}/" in page for name in DEFAULTS)
    assert "Firing for 1 key" in page
    assert "none has ended" in page


def test_list_of_a_launch_without_traffic_says_what_to_do(launch, lead):
    page = lead.get("/launches/shop/rules/").content.decode()
    assert "No call has come yet" in page
    assert Rule.objects.filter(launch=launch).count() == len(DEFAULTS)


def test_rule_of_no_such_name_is_404(launch, lead, robot):
    assert lead.get("/launches/shop/rules/none/").status_code == 404
    assert robot.get("/api/v1/rules/none/?launch=shop").status_code == 404


def test_chart_shows_the_course_the_limit_and_the_firing_and_says_it_in_a_table(burst, lead):
    page = lead.get(f"{RULE}chart/").content.decode()
    assert 'class="line"' in page
    assert 'class="limit"' in page
    assert 'class="over"' in page
    assert "checkout · GET /pay" in page
    assert "<td>yes</td>" in page


def test_chart_of_the_usual_says_what_it_rests_on(gateway, lead, clock):
    gateway.was_usual("route", ("checkout", "GET /pay"), p95_ms=200.0)
    gateway.play(12, (30, {"duration": 300_000}))
    clock.move_to(gateway.now)
    page = lead.get("/launches/shop/rules/latency_regression/chart/?hours=1").content.decode()
    assert 'class="usual"' in page
    assert "this hour in the last four weeks" in page or "this hour on the days before" in page


@pytest.mark.parametrize("name", DEFAULTS)
def test_every_rule_has_a_page_and_a_chart_with_and_without_traffic(gateway, lead, clock, name):
    for _turn in range(2):
        assert lead.get(f"/launches/shop/rules/{name}/").status_code == 200
        assert lead.get(f"/launches/shop/rules/{name}/chart/").status_code == 200
        gateway.play(2, *BURST)
        clock.move_to(gateway.now)


def test_link_of_an_alert_opens_the_chart_of_its_key_and_time(burst, lead):
    address = Alert.objects.get(labels__rule="error_burst").url.partition("8000")[2].partition("#")[0]
    assert lead.get(address).status_code == 200
    page = lead.get(address.replace("/?", "/chart/?")).content.decode()
    assert "Nothing is stored of the key" not in page
    assert "selected>checkout · GET /pay" in page


@pytest.mark.parametrize("query", ["?of=nobody", "?at=yesterday", "?at=0001-01-01T00:00Z", "?hours=99", "?hours=%00"])
def test_chart_of_nonsense_shows_what_there_is(burst, lead, query):
    assert lead.get(f"{RULE}chart/{query}").status_code == 200


def test_edit_is_kept_watched_and_told_with_its_actor(gateway, lead, now):
    assert lead.post(RULE, FORM | {"do": "save", "limit_0": "3", "least": "40"}).status_code == 302
    row = Rule.objects.get(name="error_burst")
    assert (row.steps, row.least, row.version) == ([[0.03, "high"], [0.05, "critical"]], 40, 2)
    entry = TimelineEntry.objects.get(kind="rule.changed")
    assert entry.actor_name == "Alice Lead"
    assert entry.data["least"] == {"old": 20, "new": 40}
    gateway.play(7, (29, {"status": 500}), (971, {}))
    assert not Alert.objects.filter(labels__rule="error_burst").exists()
    assert "Alice Lead" in lead.get(RULE).content.decode()


def test_edit_that_changes_nothing_writes_nothing(gateway, lead):
    lead.post(RULE, FORM | {"do": "save"})
    assert Rule.objects.get(name="error_burst").version == 1
    assert not TimelineEntry.objects.filter(kind="rule.changed").exists()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"limit_0": "7"}, "from the mildest step to the most severe"),
        ({"limit_0": "0"}, "greater than or equal to"),
        ({"minutes": "1"}, "greater than or equal to 2"),
        ({"clear_at": "101"}, "less than or equal to 100"),
        ({"severity_0": "loud"}, "valid choice"),
        ({"least": "many"}, "whole number"),
    ],
)
def test_wrong_edit_is_refused_in_plain_words_and_changes_nothing(gateway, lead, wrong, said):
    answer = lead.post(RULE, FORM | {"do": "save"} | wrong)
    assert answer.status_code == 400
    assert said in answer.content.decode()
    assert Rule.objects.get(name="error_burst").version == 1


def test_reset_brings_the_default_back(gateway, lead):
    lead.post(RULE, FORM | {"do": "save", "minutes": "7"})
    lead.post(RULE, {"do": "reset"})
    assert Rule.objects.get(name="error_burst").minutes == 5
    assert TimelineEntry.objects.filter(kind="rule.reset").count() == 1


def test_disarmed_rule_ends_what_it_fired_and_watches_nothing(burst, lead):
    lead.post(RULE, {"do": "disarm"})
    alert = Alert.objects.get(labels__rule="error_burst")
    assert alert.status == AlertStatus.RESOLVED
    assert not RuleState.objects.filter(rule__name="error_burst").exists()
    assert not Firing.objects.filter(rule__name="error_burst", ended_at=None).exists()
    burst.play(7, *BURST)
    alert.refresh_from_db()
    assert (alert.status, alert.episode) == (AlertStatus.RESOLVED, 1)
    lead.post(RULE, {"do": "arm"})
    burst.play(1, *BURST)
    alert.refresh_from_db()
    assert (alert.status, alert.episode) == (AlertStatus.FIRING, 2)


@pytest.mark.parametrize("role", ["responder", "agent", "stakeholder"])
def test_only_leads_change_a_rule(gateway, client, people, role):
    page = reader(client, people, role)
    assert page.get(RULE).status_code == 200
    assert "Save the rule" not in page.get(RULE).content.decode()
    for do in ("save", "try", "arm", "disarm", "reset"):
        assert page.post(RULE, FORM | {"do": do}).status_code == 403
    assert page.post("/launches/shop/rules/target/", {"p95_ms": "5"}).status_code == 403
    assert Rule.objects.get(name="error_burst").version == 1


# --- dry run ----------------------------------------------------------------------------------------------------


def test_dry_run_says_when_the_rule_would_have_fired_and_saves_nothing(gateway, lead, clock):
    gateway.unseen(7, *BURST)
    gateway.unseen(10, (1000, {}))
    clock.move_to(gateway.now)
    page = lead.post(RULE, FORM | {"do": "try"}).content.decode()
    assert "it would have fired 1 time" in page
    assert "checkout · GET /pay" in page
    assert not Alert.objects.exists()
    calm = lead.post(RULE, FORM | {"do": "try", "limit_0": "6", "limit_1": "9"}).content.decode()
    assert "it would have fired 0 times" in calm


def test_dry_run_tells_the_same_as_the_live_watch(gateway, robot, clock):
    for minutes, bad in ((7, 50), (6, 0), (8, 80), (9, 0), (3, 30)):
        gateway.play(minutes, (bad, {"status": 500}), (1000 - bad, {}))
    clock.move_to(gateway.now)
    told = robot.post(f"{API}dry-run/?launch=shop", {"days": 1}, format="json").json()
    live = Firing.objects.filter(rule__name="error_burst").order_by("began_at")
    assert [(one["began_at"], one["ended_at"], one["severity"]) for one in told["firings"]] == [
        (_stamp(one.began_at), one.ended_at and _stamp(one.ended_at), one.severity) for one in live
    ]
    assert told["times"] == 2


def _stamp(moment):
    return moment.isoformat().replace("+00:00", "Z")


@pytest.mark.parametrize("name", [name for name in DEFAULTS if name != "feed_silent"])
def test_every_other_rule_can_be_tried(gateway, robot, clock, name):
    gateway.play(3, *BURST)
    clock.move_to(gateway.now)
    answer = robot.post(f"/api/v1/rules/{name}/dry-run/?launch=shop", {"days": 7}, format="json")
    assert (answer.status_code, answer.json()["held"]) == (200, 0)


def many_routes(gateway, number, failing):
    """So many routes, the busiest first, of which some fail."""
    for _minute in range(8):
        routes = [(40 + number - place, {"path": f"/r{place}"}) for place in range(number)]
        bad = [(20, {"path": f"/r{place}", "status": 500}) for place in failing]
        gateway.unseen(1, *routes, *bad)


def test_dry_run_reads_some_keys_at_a_time_and_misses_none(gateway, launch, clock, monkeypatch):
    monkeypatch.setattr(dry_run, "KEYS_AT_ONCE", 4)
    many_routes(gateway, 10, failing=(0, 9))
    read = []
    real = dry_run.read_windows
    monkeypatch.setattr(dry_run, "read_windows", lambda *given: read.append(len(given[3])) or real(*given))
    tried = dry_run.try_out(launch, DEFAULTS["error_burst"], days=1, now=gateway.now)
    assert {one.key[1] for one in tried.firings} == {"GET /r0", "GET /r9"}
    assert (len(read), max(read) <= 2 * 4, tried.keys, tried.all_keys) == (3, True, 10, 10)


def test_dry_run_says_on_how_many_of_the_keys_it_looked(gateway, lead, clock, monkeypatch):
    monkeypatch.setattr(dry_run, "MOST_TIMED", 3)
    many_routes(gateway, 5, failing=())
    clock.move_to(gateway.now)
    page = lead.post("/launches/shop/rules/latency_breach/", FORM | {"do": "try"}).content.decode()
    assert "among the 3 busiest of 5 keys" in page


def test_chart_reads_only_the_busiest_keys_and_those_that_fire(gateway, launch, monkeypatch):
    monkeypatch.setattr(course, "SHOWN_KEYS", 3)
    many_routes(gateway, 8, failing=())
    gateway.play(8, (20, {"path": "/r7", "status": 500}), (1000, {"path": "/r2"}))
    read = []
    real = course.read_windows
    monkeypatch.setattr(course, "read_windows", lambda *given: read.append(given[3]) or real(*given))
    found = course.courses(launch, DEFAULTS["error_burst"], gateway.begins, gateway.minute)
    assert {one.key[1] for one in found} == {"GET /r7", "GET /r2", "GET /r0"}
    assert len(read[0]) == 4  # of the three routes, one of which has answered in two classes


def test_long_chart_leaves_the_memory_of_the_watch_alone(gateway, launch):
    gateway.was_usual("route", ("checkout", "GET /pay"), p95_ms=200.0)
    gateway.play(3, (30, {}))
    held = dict(usual._newest._known)
    rule = DEFAULTS["latency_regression"]
    with CaptureQueriesContext(connection) as asked:
        found = course.courses(launch, rule, gateway.minute - timedelta(hours=72), gateway.minute)
    assert found[0].usual_now == pytest.approx(200)
    assert usual._newest._known == held
    assert sum("gateway_ingest_baseline" in each["sql"] for each in asked) == 1


def test_dry_run_of_the_unusual_reads_a_week_more_than_it_tries(gateway, launch, monkeypatch):
    gateway.unseen(6, (30, {}))
    begins = []
    real = dry_run.read_windows
    monkeypatch.setattr(dry_run, "read_windows", lambda *given: begins.append(given[1]) or real(*given))
    dry_run.try_out(launch, DEFAULTS["unusual"], days=1, now=gateway.now)
    assert timedelta(days=8) <= gateway.minute - begins[0] < timedelta(days=8, hours=2)


def test_silence_cannot_be_tried_and_says_why(launch, robot):
    answer = robot.post("/api/v1/rules/feed_silent/dry-run/?launch=shop", {}, format="json")
    assert answer.status_code == 400
    assert "is not kept" in answer.json()["detail"]


# --- API --------------------------------------------------------------------------------------------------------


def test_api_lists_rules_with_what_fires(burst, robot):
    found = {one["name"]: one for one in robot.get("/api/v1/rules/?launch=shop").json()["results"]}
    assert set(found) == set(DEFAULTS)
    assert found["error_burst"]["firing"] == [{"component": "checkout", "route": "GET /pay"}]
    assert found["error_burst"]["steps"][0] == {"limit": 0.01, "severity": "high"}


def test_api_edits_and_disarms_in_one_go(gateway, robot):
    answer = robot.patch(f"{API}?launch=shop", {"minutes": 8, "armed": False}, format="json").json()
    assert (answer["minutes"], answer["armed"], answer["version"]) == (8, False, 3)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"minutes": "8"}, "/minutes"),
        ({"minutes": 0}, "/minutes"),
        ({"least": -1}, "/least"),
        ({"clear_at": 2}, "/clear_at"),
        ({"steps": []}, "/steps"),
        ({"steps": [{"limit": 0.5, "severity": "loud"}]}, "/steps"),
        ({"steps": [{"limit": 5, "severity": "high"}, {"limit": 1, "severity": "critical"}]}, "/steps"),
        ({"measure": "calls"}, "/measure"),
        ({"armed": "no"}, "/armed"),
    ],
)
def test_api_refuses_with_a_problem_that_names_the_field(gateway, robot, body, pointer):
    answer = robot.patch(f"{API}?launch=shop", json.dumps(body), content_type="application/json")
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert any(error["pointer"].startswith(pointer) for error in answer.json()["errors"])
    assert Rule.objects.get(name="error_burst").version == 1


def test_api_needs_a_launch_that_one_has_a_part_in(launch, people, robot, now):
    assert robot.get("/api/v1/rules/").status_code == 400
    outside = bearer(people["outsider"], scopes=["admin"], now=now)
    assert outside.get("/api/v1/rules/?launch=shop").status_code == 404
    assert bearer(people["lead"], scopes=["feedback:read"], now=now).patch(f"{API}?launch=shop", {}).status_code == 403


# --- targets, maintenance, heartbeats ---------------------------------------------------------------------------


def test_target_of_a_component_wins_over_the_launchs(gateway, lead, launch):
    checkout = launch.components.get(slug="checkout")
    lead.post("/launches/shop/rules/target/", {"component": "", "p95_ms": "2000"})
    lead.post("/launches/shop/rules/target/", {"component": checkout.pk, "p95_ms": "300", "daily_budget": "50"})
    gateway.play(12, (30, {"duration": 400_000}), (30, {"duration": 400_000, "component": "catalog-api"}))
    assert [alert.labels["component"] for alert in Alert.objects.filter(labels__rule="latency_breach")] == ["checkout"]
    lead.post("/launches/shop/rules/target/", {"component": checkout.pk})
    assert not TrafficTarget.objects.filter(component=checkout).exists()
    assert TimelineEntry.objects.filter(kind="target.changed").count() == 3


def test_maintenance_is_planned_shown_and_ended(gateway, lead, launch, clock, now):
    form = {"component": "", "begins_at": "2026-05-28T14:00", "ends_at": "2026-05-28T16:00", "reason": "New disk"}
    assert lead.post("/launches/shop/rules/maintenance/", form).status_code == 302
    window = MaintenanceWindow.objects.get()
    assert (window.begins_at, window.set_by) == (now.replace(hour=12, minute=0), "Alice Lead")
    assert "New disk" in lead.get("/launches/shop/rules/").content.decode()
    gateway.play(7, *BURST)
    assert not Alert.objects.filter(labels__rule="error_burst").exists()
    assert Firing.objects.filter(rule__name="error_burst", suppressed=True).count() == 1
    assert "1 in maintenance" in lead.get("/launches/shop/rules/").content.decode()
    clock.move_to(gateway.now)
    lead.post(f"/launches/shop/rules/maintenance/{window.pk}/end/")
    gateway.play(2, *BURST)
    assert not Alert.objects.filter(labels__rule="error_burst").exists()  # it looks back at minutes of the maintenance
    gateway.play(5, *BURST)
    assert Alert.objects.get(labels__rule="error_burst").status == AlertStatus.FIRING


@pytest.mark.parametrize(
    "wrong", [{"ends_at": "2026-05-28T13:00"}, {"reason": ""}, {"ends_at": "2026-08-28T13:00"}, {"begins_at": "soon"}]
)
def test_maintenance_that_cannot_be_is_refused(lead, launch, clock, wrong):
    form = {"component": "", "begins_at": "2026-05-28T15:00", "ends_at": "2026-05-28T16:00", "reason": "New disk"}
    assert lead.post("/launches/shop/rules/maintenance/", form | wrong).status_code == 400
    assert not MaintenanceWindow.objects.exists()


def test_heartbeat_is_taken_by_key_and_by_bearer_and_may_be_removed(gateway, client, lead):
    body = json.dumps({"name": "nightly import", "interval_seconds": 3600})
    said = client.post(f"/ingest/{gateway.key}/heartbeat/", body, content_type="application/json")
    assert (said.status_code, said.json()) == (
        202,
        {"accepted": 1, "name": "nightly import", "interval_seconds": 3600.0},
    )
    bearer_of_key = {"Authorization": f"Bearer {gateway.key}"}
    nothing = client.post("/ingest/heartbeat/", b"", content_type="application/json", headers=bearer_of_key)
    assert (nothing.status_code, nothing.json()["interval_seconds"]) == (202, None)
    named = Heartbeat.objects.get(name="nightly import")
    assert "nightly import" in lead.get("/launches/shop/rules/").content.decode()
    lead.post(f"/launches/shop/rules/heartbeats/{named.pk}/remove/")
    assert list(Heartbeat.objects.values_list("name", flat=True)) == [""]


@pytest.mark.parametrize(
    "body", ["[]", "{", '{"name": 7}', '{"name": "x", "interval_seconds": 0}', '{"interval_seconds": "60"}', "\xff"]
)
def test_heartbeat_that_cannot_be_read_is_refused(gateway, client, body):
    answer = client.post(f"/ingest/{gateway.key}/heartbeat/", body, content_type="application/json")
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert not Heartbeat.objects.exists()


def test_heartbeat_of_a_wrong_key_is_refused(launch, client):
    assert client.post("/ingest/hcs_nobody/heartbeat/").status_code == 404
    assert client.post("/ingest/heartbeat/").status_code == 401
    assert client.get("/ingest/hcs_nobody/heartbeat/").status_code == 405


def test_voice_of_the_rules_stands_in_no_list_of_sources(burst, lead, robot):
    assert "Hypercare rules" not in lead.get("/launches/shop/sources/").content.decode()
    assert [one["name"] for one in robot.get("/api/v1/sources/?launch=shop").json()["results"]] == ["gateway"]
    voice = Alert.objects.get(labels__rule="error_burst").source
    assert robot.post(f"/api/v1/sources/{voice.pk}/end/").status_code == 404
