"""These tests watch what is fixed, judge errors near reports, hold versions against one another and look for blind spots."""

from datetime import timedelta

import pytest
import time_machine

from gateway_ingest import evidence
from gateway_ingest.evidence import Signature, Span, Word
from gateway_ingest.models import KeptEvidence
from hypercare.core.models import Message, TimelineEntry
from hypercare.core.problem import Problem
from hypercare.core.timeline import SYSTEM, Actor
from tests.integration.rows import make_feedback, make_issue
from tests.integration.test_proof import deploy, fix_of, issue, traffic, word_of  # noqa: F401 - a fixture
from tests.integration.traffic import calls, store
from triage import lifecycle
from triage.models import EvidenceAnswer, Firing
from triage.proof import blind, firing, lanes, matched, overview
from triage.score import rescore

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def at_now(now):
    with time_machine.travel(now, tick=False):
        yield


# --- what fires again -------------------------------------------------------------------------------------------


@pytest.fixture
def closed(launch, issue, now):  # noqa: F811
    """The catalogue's errors, fixed by 1.8.3, seen to work, and closed an hour ago."""
    deploy(launch, at=now - 5 * HOUR, now=now, version="1.8.2")
    traffic(launch, now - 2 * HOUR, 20, share=0.1, release="1.8.2", now=now)
    traffic(launch, now - 98 * MINUTE, 36, release="1.8.3", now=now)
    row = deploy(launch, at=now - 100 * MINUTE, now=now - 100 * MINUTE)
    fix = fix_of(issue, row, now)
    assert word_of(fix, now - HOUR).word == "verified"
    lifecycle.move(issue.pk, to="deployed", actor=SYSTEM, now=now - HOUR)
    lifecycle.move(issue.pk, to="closed", actor=SYSTEM, now=now - HOUR)
    return issue


def status_after_watch(one, now):
    firing.watch(clock=lambda: now)
    one.refresh_from_db()
    return one.status


def test_errors_of_an_earlier_release_open_nothing_however_many(launch, closed, now):
    traffic(launch, now - 50 * MINUTE, 49, share=0.5, release="1.8.2", now=now)
    traffic(launch, now - 50 * MINUTE, 49, release="1.8.3", now=now)
    assert (status_after_watch(closed, now), Firing.objects.count()) == ("closed", 0)


@pytest.mark.parametrize("release", ["1.8.3", "v1.9.0"])
def test_errors_of_the_fixed_release_or_a_later_one_open_it_again_with_a_reason(launch, closed, now, release):
    deploy(launch, at=now - 55 * MINUTE, now=now, version="1.9.0")
    traffic(launch, now - 50 * MINUTE, 49, share=0.1, release=release, now=now)
    assert status_after_watch(closed, now) == "in_progress"
    moved = TimelineEntry.objects.filter(subject=closed.key, kind="issue.status").latest("pk")
    assert (moved.data["transition"], "It fails again on 1.8.3 or later: 98 of 980" in moved.data["reason"]) == (
        "reopen",
        True,
    )


def test_a_fix_that_was_rolled_back_after_the_issue_was_closed_is_listed(launch, closed, now):
    deploy(launch, at=now - 30 * MINUTE, now=now, version="1.8.2", external_id="back")
    assert status_after_watch(closed, now) == "closed"
    assert "1.8.2 went live in its place" in overview.still_firing(launch)[0].reason


def test_errors_that_name_no_release_beside_some_that_do_are_listed_for_a_person(launch, closed, now):
    traffic(launch, now - 50 * MINUTE, 49, release="1.8.3", now=now)
    traffic(launch, now - 50 * MINUTE, 49, share=0.3, release="nightly", now=now)
    assert status_after_watch(closed, now) == "closed"
    assert [(one.issue, one.why) for one in overview.still_firing(launch)] == [(closed, "asks")]
    traffic(launch, now + 30 * MINUTE, 100, release="1.8.3", now=now + 3 * HOUR)
    assert status_after_watch(closed, now + 2 * HOUR) == "closed"
    assert overview.still_firing(launch) == []


