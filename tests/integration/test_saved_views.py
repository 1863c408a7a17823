"""This module tests saved views and the mail about them, lanes, limits, the panel and the list's part of a page, and the keys of a person."""

from datetime import timedelta

import pytest

from hypercare.core.models import Message, User
from hypercare.core.timeline import Actor
from tests.integration.rows import make_issue
from triage.board import changes as board
from triage.board import readers
from triage.board.limits import set_limit
from triage.models import LaneLimit, SavedView, ViewReader

pytestmark = pytest.mark.django_db
BOARD, VIEWS, API = "/launches/shop/board/", "/launches/shop/views/", "/api/v1/launches/shop/views/"


@pytest.fixture
def as_role(client, people):
    """A browser signed in as that role."""

    def sign_in(role):
        client.force_login(people[role])
        return client

    return sign_in


def test_a_private_view_is_seen_by_its_owner_alone_and_keeps_filters_and_lanes_only(as_role):
    lead = as_role("lead")
    said = {"name": "My worst", "visibility": "private", "query": "severity=1&lanes=component&cursor=abc"}
    answer = lead.post(VIEWS, said)
    assert answer.url == f"{BOARD}?severity=1&lanes=component"
    assert b"My worst" in lead.get(BOARD).content
    assert b"My worst" not in as_role("agent").get(BOARD).content


def test_a_shared_view_is_seen_by_all_and_removed_by_its_owner_or_who_manages(api, as_role, people, now):
    made = api.post(API, {"name": "Blocks", "visibility": "team", "query": "severity=1"}, format="json").json()
    assert made["query"] == "severity=1"
    agent = as_role("agent")
    assert b"Blocks" in agent.get(BOARD).content
    told = agent.post(f"{VIEWS}{made['id']}/remove/", follow=True).content.decode()
    assert "This view is Alice Lead" in told
    assert api.delete(f"{API}{made['id']}/").status_code == 204
    assert not SavedView.objects.exists()


def test_the_launch_has_one_view_that_everyone_sees_first(api, as_role):
    for name, query in (("Old", "severity=1"), ("New", "severity=2&lanes=severity")):
        api.post(API, {"name": name, "visibility": "default", "query": query}, format="json")
    assert dict(SavedView.objects.values_list("name", "visibility")) == {"Old": "team", "New": "default"}
    stakeholder = as_role("stakeholder")
    assert stakeholder.get(BOARD).url == f"{BOARD}?severity=2&lanes=severity"
    assert stakeholder.get(f"{BOARD}?open=true").status_code == 200
    refused = stakeholder.post(VIEWS, {"name": "Mine", "visibility": "default"}, follow=True).content.decode()
    assert "Only who manages the launch" in refused


def test_bad_views_are_refused_with_a_sentence(api):
    for bad, says in (
        ({"name": " ", "visibility": "private"}, "1 to 60 characters"),
        ({"name": "x" * 61, "visibility": "private"}, "1 to 60 characters"),
        ({"name": "x", "visibility": "all"}, "Use one of private, team, default"),
    ):
        answer = api.post(API, bad, format="json")
        assert (answer.status_code, says in answer.json()["detail"]) == (400, True)


@pytest.mark.parametrize(
    ("by", "names"),
    [
        ("severity", ["SEV2 Critical", "SEV4 Minor"]),
        ("component", ["Checkout", "No component"]),
        ("source", ["portal", "No source"]),
        ("criterion", ["Holds up E1", "Holds up nothing"]),
    ],
)
def test_the_board_is_grouped_in_rows(as_role, launch, now, by, names):
    checkout = launch.components.get(slug="checkout")
    make_issue(launch, now=now, component=checkout, sources={"portal": 2, "email": 1}, blocks=["E1"])
    make_issue(launch, now=now, severity=4)
    answer = as_role("lead").get(f"{BOARD}?lanes={by}")
    assert [swim.name for swim in answer.context["swims"]] == names
    assert [sum(lane.count for lane in swim.lanes) for swim in answer.context["swims"]] == [1, 1]


def test_what_the_filter_hides_is_counted(as_role, launch, now):
    for severity in (1, 2, 2):
        make_issue(launch, now=now, severity=severity)
    assert "2 open issues are hidden by the filter." in as_role("lead").get(f"{BOARD}?severity=1").content.decode()
    assert "hidden by the filter" not in as_role("lead").get(f"{BOARD}?open=true").content.decode()


