"""This module holds the launch API: who may make one, what is refused and where, what a change writes down."""

import pytest

from hypercare.core.models import Launch, TimelineEntry, User
from tests.conftest import bearer

LIST = "/api/v1/launches/"
ONE = "/api/v1/launches/shop/"


@pytest.fixture
def root(db, now):
    """The administrator's token of every scope."""
    return bearer(User.objects.create_superuser(email="root@example.org"), scopes=["admin"], now=now)


def test_name_and_slug_are_enough_for_a_launch_with_a_widget_key(root):
    answer = root.post(LIST, {"name": "Spring shop", "slug": "spring"})
    launch = Launch.objects.get(slug="spring")
    shown = answer.json()
    assert answer.status_code == 201
    assert (shown["slug"], shown["name"], shown["day"]) == ("spring", "Spring shop", 1)
    assert shown["url"].endswith("/launches/spring/")
    assert shown["widget_key"] == launch.keys.get().key
    assert (launch.planned_end_on - launch.go_live_on).days == 20


def test_slug_is_made_from_the_name_when_it_is_left_out(root):
    assert root.post(LIST, {"name": "Spring shop"}).json()["slug"] == "spring-shop"


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"name": 5}, "/name"),
        ({"name": None}, "/name"),
        ({"name": ""}, "/name"),
        ({"name": "x" * 121}, "/name"),
        ({"name": "a\u0007"}, "/name"),
        ({"slug": 5}, "/slug"),
        ({"slug": "Not A Slug"}, "/slug"),
        ({"slug": "new"}, "/slug"),
        ({"slug": "shop"}, "/slug"),
        ({"zone": "Mars/Olympus"}, "/zone"),
        ({"zone": True}, "/zone"),
        ({"phase": "party"}, "/phase"),
        ({"go_live_on": 20260520}, "/go_live_on"),
        ({"go_live_on": "2026-02-30"}, "/go_live_on"),
        ({"go_live_on": "2026-05-20", "planned_end_on": "2026-05-19"}, "/planned_end_on"),
        ({"hard_end_on": "2020-01-01"}, "/hard_end_on"),
        ({"active_users": "5"}, "/active_users"),
        ({"active_users": True}, "/active_users"),
        ({"active_users": 1.5}, "/active_users"),
        ({"active_users": 10**12}, "/active_users"),
        ({"report_at": 15}, "/report_at"),
        ({"report_grace_minutes": -1}, "/report_grace_minutes"),
        ({"transient_minutes": 241}, "/transient_minutes"),
        ({"transient_quiet_minutes": 0}, "/transient_quiet_minutes"),
        ({"transient_times_a_day": "3"}, "/transient_times_a_day"),
    ],
)
def test_field_of_the_wrong_kind_is_refused_by_its_pointer(root, launch, change, pointer):
    refused = root.post(LIST, {"name": "Spring", "slug": "spring"} | change)
    assert refused.status_code == 400
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert [error["pointer"] for error in refused.json()["errors"]] == [pointer]
    assert Launch.objects.count() == 1


@pytest.mark.parametrize("body", ["[]", '"text"', "5", "null", "{", '{"name": "a", "name": "b"}'])
def test_body_that_is_no_object_is_refused(root, body):
    refused = root.post(LIST, body, content_type="application/json")
    assert (refused.status_code, Launch.objects.count()) == (400, 0)


def test_repeated_idempotency_key_makes_one_launch(root):
    first, again = (root.post(LIST, {"name": "Once"}, headers={"Idempotency-Key": "abc"}) for _ in range(2))
    assert first.json() == again.json()
    assert Launch.objects.count() == 1


def test_lead_may_make_launches_but_others_may_not(people, now):
    lead = bearer(people["lead"], scopes=["launch:admin"], now=now)
    too_narrow = bearer(people["lead"], scopes=["triage:write"], now=now)
    responder = bearer(people["responder"], scopes=["admin"], now=now)
    statuses = [
        client.post(LIST, {"name": f"Launch {n}"}).status_code for n, client in enumerate([lead, too_narrow, responder])
    ]
    assert statuses == [201, 403, 403]


def test_token_of_one_launch_makes_no_other(people, launch, now):
    bound = bearer(people["lead"], scopes=["admin"], launch=launch, now=now)
    assert bound.post(LIST, {"name": "Other"}).status_code == 403


def test_list_shows_only_ones_own_launches_with_the_role_in_each(root, people, now):
    root.post(LIST, {"name": "Foreign"})
    shown = bearer(people["agent"], scopes=["feedback:read"], now=now).get(LIST).json()
    assert [(one["slug"], one["role"]) for one in shown["results"]] == [("shop", "agent")]


def test_list_asks_the_database_equally_often_for_one_launch_and_for_three(root, launch, django_assert_num_queries):
    def queries():
        with django_assert_num_queries(4):
            assert root.get(LIST).status_code == 200

    root.get(LIST)  # notes the token's use
    queries()
    root.post(LIST, {"name": "Two"})
    root.post(LIST, {"name": "Three"})
    queries()


def test_change_is_stored_and_written_down_with_old_and_new(api, launch):
    shown = api.patch(ONE, {"active_users": 100, "hard_end_on": "2026-06-26"}).json()
    entry = TimelineEntry.objects.get(kind="launch.changed")
    assert (shown["active_users"], shown["hard_end_on"]) == (100, "2026-06-26")
    assert entry.data == {"active_users": {"old": 9800, "new": 100}, "hard_end_on": {"old": None, "new": "2026-06-26"}}


def test_change_that_breaks_the_order_of_days_changes_nothing(api, launch):
    refused = api.patch(ONE, {"name": "Renamed", "planned_end_on": "2026-05-01"})
    launch.refresh_from_db()
    assert refused.json()["errors"] == [{"pointer": "/planned_end_on", "detail": "The planned end is before go-live."}]
    assert launch.name == "Meridian Shop"


def test_change_of_nothing_says_what_can_be_changed(api, launch):
    refused = api.patch(ONE, {"nmae": "x"})
    assert refused.status_code == 400
    assert "name, zone, language, phase" in refused.json()["detail"]


def test_closed_launch_takes_no_report_until_it_is_reopened(api, launch):
    report = {"launch": "shop", "channel": "api", "title": "Basket is empty"}
    api.patch(ONE, {"closed": True})
    refused = api.post("/api/v1/feedback/", report)
    api.patch(ONE, {"closed": False})
    assert "closed" in refused.json()["detail"]
    assert (refused.status_code // 100, api.post("/api/v1/feedback/", report).status_code) == (4, 201)
    assert list(TimelineEntry.objects.filter(kind__startswith="launch.").order_by("pk").values_list("kind", flat=True)) == [
        "launch.created", "launch.closed", "launch.reopened",
    ]  # fmt: skip


@pytest.mark.parametrize("role", ["responder", "agent", "stakeholder", "reporter"])
def test_who_does_not_steer_may_read_but_not_change(people, now, role):
    client = bearer(people[role], scopes=["admin"], now=now)
    assert (client.get(ONE).status_code, client.patch(ONE, {"name": "x"}).status_code) == (200, 403)


def test_foreign_launch_is_not_there(people, now):
    outsider = bearer(people["outsider"], scopes=["admin"], now=now)
    refused = outsider.patch(ONE, {"name": "x"})
    assert (outsider.get(ONE).status_code, refused.status_code) == (404, 404)
    assert "name" not in refused.json()["detail"]