def test_an_issue_closed_without_a_deployment_is_listed_while_its_errors_go_on(launch, issue, now):  # noqa: F811
    lifecycle.move(issue.pk, to="closed", actor=SYSTEM, now=now - HOUR)
    traffic(launch, now - 50 * MINUTE, 49, share=0.1, now=now)
    assert status_after_watch(issue, now) == "closed"
    assert "98 of 980 calls" in overview.still_firing(launch)[0].reason
    assert TimelineEntry.objects.filter(subject=issue.key, kind="fix.fires").count() == 1
    status_after_watch(issue, now)
    assert TimelineEntry.objects.filter(subject=issue.key, kind="fix.fires").count() == 1


def test_who_owns_what_fires_is_told_once_a_verdict_and_a_day_and_else_who_leads(launch, people, now):
    owned = make_issue(launch, now=now - DAY, status="closed", resolution="fixed", fingerprint="am:503",
        owner=people["responder"], title="Till is slow")  # fmt: skip
    free = make_issue(launch, now=now - DAY, status="closed", resolution="fixed", fingerprint="am:504")
    again = [make_issue(launch, now=now, fingerprint=name) for name in ("am:503", "am:504")]
    for later in (0 * MINUTE, 5 * MINUTE):
        firing.watch(clock=lambda at=now + later: at)
    told = Message.objects.filter(kind="fires")
    steering = {(free.key, people[role].email) for role in ("lead", "admin")}
    assert sorted(told.values_list("about", "to_address")) == sorted(
        {(owned.key, people["responder"].email), *steering}
    )
    mail = told.get(about=owned.key)
    assert mail.subject == f"{owned.key} still fires: Till is slow"
    assert f"The same alert fires again and opened {again[0].key}." in mail.text
    assert f"/launches/shop/issues/{owned.key}/" in mail.text
    for later in (HOUR, DAY):  # it went quiet and fires again: not twice on a day
        Firing.objects.update(ended_at=now)
        firing.watch(clock=lambda at=now + later: at)
        assert Message.objects.filter(kind="fires", about=owned.key).count() == (1 if later == HOUR else 2)


def test_who_owns_what_fires_is_told_anew_when_it_was_open_in_between(launch, people, closed, now):
    deploy(launch, at=now - 30 * MINUTE, now=now, version="1.8.2", external_id="back")
    firing.watch(clock=lambda: now)
    lifecycle.move(closed.pk, to="in_progress", actor=SYSTEM, now=now)
    firing.watch(clock=lambda: now + MINUTE)
    assert not Firing.objects.filter(ended_at=None).exists()
    lifecycle.move(closed.pk, to="closed", actor=SYSTEM, now=now + DAY)
    firing.watch(clock=lambda: now + DAY + MINUTE)
    listed = TimelineEntry.objects.filter(subject=closed.key, kind="fix.fires").order_by("pk")
    assert [entry.recorded_at for entry in listed] == [now, now + DAY + MINUTE]
    assert Message.objects.filter(kind="fires", to_address=people["lead"].email).count() == 2


def test_what_somebody_opened_while_it_was_looked_at_is_not_said_to_be_fixed_and_fire(launch, closed, now):
    deploy(launch, at=now - 30 * MINUTE, now=now, version="1.8.2", external_id="back")
    closed.refresh_from_db()
    lifecycle.move(closed.pk, to="in_progress", actor=SYSTEM, now=now)
    firing.look(closed, now=now)  # as it was read before
    assert (Firing.objects.count(), Message.objects.filter(kind="fires").count()) == (0, 0)


def test_an_alert_that_opened_another_issue_since_is_told_on_the_closed_one(launch, now):
    old = make_issue(launch, now=now - DAY, status="closed", resolution="fixed", fingerprint="am:503")
    new = make_issue(launch, now=now, fingerprint="am:503")
    firing.watch(clock=lambda: now)
    assert new.key in Firing.objects.get(issue=old).reason


# --- errors near reports ----------------------------------------------------------------------------------------