def test_a_column_says_that_it_is_at_its_limit_or_above(as_role, launch, people, now):
    lead = as_role("lead")
    lead.post("/launches/shop/board/limits/", {"most-new": "1", "most-triaged": "", "most-verified": "x"})
    assert dict(LaneLimit.objects.values_list("status", "most")) == {"new": 1}
    for words in ("at limit 1", "above limit 1"):
        make_issue(launch, now=now)
        assert f">{words}</span>" in lead.get(BOARD).content.decode()
    set_limit(launch, "new", None, actor=Actor.person(people["lead"]), now=now)
    assert not LaneLimit.objects.exists()


def test_the_panel_and_the_rows_are_parts_of_their_pages(as_role, launch, now):
    issue = make_issue(launch, now=now)
    lead = as_role("lead")
    panel = lead.get(f"/launches/shop/issues/{issue.key}/", headers={"HX-Request": "true"}).content.decode()
    assert 'data-edit="title"' in panel
    assert "<html" not in panel
    rows = lead.get("/launches/shop/issues/", headers={"HX-Request": "true"}).content.decode()
    assert f'data-issue="{issue.key}"' in rows
    assert "<html" not in rows
    reader = as_role("stakeholder")
    assert (
        "data-edit="
        not in reader.get(f"/launches/shop/issues/{issue.key}/", headers={"HX-Request": "true"}).content.decode()
    )


def test_an_issue_is_snoozed_and_woken_by_plain_forms(as_role, launch, now):
    issue = make_issue(launch, now=now)
    lead = as_role("lead")
    page = f"/launches/shop/issues/{issue.key}/"
    lead.post(f"{page}snooze/", {"until": "tomorrow", "wake_if_worse": "on", "version": "1"})
    issue.refresh_from_db()
    assert issue.snoozed_until is not None
    assert "Wake it" in lead.get(page).content.decode()
    lead.post(f"{page}wake/", {"version": str(issue.version)})
    issue.refresh_from_db()
    assert issue.snoozed_until is None


def test_keys_of_a_person_are_kept_and_bad_ones_refused(as_role, people):
    lead = as_role("lead")

    def choose(body):
        return lead.post("/account/keys/", body, content_type="application/json")

    assert choose('{"off": true, "keys": {"a": "y", "g b": "b"}}').status_code == 204
    people["lead"].refresh_from_db()
    assert people["lead"].key_choices == {"off": True, "keys": {"a": "y", "g b": "b"}}
    for bad in (
        "",
        "[]",
        '{"keys": []}',
        '{"keys": {"a": "too long"}}',
        '{"keys": {"a": "y", "b": "y"}}',
        '{"keys": {"a": 1}}',
    ):
        assert choose(bad).status_code == 400


# mail about a view


@pytest.fixture
def agents_view(launch, people, now):
    """A view of the lead's that everyone sees, read by the agent once an hour at most; one issue is in it already."""
    board.publish(launch.pk, [make_issue(launch, now=now, title="Old", severity=3).pk])
    view = SavedView.objects.create(
        launch=launch,
        owner=people["lead"],
        name="Grave",
        query="severity=1&severity=3",
        visibility="team",
        saved_at=now,
    )
    readers.begin(view, people["agent"], often="hourly", now=now)
    return view


def enter(launch, now, **fields):
    issue = make_issue(launch, now=now, **fields)
    board.publish(launch.pk, [issue.pk])
    return issue


def test_what_newly_enters_is_told_once_sev1_at_once_and_the_rest_by_the_hour(launch, agents_view, now):
    enter(launch, now, title="Minor", severity=3)
    enter(launch, now, title="Elsewhere", severity=4)
    readers.tell_due(now=now + timedelta(minutes=5))
    assert not Message.objects.exists()
    enter(launch, now, title="Tills are down", severity=1)
    for minutes in (6, 7):
        readers.tell_due(now=now + timedelta(minutes=minutes))
    mail = Message.objects.get()
    assert mail.subject == "1 new issue in “Grave” of Meridian Shop"
    assert "SEV1 New: Tills are down" in mail.text
    assert mail.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    for hours in (1, 2):
        readers.tell_due(now=now + timedelta(hours=hours))
    later = Message.objects.latest("pk")
    assert (Message.objects.count(), "Minor" in later.text, "Old" in later.text) == (2, True, False)


