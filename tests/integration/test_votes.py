"""This module tests votes: who may, what a ballot may be, its end, races, results that become values, and the plot and pins beside."""

from datetime import timedelta
from threading import Thread

import pytest
from django.db import connection, connections

from hypercare.core.models import TimelineEntry
from hypercare.core.problem import Problem
from hypercare.core.timeline import SYSTEM, Actor
from tests.conftest import bearer
from tests.integration.rows import make_feedback, make_issue
from triage.models import Ballot, Issue, Match
from triage.score import rescore
from triage.votes import rounds
from triage.votes.rounds import Question

DAY = timedelta(days=1)


@pytest.fixture
def issues(launch, now):
    found = [make_issue(launch, now=now, title=f"Problem {number}", severity=3) for number in range(3)]
    rescore([issue.pk for issue in found], now=now)
    return found


@pytest.fixture
def vote(launch, issues, people, now):
    question = Question("What hurts most?", issues, "points", now + DAY)
    return rounds.open_round(launch, question, actor=Actor.person(people["lead"]), now=now)


def give(vote, issues, *parts):
    return {issue.key: part for issue, part in zip(issues, parts, strict=False)}


@pytest.mark.django_db
def test_points_must_be_a_hundred_and_are_told_with_their_sum(vote, issues, people, now):
    with pytest.raises(Problem) as refused:
        rounds.cast(vote, give(vote, issues, 60, 30), voter=people["stakeholder"], now=now)
    assert (refused.value.status, "these are 90" in refused.value.detail) == (400, True)
    for wrong in ({issues[0].key: 101}, {issues[0].key: True}, {"IS-0": 100}, {"x": 1}, {issues[0].key: -1}, {}):
        with pytest.raises(Problem):
            rounds.cast(vote, wrong, voter=people["stakeholder"], now=now)
    assert not Ballot.objects.exists()


@pytest.mark.django_db
def test_the_last_ballot_before_the_end_counts_and_none_after_it(vote, issues, people, now):
    for parts in ((100,), (20, 80)):
        rounds.cast(vote, give(vote, issues, *parts), voter=people["stakeholder"], now=now)
    assert Ballot.objects.get().given == {str(issues[0].pk): 20, str(issues[1].pk): 80}
    assert TimelineEntry.objects.filter(kind="vote.cast", subject=vote.key).count() == 1
    with pytest.raises(Problem) as late:
        rounds.cast(vote, give(vote, issues, 100), voter=people["agent"], now=vote.closes_at)
    assert late.value.status == 409
    rounds.close_due(now=vote.closes_at)
    rounds.close_due(now=vote.closes_at + DAY)
    vote.refresh_from_db()
    assert (vote.closed_at, vote.invited) == (vote.closes_at, 5)
    assert TimelineEntry.objects.filter(kind="vote.closed", subject=vote.key).count() == 1


@pytest.mark.django_db
def test_the_ballot_of_who_lost_the_right_counts_no_more_and_the_end_stands(launch, vote, issues, people, now):
    for role, parts in (("stakeholder", (100,)), ("agent", (0, 100))):
        rounds.cast(vote, give(vote, issues, *parts), voter=people[role], now=now)
    launch.memberships.filter(user=people["agent"]).delete()
    assert (rounds.outcome_of(vote).voters, rounds.outcome_of(vote).results[0].issue) == (1, issues[0].pk)
    vote = rounds.close(vote, actor=SYSTEM, now=now)
    launch.memberships.filter(user=people["stakeholder"]).delete()
    assert (rounds.outcome_of(vote).voters, vote.invited) == (1, 4)
    assert TimelineEntry.objects.get(kind="vote.closed").data == {"voters": 1}


@pytest.mark.django_db
def test_a_result_becomes_a_value_by_a_lead_only_after_the_end_with_its_origin(client, vote, issues, people, now):
    rounds.cast(vote, give(vote, issues, 20, 80), voter=people["stakeholder"], now=now)
    with pytest.raises(Problem):
        rounds.apply(vote, issues[1].pk, actor=SYSTEM, now=now)
    rounds.close(vote, actor=SYSTEM, now=now)
    client.force_login(people["stakeholder"])
    address = f"/launches/shop/votes/{vote.key}/apply/"
    assert client.post(address, {"issue": issues[0].key}).status_code == 403
    client.force_login(people["lead"])
    page = client.post(address, {"issue": issues[0].key}, follow=True).content.decode()
    assert "taken over by Alice Lead" in page
    assert Issue.objects.get(pk=issues[0].pk).business_value == 2.5
    shown = client.get(f"/launches/shop/issues/{issues[0].key}/").content.decode()
    assert f"Alice Lead: vote {vote.key}: 20% of what 1 voter gave" in shown