@pytest.fixture
def kept(launch, issue, now):  # noqa: F811
    """Errors of two routes found near the issue's report."""
    piece = {"by": "component", "score": 0.6, "reasons": ["near"], "calls": 100, "errors": 9, "component": "checkout"}
    other = piece | {"route": "/other", "score": 0.4}
    row = make_feedback(launch, now=now, issue_key=issue.key)
    pieces = [one | {"trace_id": "", "examples": []} for one in (piece | {"route": "/pay"}, other)]
    KeptEvidence.objects.create(feedback=row, pieces=pieces, sought_at=now)
    return issue


def test_accepted_errors_join_the_signature_and_refused_ones_weigh_less(kept, people, now):
    alice = Actor.person(people["lead"])
    assert [(one.route, one.score) for one in matched.matched(kept)] == [("/pay", 0.6), ("/other", 0.4)]
    matched.answer(kept.pk, component="checkout", route="/pay", belongs=True, actor=alice, now=now)
    matched.answer(kept.pk, component="checkout", route="/other", belongs=False, actor=alice, now=now)
    said = EvidenceAnswer.objects.get(route="/pay")
    assert (said.actor, said.answered_at, said.score) == (people["lead"], now, 0.6)
    assert Signature(component="checkout", route="/pay", status_class=5) in matched.signature_of(kept)
    assert matched.weights_of(kept.launch_id) == {"component": pytest.approx(6 / 7)}
    assert [one.score for one in matched.matched(kept)] == [pytest.approx(0.514), pytest.approx(0.343)]
    with pytest.raises(Problem):
        matched.answer(kept.pk, component="checkout", route="/made-up", belongs=True, actor=alice, now=now)


def test_lanes_follow_severity_until_a_person_says_otherwise(launch, issue, people, now):  # noqa: F811
    small = make_issue(launch, now=now, severity=4)
    found = lanes.lanes_of([issue, small])
    assert [found[one.pk].lane for one in (issue, small)] == ["hotfix", "roadmap"]
    lanes.set_lane(small.pk, lane="sprint", actor=Actor.person(people["lead"]), now=now)
    assert (lanes.lanes_of([small])[small.pk].lane, lanes.lanes_of([small])[small.pk].is_suggested) == ("sprint", False)
    lanes.set_lane(small.pk, lane="", actor=Actor.person(people["lead"]), now=now)
    assert lanes.lanes_of([small])[small.pk].lane == "roadmap"
    with pytest.raises(Problem):
        lanes.set_lane(small.pk, lane="later", actor=SYSTEM, now=now)


# --- versions at the same time ----------------------------------------------------------------------------------


def test_a_canary_is_held_against_the_same_minutes_not_against_the_hours_before(launch, now):
    """All of them fail more in the evening; the canary, which runs then only, fails no more than the others."""
    store(launch, calls(900, now - 10 * HOUR, release="1.0", path="/a"), now=now)
    for release, number, failing in (("1.0", 600, 60), ("2.0", 200, 20), ("3.0", 200, 90)):
        store(launch, calls(number - failing, now - HOUR, release=release, path="/a"), now=now)
        store(launch, calls(failing, now - HOUR, release=release, path="/a", status=500), now=now)
    found = evidence.versions(launch, Span.of(now - DAY, now), by="release")
    assert [(row.name, row.word) for row in found.rows] == [("1.0", None), ("2.0", Word.SAME), ("3.0", Word.WORSE)]
    assert (found.rows[1].compared, found.rows[1].against, found.rows[1].calls) == (200, 600, 200)
    assert found.rows[2].error_chance < 0.001


def test_versions_that_never_ran_together_and_rare_ones_are_not_judged(launch, now):
    store(launch, calls(300, now - 5 * HOUR, prompt_version="v1", model="m"), now=now)
    store(launch, calls(200, now - HOUR, prompt_version="v2", model="m", status=500), now=now)
    store(launch, calls(20, now - HOUR), now=now)
    found = evidence.versions(launch, Span.of(now - DAY, now), by="prompt_version")
    assert [(row.name, row.word) for row in found.rows] == [("v1", None), ("v2", Word.TOO_LITTLE)]
    assert evidence.versions(launch, Span.of(now - 2 * DAY, now - DAY), by="model").rows == []