def test_an_issue_that_changes_or_comes_back_is_no_news_and_other_filters_begin_anew(launch, agents_view, api, now):
    issue = enter(launch, now, severity=1)
    for severity in (1, 4, 1):
        type(issue).objects.update(severity=severity)
        board.publish(launch.pk, list(launch.issues.values_list("pk", flat=True)))
        readers.tell_due(now=now + timedelta(minutes=1))
    assert Message.objects.count() == 1
    enter(launch, now, severity=2)
    api.post(API, {"name": "Grave", "visibility": "team", "query": "severity=2"}, format="json")
    readers.tell_due(now=now + timedelta(hours=2))
    assert Message.objects.count() == 1


def test_saving_the_same_filters_keeps_news_and_other_filters_tell_nothing_that_waited(launch, agents_view, api, now):
    def save(query):
        assert api.post(API, {"name": "Grave", "visibility": "team", "query": query}, format="json").status_code == 200

    enter(launch, now, severity=1)
    save(agents_view.query)
    readers.tell_due(now=now)
    assert Message.objects.count() == 1
    enter(launch, now, severity=3)
    readers.tell_due(now=now)
    save("severity=1")
    readers.tell_due(now=now + timedelta(hours=2))
    assert Message.objects.count() == 1
    enter(launch, now, severity=1)
    readers.tell_due(now=now + timedelta(hours=2))
    assert Message.objects.count() == 2


def test_more_than_one_look_can_take_is_told_in_the_next(launch, agents_view, now, monkeypatch):
    monkeypatch.setattr(readers, "ISSUES_A_LOOK", 2)
    board.publish(launch.pk, [make_issue(launch, now=now, severity=1, title=f"Down {n}").pk for n in range(3)])
    for _look in range(3):
        readers.tell_due(now=now)
    assert [mail.subject[:1] for mail in Message.objects.order_by("pk")] == ["2", "1"]


@pytest.mark.parametrize("how", ["left", "no longer shared", "switched off"])
def test_who_lost_the_right_is_told_nothing_and_reads_no_more(launch, agents_view, people, now, how):
    if how == "left":
        launch.memberships.filter(user=people["agent"]).delete()
    elif how == "switched off":
        User.objects.filter(pk=people["agent"].pk).update(is_active=False)
    else:
        SavedView.objects.update(visibility="private")
    enter(launch, now, severity=1)
    readers.tell_due(now=now)
    assert not Message.objects.exists()
    assert not ViewReader.objects.exists()


def test_mail_is_chosen_on_the_board_and_ended_by_the_link_in_it(as_role, client, agents_view, people):
    lead = as_role("lead")
    lead.post(f"{VIEWS}{agents_view.pk}/mail/", {"often": "daily"})
    assert b'<option value="daily" selected>' in lead.get(BOARD).content
    lead.post(f"{VIEWS}{agents_view.pk}/mail/", {"often": ""})
    reader = ViewReader.objects.get()
    assert reader.user == people["agent"]
    client.logout()
    link = f"/unsubscribe/view/{reader.secret}/"
    assert b"Shall it stop?" in client.get(link).content
    assert ViewReader.objects.exists()
    assert client.post(link).status_code == 200
    assert not ViewReader.objects.exists()
    assert client.get(link).status_code == 404


def test_mail_is_chosen_by_the_api_for_views_that_one_sees(api, agents_view, people, now):
    address = f"{API}{agents_view.pk}/mail/"
    assert api.post(address, {"often": "daily"}, format="json").json() == {"often": "daily"}
    assert api.post(address, {"often": "always"}, format="json").status_code == 400
    assert api.delete(address).status_code == 204
    agents_view.owner, agents_view.visibility = people["agent"], "private"
    agents_view.save()
    assert api.post(address, {"often": "daily"}, format="json").status_code == 404


def test_a_ready_made_view_stays_the_present_one_in_swimlanes_and_after_an_empty_filter(as_role):
    stakeholder = as_role("stakeholder")
    for query in ("", "?lanes=severity", "?q=&severity="):
        page = stakeholder.get(BOARD + query).content.decode()
        assert '<a href="?" aria-current="true">All open' in page, query
    assert 'aria-current="true">All open' not in stakeholder.get(f"{BOARD}?severity=2").content.decode()