@pytest.mark.django_db
def test_a_hidden_tally_shows_no_result_until_the_end(client, vote, issues, people, now):
    rounds.cast(vote, give(vote, issues, 20, 80), voter=people["stakeholder"], now=now)
    api = bearer(people["lead"], scopes=["admin"], now=now)
    vote.closes_at = vote.closes_at.replace(year=2999)
    vote.save()
    address = f"/api/v1/votes/{vote.key}/"
    told = api.get(address).json()
    assert (told["voters"], told["invited"], told["agreement"], told["candidates"][0]["result"]) == (1, 5, None, None)
    assert api.put(f"{address}ballot/", {"given": {issues[0].key: 100}}, format="json").status_code == 200
    ended = api.post(f"{address}close/").json()
    assert (ended["is_open"], round(ended["agreement"], 2), ended["candidates"][0]["result"]["given"]) == (
        False,
        0.2,
        120,
    )
    refused = api.put(f"{address}ballot/", {"given": {issues[0].key: 100}}, format="json")
    assert (refused.status_code, refused["Content-Type"]) == (409, "application/problem+json")


@pytest.mark.django_db
def test_the_api_opens_a_vote_about_the_first_and_refuses_what_is_wrong(api, launch, issues, people, now):
    given = {"question": "What first?", "method": "dots", "closes_at": "2999-01-01T00:00:00Z", "top": 2, "dots": 3}
    address = "/api/v1/launches/shop/votes/"
    assert api.post(address, given, format="json").json()["errors"][0]["pointer"] == "/closes_at"
    for wrong in ({"top": 1}, {"method": "shout"}, {"dots": 0}, {"issues": ["IS-0", "IS-1"]}, {"is_hidden": "no"}):
        assert api.post(address, given | wrong, format="json").status_code in (400, 404)


@pytest.mark.django_db
def test_a_closed_launch_takes_no_votes(vote, issues, people, launch, now):
    launch.closed_at = now
    launch.save()
    with pytest.raises(Problem) as refused:
        rounds.cast(vote, give(vote, issues, 100), voter=people["stakeholder"], now=now)
    assert refused.value.status == 409


@pytest.mark.django_db(transaction=True)
def test_a_ballot_and_the_end_of_the_vote_never_pass_each_other(vote, issues, people, now):
    """Whoever comes second waits: either the ballot is in and counted at the end, or it is refused."""
    refused = []

    def cast():
        try:
            rounds.cast(vote, give(vote, issues, 100), voter=people["stakeholder"], now=now)
        except Problem as problem:
            refused.append(problem.status)
        finally:
            connections.close_all()

    def close():
        rounds.close(vote, actor=SYSTEM, now=now)
        connections.close_all()

    threads = [Thread(target=work) for work in (cast, close)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ended = TimelineEntry.objects.get(kind="vote.closed", subject=vote.key)
    assert Ballot.objects.count() + len(refused) == 1
    assert ended.data["voters"] == Ballot.objects.count()
    assert refused in ([], [409])
    connection.ensure_connection()


@pytest.mark.django_db
def test_a_pinned_severity_stays_and_says_what_it_would_be(client, api, launch, people, now):
    issue = make_issue(launch, now=now, severity=4)
    for number in range(3):
        row = make_feedback(launch, now=now, severity=2, issue_key=issue.key, title=f"Told {number}")
        row.decisions.create(
            launch=launch, field="severity", value="2", origin="rule", decider="rule", confidence=1.0, decided_at=now
        )
        Match.objects.create(feedback=row, issue=issue, origin="rule", confidence=1, reason="alike", matched_at=now)
    rescore([issue.pk], now=now)
    address = f"/api/v1/issues/{issue.key}/pin/"
    assert api.put(address, {"severity": 4}, format="json").status_code == 400
    assert api.delete(address).status_code == 409
    told = api.put(address, {"severity": 4, "reason": "One tenant only"}, format="json").json()
    assert (told["pinned"], told["severity"], told["would_be"]) == (True, 4, 2)
    client.force_login(people["lead"])
    page = client.get(f"/launches/shop/issues/{issue.key}/").content.decode()
    for words in ("Pinned at SEV4", "One tenant only", "It would be SEV2", "3 of 3 reports say SEV2"):
        assert words in page
    assert api.delete(address).json() == {
        "pinned": False,
        "severity": 2,
        "by": None,
        "reason": None,
        "would_be": 2,
        "why": "",
    }


@pytest.mark.django_db
def test_two_issues_are_set_side_by_side_with_where_each_figure_comes_from(client, api, launch, issues, people, now):
    from triage.overrides import override_issue

    lead = Actor.person(people["lead"])
    override_issue(issues[0].pk, field="rice_effort", value=0.5, reason="Known cause", actor=lead, now=now)
    told = api.get(f"/api/v1/issues/{issues[1].key}/above/{issues[0].key}/").json()
    assert (told["upper"], told["lower"]) == (issues[0].key, issues[1].key)
    effort = next(one for one in told["inputs"] if one["name"] == "rice_effort")
    assert effort == {
        "name": "rice_effort", "differs": True,
        "upper": {"value": "0.5", "origin": "Alice Lead: Known cause"}, "lower": {"value": "1", "origin": "Rule: default"},
    }  # fmt: skip
    assert api.get(f"/api/v1/issues/{issues[1].key}/above/{issues[1].key}/").status_code == 409
    client.force_login(people["lead"])
    page = client.get(f"/launches/shop/priorities/?one={issues[1].key}&other={issues[0].key}").content.decode()
    assert "Known cause" in page
    assert "stands above" in page