# --- blind spots ------------------------------------------------------------------------------------------------


def test_blind_spots_tell_silence_from_what_monitoring_does_not_see(launch, issue, now):  # noqa: F811
    traffic(launch, now - 2 * HOUR, 60, share=0.1, now=now)
    traffic(launch, now - 2 * HOUR, 60, share=0.1, component="checkout", path="/pay", now=now)
    traffic(launch, now - 2 * HOUR, 60, component="checkout", path="/fine", now=now)
    traffic(launch, now - 3 * HOUR, 60, component="checkout", path="/burst", a_minute=2, now=now)
    lost = make_issue(launch, now=now - HOUR, category="data_integrity", title="Wishlist is empty")
    asked = make_issue(launch, now=now - HOUR, category="question", title="Where is my basket")
    for one in (lost, asked, asked):
        make_feedback(launch, now=now - HOUR, issue_key=one.key)
    alert = make_feedback(launch, now=now - 130 * MINUTE, issue_key=issue.key, channel="alert")
    alert.matches.create(issue=issue, origin="rule", confidence=1.0, reason="same alert key", matched_at=now)
    rescore([issue.pk], now=now)
    found = blind.look(launch, days=7, now=now)
    assert [(one.about, one.reports, one.issue) for one in found.both] == [("catalog-api", 1, issue)]
    assert [(one.about, one.errors, one.reached) for one in found.silent] == [("checkout", 120, 120)]
    assert [one.issue for one in found.blind] == [lost]
    assert [(one.issue, one.reports) for one in found.gaps] == [(asked, 2)]
    assert (found.quiet, found.problems, found.monitored_first, found.lead_minutes) == (2, 2, 1, 10)


def test_blind_spots_of_a_launch_without_traffic_and_reports_are_empty(launch, now):
    found = blind.look(launch, days=7, now=now)
    assert (found.points, found.quiet, found.problems, found.has_traffic) == ([], 0, 0, False)


# --- pages and addresses ----------------------------------------------------------------------------------------


def test_pages_and_api_show_the_fix_and_take_orders(launch, closed, api, client, people, now):
    client.force_login(people["lead"])
    page = client.get(f"/launches/shop/issues/{closed.key}/").content.decode()
    assert "Is it fixed?" in page
    assert "Failures fell from" in page
    assert client.get("/launches/shop/fixes/").status_code == 200
    assert client.get("/launches/shop/blind-spots/?days=1").status_code == 200
    assert client.get("/launches/shop/traffic/versions/?by=model").status_code == 200
    said = api.get(f"/api/v1/issues/{closed.key}/fixes/").json()
    (one,) = said["results"]
    assert (one["version"], one["verdict"]["word"], one["verdict"]["origin"]) == ("1.8.3", "verified", "rule")
    assert said["message_waits"] is False  # who closes an issue tells its reporters
    given = {"deployment": one["deployment"], "word": "not_fixed", "reason": "Lund sees it"}
    said = api.post(f"/api/v1/issues/{closed.key}/verdict/", given, format="json").json()
    assert (said["results"][0]["verdict"]["word"], said["results"][0]["suggested"]["word"]) == ("not_fixed", "verified")
    assert api.post(f"/api/v1/issues/{closed.key}/notice/", {"send": True}, format="json").status_code == 409
    rules = api.put("/api/v1/launches/shop/fixes/", {"verifies": True, "tells": False}, format="json").json()
    assert (rules["verifies"], rules["tells"]) == (True, False)
    assert api.get("/api/v1/launches/shop/blind-spots/?days=3").status_code == 400
    assert api.get("/api/v1/evidence/versions/?launch=shop&by=release").json()["by"] == "release"
    order = f"/launches/shop/issues/{closed.key}/proof/"
    for name, data in (("lane", {"lane": "sprint"}), ("unlink", {"deployment": one["deployment"]})):
        assert client.post(f"{order}{name}/", data).status_code == 302
    assert api.get(f"/api/v1/issues/{closed.key}/fixes/").json()["results"] == []
