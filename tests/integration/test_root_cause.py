"""These tests look for the cause of one issue, by page and by machine, and keep a register of risks."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hypercare.core.models import Component, Launch, TimelineEntry
from hypercare.core.problem import Problem
from hypercare.core.timeline import SYSTEM, Actor
from tests.conftest import bearer
from tests.integration.rows import make_alert, make_deployment, make_feedback, make_issue
from triage import notes
from triage.models import Risk, RootCause, Why
from triage.rootcause import analysis, bones, counting, evidence, risks, whys
from triage.rootcause.analysis import Summary
from triage.rootcause.bones import BoneSaid
from triage.rootcause.reading import analysis_of
from triage.rootcause.whys import WhySaid
from triage.warroom import rooms, talk

pytestmark = pytest.mark.django_db
ALICE, BOB = Actor("Alice"), Actor("Bob")
RATED = {"failure": "The pool runs out", "severity": 8, "occurrence": 5, "detection": 5}


@pytest.fixture
def issue(launch, now):
    return make_issue(launch, now=now, component=launch.components.get(slug="catalog-api"))


@pytest.fixture
def tree(issue, now):
    """A chain of three whys, and a branch beside the last."""
    first = add(issue, "The backend is down", now=now)
    second = add(issue, "Its pool is exhausted", under=first, now=now)
    third = add(issue, "Connections are not released", under=second, now=now)
    other = add(issue, "Fourteen calls a page", under=second, now=now)
    return first, second, third, other


@pytest.fixture
def lead(client, people):
    client.force_login(people["lead"])
    return client


def add(issue, text, *, now, under=None, **fields):
    return whys.add(issue, WhySaid(text, **fields), under=under, actor=ALICE, now=now).pk


def texts(issue):
    return [(why.depth, why.text) for why in analysis_of(issue).all_whys()]


def page_of(issue, rest=""):
    return f"/launches/{issue.launch.slug}/issues/{issue.key}/cause/{rest}"


def refused(status, call):
    with pytest.raises(Problem) as caught:
        call()
    assert caught.value.status == status
    return caught.value


def test_analysis_begins_with_what_people_saw_and_keeps_the_cause_apart(issue, now):
    analysis.begin(issue, actor=ALICE, now=now)
    found = analysis_of(issue)
    assert found.symptom.startswith("Product pages answer 503. ")
    assert (found.cause, found.code, found.factors) == ("", "", ())
    new = Summary(cause="Connections leak", factors=["No limit", " "], code="code_defect", missed="load")
    analysis.change(issue, new, actor=ALICE, now=now, version=1)
    found = analysis_of(issue)
    assert (found.cause, found.factors, found.code_word) == ("Connections leak", ("No limit",), "Code defect")
    assert found.missed_word == "Load not simulated"


def test_conflict_names_who_changed_what(issue, tree, now):
    whys.change(issue, tree[0], WhySaid(action="Restart it"), actor=BOB, now=now, version=1)
    problem = refused(409, lambda: whys.change(issue, tree[0], WhySaid("Down"), actor=ALICE, now=now, version=1))
    assert (
        problem.detail == "“The backend is down” was changed by Bob meanwhile (Action). Look at it again, then decide."
    )
    assert (problem.extra["changed_by"], problem.extra["version"]) == ("Bob", 2)


def test_branch_moves_with_all_below_it_and_never_below_itself(issue, tree, now):
    _first, second, third, other = tree
    whys.move(issue, second, under=None, actor=ALICE, now=now)
    assert [depth for depth, _text in texts(issue)] == [1, 1, 2, 2]
    problem = refused(400, lambda: whys.move(issue, second, under=third, actor=ALICE, now=now))
    assert problem.errors[0].pointer == "/under"
    whys.step(issue, other, steps=-1, actor=ALICE, now=now)
    assert [text for _depth, text in texts(issue)][-2:] == ["Fourteen calls a page", "Connections are not released"]


def test_tree_is_bounded_in_depth_and_number(issue, now):
    under = None
    for number in range(12):
        under = add(issue, f"Why {number}", under=under, now=now)
    assert "12 levels" in refused(400, lambda: add(issue, "Deeper", under=under, now=now)).detail
    row = RootCause.objects.get(issue=issue)
    Why.objects.bulk_create(Why(analysis=row, text="x", place=number) for number in range(188))
    assert "200" in refused(409, lambda: add(issue, "More", now=now)).detail


def test_what_is_removed_comes_back_with_all_that_went_along(issue, tree, now):
    before = texts(issue)
    assert whys.remove(issue, tree[1], actor=ALICE, now=now) == 3
    assert texts(issue) == before[:1]
    whys.put_back(issue, tree[1], actor=ALICE, now=now)
    assert texts(issue) == before


def test_branch_whose_place_is_gone_comes_back_as_a_first_answer(issue, tree, now):
    whys.remove(issue, tree[2], actor=ALICE, now=now)
    whys.remove(issue, tree[1], actor=ALICE, now=now)
    whys.put_back(issue, tree[2], actor=ALICE, now=now)
    assert texts(issue) == [(1, "The backend is down"), (1, "Connections are not released")]


def test_evidence_is_of_this_launch_and_opens_its_page(issue, launch, people, now):
    room = rooms.open_room(issue, reason="", actor=ALICE, now=now)
    talk.say(room, text="The pool is full", actor=Actor.person(people["lead"]), now=now)
    said = TimelineEntry.objects.get(subject=room.key, kind="room.said")
    refs = [
        make_feedback(launch, now=now).key, issue.key, f"AL-{make_alert(launch, now=now).pk}",
        f"DP-{make_deployment(launch, now=now, version='1.8.2').pk}", room.key, f"TE-{said.pk}", "https://wiki.example/p",
    ]  # fmt: skip
    given = [{"ref": ref.lower() if ref.startswith("HC") else ref, "shows": "40 of 40"} for ref in refs]
    add(issue, "Full", evidence=given, now=now)
    shown = analysis_of(issue).whys[0].evidence
    assert [one.ref for one in shown] == refs
    assert all(one.path for one in shown)
    assert "The pool is full" in shown[5].words


@pytest.mark.parametrize(
    "ref", ["{far}", "IS-999999", "TE-1", "javascript:alert(1)", "ftp://x.example", "https://a@b/", "pool"]
)
def test_evidence_of_elsewhere_is_unknown(issue, launch, people, now, ref):
    far = Launch.objects.create(
        created_at=now, slug="far", name="Far", go_live_on=launch.go_live_on, planned_end_on=launch.planned_end_on
    )
    named = {"ref": ref.format(far=make_issue(far, now=now).key)}
    assert refused(400, lambda: add(issue, "Full", evidence=[named], now=now)).errors[0].pointer == "/evidence"


def test_many_entries_of_a_room_are_read_with_as_many_statements_as_one(issue, launch, now):
    room = rooms.open_room(issue, reason="Sales are lost", actor=ALICE, now=now)

    def statements():
        refs = [f"TE-{pk}" for pk in TimelineEntry.objects.filter(subject=room.key).values_list("pk", flat=True)]
        with CaptureQueriesContext(connection) as told:
            assert len(evidence.find(launch, refs)) == len(refs)
        return len(told)

    talk.say(room, text="503", actor=ALICE, now=now)
    one = statements()
    for _number in range(4):
        talk.say(room, text="503", actor=ALICE, now=now)
    assert statements() == one


def test_evidence_is_offered_from_reports_alerts_deployments_and_the_room(issue, launch, now):
    report = make_feedback(launch, now=now, issue_key=issue.key)
    alert = make_alert(launch, now=now, feedback=make_feedback(launch, now=now, issue_key=issue.key))
    deployed = make_deployment(launch, now=now, version="1.8.2")
    room = rooms.open_room(issue, reason="", actor=ALICE, now=now)
    notes.add_note(issue, text="Full", actor=SYSTEM, now=now)
    offered = dict(evidence.offered(issue))
    assert {report.key, f"AL-{alert.pk}", f"DP-{deployed.pk}", room.key} <= offered.keys()
    assert any(ref.startswith("TE-") for ref in offered)


def test_verified_by_a_member_with_the_time_and_by_nobody_else(issue, people, tree, now):
    whys.change(issue, tree[0], WhySaid(verified_by=people["agent"].email), actor=ALICE, now=now)
    why = analysis_of(issue).whys[0]
    assert (why.verified_by, why.verified_at) == ("Agent Person", now)
    outside = WhySaid(verified_by=people["outsider"].email)
    assert refused(400, lambda: whys.change(issue, tree[0], outside, actor=ALICE, now=now)).errors


def test_other_words_are_no_longer_verified_and_say_who_had_verified_the_earlier_ones(lead, issue, people, tree, now):
    agent = people["agent"].email
    whys.change(issue, tree[0], WhySaid(verified_by=agent), actor=ALICE, now=now)
    whys.change(issue, tree[0], WhySaid(sureness="high"), actor=ALICE, now=now)
    assert analysis_of(issue).whys[0].verified_by == "Agent Person"
    posted = {"text": "Down at noon", "sureness": "high", "verified_by": agent, "version": 3}
    assert lead.post(page_of(issue, f"whys/{tree[0]}/"), posted).status_code == 302
    why = analysis_of(issue).whys[0]
    assert (why.text, why.verified_by, why.verified_at, why.verified_before) == (
        "Down at noon",
        "",
        None,
        "Agent Person",
    )
    assert b"not verified; Agent Person had verified the earlier words" in lead.get(page_of(issue)).content
    told = TimelineEntry.objects.filter(kind="cause.why_changed").latest("id").data
    assert (told["fields"], told["unverified"]) == (["text", "verified_by"], "Agent Person")
    whys.change(issue, tree[0], WhySaid(verified_by=agent), actor=ALICE, now=now)
    why = analysis_of(issue).whys[0]
    assert (why.verified_by, why.verified_at, why.verified_before) == ("Agent Person", now, "")


def test_who_left_stays_named_and_keeps_nobody_from_changing_the_rest(lead, issue, launch, people, tree, now):
    agent = people["agent"]
    whys.change(issue, tree[0], WhySaid(verified_by=agent.email), actor=ALICE, now=now)
    risk = risks.add(launch, risks.RiskSaid(RATED | {"owner": agent.email}), actor=ALICE, now=now)
    launch.memberships.filter(user=agent).delete()
    text = analysis_of(issue).whys[0].text
    posted = {"text": text, "action": "Raise the pool", "verified_by": agent.email, "version": 2}
    assert lead.post(page_of(issue, f"whys/{tree[0]}/"), posted).status_code == 302
    why = analysis_of(issue).whys[0]
    assert (why.action, why.verified_by, why.verified_at) == ("Raise the pool", "Agent Person", now)
    posted = RATED | {"severity": 3, "owner": agent.email, "version": 1}
    assert lead.post(f"/launches/shop/risks/{risk.key}/", posted).status_code == 302
    risk.refresh_from_db()
    assert (risk.severity, risk.owner) == (3, agent)


def test_fishbone_cause_becomes_a_why_and_says_so(issue, now):
    made = bones.add_preset(issue, "ai", actor=ALICE, now=now)
    assert [bone.text for bone in made][:2] == ["Model", "Prompt"]
    assert bones.add_preset(issue, "ai", actor=ALICE, now=now) == []
    cause = bones.add(
        issue, BoneSaid("The basket falls out of the window", "likely"), under=made[2].pk, actor=ALICE, now=now
    )
    why = whys.add(issue, WhySaid(), under=None, bone=cause.pk, actor=ALICE, now=now)
    assert why.text == "The basket falls out of the window"
    shown = analysis_of(issue).bones[2].below[0]
    assert (shown.why, shown.standing_word) == (why.pk, "Likely")


def test_a_preset_is_added_once_whatever_the_language_or_the_name(issue, launch, now):
    made = bones.add_preset(issue, "ai", actor=ALICE, now=now)
    bones.change(issue, made[0].pk, BoneSaid("The model of the assistant"), actor=ALICE, now=now)
    launch.language = issue.launch.language = "sv"
    launch.save(update_fields=["language"])
    assert bones.add_preset(issue, "ai", actor=ALICE, now=now) == []


def test_bone_is_neither_likely_nor_under_another(issue, now):
    bone = bones.add(issue, BoneSaid("People"), under=None, actor=ALICE, now=now)
    other = bones.add(issue, BoneSaid("Process"), under=None, actor=ALICE, now=now)
    refused(400, lambda: bones.change(issue, bone.pk, BoneSaid(standing="likely"), actor=ALICE, now=now))
    refused(400, lambda: bones.move(issue, bone.pk, under=other.pk, actor=ALICE, now=now))
    cause = bones.add(issue, BoneSaid("Tired"), under=bone.pk, actor=ALICE, now=now)
    assert bones.move(issue, cause.pk, under=other.pk, actor=ALICE, now=now).parent_id == other.pk


def test_causes_are_counted_by_code_component_and_team(issue, launch, now):
    other = make_issue(launch, now=now, component=Component.objects.get(launch=launch, slug="checkout"))
    for one, code in ((issue, "capacity"), (other, "capacity"), (make_issue(launch, now=now), "")):
        analysis.change(one, Summary(cause="x", code=code), actor=ALICE, now=now)
    found = counting.count(launch, {})
    assert [(bar.value, bar.number) for bar in found.bars["code"]] == [("capacity", 2), ("none", 1)]
    narrowed = counting.count(launch, {"component": "checkout"})
    assert [row.issue for row in narrowed.rows] == [other]
    assert [(bar.value, bar.number) for bar in narrowed.bars["code"]] == [("capacity", 1)]
    over = make_issue(launch, now=now, status="closed", closed_at=now)
    assert list(counting.without_analysis(launch)) == [over]


def test_common_risks_come_once_and_stay_away_once_removed(launch, now):
    assert risks.take_common(launch, actor=ALICE, now=now) == 12
    first = risks.register(launch).first()
    assert (first.failure, risks.rpn_of(first)) == ("The context of a model is cut off", 288)
    risks.remove(first, actor=ALICE, now=now)
    assert risks.take_common(launch, actor=ALICE, now=now) == 0
    assert risks.register(launch).count() == 11


def test_register_is_sorted_by_the_number_of_now_and_then_by_harm(launch, now):
    made = {}
    for name, ratings in {"a": (8, 5, 5), "b": (5, 8, 5), "c": (10, 10, 10)}.items():
        fields = dict(zip(risks.RATINGS, ratings, strict=True)) | {"failure": name}
        made[name] = risks.add(launch, risks.RiskSaid(fields), actor=ALICE, now=now)
    after = dict(zip(risks.AFTER, (10, 1, 1), strict=True))
    changed = risks.change(made["c"], risks.RiskSaid(after), actor=ALICE, now=now, version=1)
    assert (risks.rpn_of(changed), risks.rpn_after(changed), risks.must_act(changed)) == (1000, 10, False)
    assert [risk.failure for risk in risks.register(launch)] == ["a", "b", "c"]


def test_risk_tells_what_each_field_was(launch, issue, now):
    risk = risks.add(launch, risks.RiskSaid(RATED), actor=ALICE, now=now)
    new = {"severity": 9, "due_on": "2026-06-01", "issues": [issue.key]}
    risks.change(risk, risks.RiskSaid(new), actor=BOB, now=now, version=1)
    told = risks.changes_in_words(risks.history(risk)[0])
    assert told == [("Severity", "8", "9"), ("Due", "–", "2026-06-01"), ("Issues", "–", issue.key)]
    stale = refused(409, lambda: risks.change(risk, risks.RiskSaid({"severity": 7}), actor=ALICE, now=now, version=1))
    assert "changed by Bob meanwhile (Severity, Due, Issues)" in stale.detail


@pytest.mark.parametrize(
    ("field", "value"),
    [("severity", 11), ("severity", 0), ("failure", " "), ("component", "nowhere"), ("owner", "x@y.example"),
     ("due_on", "tomorrow"), ("issues", ["IS-999999"]), ("severity_after", 3)],
)  # fmt: skip
def test_bad_value_of_a_risk_is_told_beside_its_field(launch, lead, now, field, value):
    named = "occurrence_after" if field == "severity_after" else field
    problem = refused(400, lambda: risks.add(launch, risks.RiskSaid(RATED | {field: value}), actor=ALICE, now=now))
    assert problem.errors[0].pointer == f"/{named}"
    posted = RATED | {field: ",".join(value) if isinstance(value, list) else value}
    page = lead.post("/launches/shop/risks/new/", posted)
    assert page.status_code == 400
    assert f'id="id_{named}_error"' in page.content.decode()


def test_why_is_added_by_form_alone_and_shown_where_it_hangs(lead, issue, tree, now):
    posted = {
        "text": "A change leaked them",
        "under": tree[2],
        "code": "code_defect",
        "ref": issue.key,
        "shows": "The diff",
    }
    answer = lead.post(page_of(issue, "whys/new/"), posted)
    why = Why.objects.latest("pk")
    assert answer.headers["Location"] == f"{page_of(issue)}#why-{why.pk}"
    page = lead.get(page_of(issue)).content.decode()
    assert "A change leaked them" in page
    assert "The diff" in page
    assert analysis_of(issue).all_whys()[3].depth == 4


def test_conflict_in_a_form_keeps_what_was_typed_and_lets_save_once_more(lead, issue, tree, now):
    whys.change(issue, tree[0], WhySaid(action="Restart it"), actor=BOB, now=now)
    posted = {"text": "Typed by me", "version": 1}
    page = lead.post(page_of(issue, f"whys/{tree[0]}/"), posted).content.decode()
    assert "was changed by Bob meanwhile" in page
    assert "Typed by me" in page
    assert 'name="version" value="2"' in page


def test_wrong_evidence_is_told_beside_its_field(lead, issue, tree):
    page = lead.post(page_of(issue, f"whys/{tree[0]}/"), {"text": "Down", "ref": "IS-999999", "version": 1})
    assert "There is no IS-999999 in this launch." in page.content.decode()
    assert 'id="id_ref_error"' in page.content.decode()


def test_fishbone_is_drawn_with_its_words(lead, issue, now):
    lead.post(page_of(issue, "do/preset/"), {"preset": "general"})
    bone = analysis_of(issue).bones[0]
    lead.post(page_of(issue, "do/add-bone/"), {"text": "Nobody on call at night", "under": bone.number})
    page = lead.get(page_of(issue, "fishbone/")).content.decode()
    assert page.count('class="rib"') == 6
    assert "<title>Nobody on call at night</title>" in page


def test_closed_launch_and_merged_issue_take_nothing_more(issue, launch, tree, lead, now):
    into = make_issue(launch, now=now)
    issue.merged_into, issue.status = into, "duplicate"
    issue.save()
    assert into.key in refused(409, lambda: add(issue, "More", now=now)).detail
    launch.closed_at = now
    launch.save()
    refused(409, lambda: risks.add(launch, risks.RiskSaid(RATED), actor=ALICE, now=now))
    assert Risk.objects.filter(launch=launch).count() == 0
    assert "Ask why" not in lead.get(page_of(into)).content.decode()


def test_page_takes_as_many_queries_for_many_whys_as_for_few(lead, issue, tree, now, django_assert_max_num_queries):
    row = RootCause.objects.get(issue=issue)
    Why.objects.bulk_create(
        Why(analysis=row, text=f"Why {number}", place=number, evidence=[{"ref": issue.key, "shows": ""}])
        for number in range(150)
    )
    with django_assert_max_num_queries(25):
        assert lead.get(page_of(issue)).status_code == 200


def test_machines_read_and_grow_the_tree(api, issue, now):
    at = f"/api/v1/issues/{issue.key}/cause/"
    assert api.get(at).json()["begun_at"] is None
    assert api.put(at, {"cause": "The pool", "factors": ["No limit"]}, format="json").json()["factors"] == ["No limit"]
    one = api.post(f"{at}whys/", {"text": "Full"}, format="json").json()["whys"][0]["number"]
    two = api.post(f"{at}whys/", {"text": "Held", "under": one}, format="json").json()["whys"][1]
    assert (two["under"], two["depth"], two["is_end"]) == (one, 2, True)
    ring = api.put(f"{at}whys/{one}/", {"text": "Changed", "under": two["number"]}, format="json")
    assert (ring.status_code, ring.headers["Content-Type"]) == (400, "application/problem+json")
    assert ring.json()["errors"][0]["pointer"] == "/under"
    assert api.get(at).json()["whys"][0]["text"] == "Full"
    assert api.delete(f"{at}whys/{one}/").json()["whys"] == []
    back = api.put(f"{at}whys/{one}/", {"removed": False}, format="json").json()
    assert [why["text"] for why in back["whys"]] == ["Full", "Held"]


def test_machines_keep_the_register_and_read_the_counts(api, issue, launch, people, now):
    made = api.post("/api/v1/risks/", {"launch": "shop", **RATED, "issues": [issue.key]}, format="json").json()
    assert (made["rpn"], made["rpn_after"], made["must_act"], made["issues"]) == (200, None, True, [issue.key])
    after = {"severity_after": 8, "occurrence_after": 1, "detection_after": 2, "owner": people["agent"].email}
    assert api.put(f"/api/v1/risks/{made['id']}/", after, format="json").json()["rpn_after"] == 16
    assert api.post("/api/v1/risks/common/", {"launch": "shop"}, format="json").json()["offered"] == 0
    assert len(api.get("/api/v1/risks/?launch=shop").json()["results"]) == 13
    analysis.change(issue, Summary(code="capacity"), actor=ALICE, now=now)
    counted = api.get("/api/v1/launches/shop/causes/?code=capacity").json()
    assert (counted["total"], counted["issues"], counted["code"][0]["word"]) == (1, [issue.key], "Capacity")


def test_reader_reads_and_changes_nothing(people, issue, tree, now):
    reader = bearer(people["stakeholder"], scopes=["admin"], now=now)
    at = f"/api/v1/issues/{issue.key}/cause/"
    assert len(reader.get(at).json()["whys"]) == 4
    assert reader.put(at, {"cause": "x"}, format="json").status_code == 403
