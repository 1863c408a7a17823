"""This module holds the settings of a launch: its facts, what it is made of, its widget keys, its end."""

from datetime import timedelta

import pytest

from hypercare.core import clock
from hypercare.core.models import Component, FieldDefinition, LaunchKey, Team, TimelineEntry

SETTINGS = "/launches/shop/settings/"
FACTS = {
    "name": "Meridian Shop", "phase": "hypercare", "go_live_on": "2026-05-20", "planned_end_on": "2026-06-08", "hard_end_on": "",
    "zone": "Europe/Stockholm", "language": "en", "active_users": "9800", "report_at": "15:00", "report_grace_minutes": "30",
    "transient_minutes": "10", "transient_quiet_minutes": "5", "transient_times_a_day": "3",
}  # fmt: skip


@pytest.fixture
def lead(client, people):
    client.force_login(people["lead"])
    return client


def test_limits_of_what_comes_and_goes_are_set_on_the_page(lead, launch):
    page = lead.get(SETTINGS).content.decode()
    assert all(f'name="{name}"' in page for name in FACTS)
    lead.post(
        SETTINGS, FACTS | {"transient_minutes": "30", "transient_quiet_minutes": "15", "transient_times_a_day": "1"}
    )
    launch.refresh_from_db()
    assert (launch.transient_minutes, launch.transient_quiet_minutes, launch.transient_times_a_day) == (30, 15, 1)
    assert lead.post(SETTINGS, FACTS | {"transient_quiet_minutes": "0"}).status_code == 400


def test_changed_fact_is_stored_and_written_down(lead, launch):
    lead.post(SETTINGS, FACTS | {"report_at": "09:30", "phase": "exit_review"})
    launch.refresh_from_db()
    data = TimelineEntry.objects.get(kind="launch.changed").data
    assert (f"{launch.report_at:%H:%M}", launch.phase) == ("09:30", "exit_review")
    assert data["phase"] == {"old": "hypercare", "new": "exit_review"}


def test_language_of_the_launch_is_chosen_here(lead, launch):
    lead.post(SETTINGS, FACTS | {"language": "sv"})
    launch.refresh_from_db()
    assert launch.language == "sv"
    assert lead.post(SETTINGS, FACTS | {"language": "xx"}).status_code == 400


def test_saving_without_a_change_writes_nothing(lead, launch):
    assert lead.post(SETTINGS, FACTS).status_code == 302
    assert not TimelineEntry.objects.filter(kind="launch.changed").exists()


def test_refused_change_leaves_the_page_with_the_old_name_and_the_typed_values(lead, launch):
    page = lead.post(SETTINGS, FACTS | {"name": "Renamed", "planned_end_on": "2026-05-01"}).content.decode()
    assert "The planned end is before go-live." in page
    assert 'value="Renamed"' in page
    assert "Settings, Meridian Shop, Hypercare" in page


def test_launch_is_closed_only_by_who_types_its_address(lead, launch):
    slipped = lead.post(f"{SETTINGS}closing/", {"slug": "shops"})
    assert slipped.status_code == 400
    lead.post(f"{SETTINGS}closing/", {"slug": "shop"})
    launch.refresh_from_db()
    assert launch.closed_at is not None
    lead.post(f"{SETTINGS}closing/", {"slug": "shop"})
    launch.refresh_from_db()
    assert launch.closed_at is None


@pytest.mark.parametrize(
    ("kind", "sent", "changed"),
    [
        ("teams", {"name": "Payments", "email": "pay@example.org"}, {"name": "Payments and tax", "email": ""}),
        (
            "components",
            {"name": "Gift cards", "kind": "service", "hints": "gift, voucher"},
            {"name": "Gifts", "kind": "service"},
        ),
        (
            "fields",
            {"label": "Store", "key": "store", "kind": "choice", "choices": "A, B"},
            {"label": "Shop", "choices": "A\nC"},
        ),
    ],
)
def test_part_is_added_changed_and_removed_and_each_is_written_down(lead, launch, kind, sent, changed):
    model = {"teams": Team, "components": Component, "fields": FieldDefinition}[kind]
    lead.post(f"{SETTINGS}{kind}/", sent)
    part = model.objects.latest("pk")
    lead.post(f"{SETTINGS}{kind}/{part.pk}/", changed)
    assert str(model.objects.get(pk=part.pk)) == next(iter(changed.values()))
    lead.post(f"{SETTINGS}{kind}/{part.pk}/", {"remove": "1"})
    assert not model.objects.filter(pk=part.pk).exists()
    what = kind.rstrip("s")
    kinds = TimelineEntry.objects.filter(subject=f"{what}:{part.pk}").order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == [f"{what}.added", f"{what}.changed", f"{what}.removed"]


@pytest.mark.parametrize(
    ("kind", "sent", "said"),
    [
        ("teams", {"name": "Backend"}, "already exists"),
        ("teams", {"name": ""}, "This field is required."),
        ("components", {"name": "x", "kind": "spaceship"}, "Select a valid choice"),
        ("components", {"name": "x", "kind": "service", "hints": "y" * 81}, "up to 80 characters"),
        ("fields", {"label": "Store", "key": "Store No", "kind": "text"}, "Begin with a small letter"),
        ("fields", {"label": "Store", "key": "store", "kind": "choice", "choices": ""}, "Write at least one choice."),
    ],
)
def test_part_that_cannot_be_stored_says_why(lead, launch, kind, sent, said):
    page = lead.post(f"{SETTINGS}{kind}/", sent)
    assert page.status_code == 400
    assert said in page.content.decode()


def test_two_components_of_one_name_get_two_addresses(lead, launch):
    lead.post(f"{SETTINGS}components/", {"name": "Checkout", "kind": "service"})
    assert Component.objects.filter(slug="checkout-2", name="Checkout").exists()


def test_team_of_another_launch_cannot_own_a_component(lead, launch, people):
    lead.post(
        "/launches/new/",
        {
            "name": "Other",
            "go_live_on": "2026-05-20",
            "planned_end_on": "2026-06-08",
            "zone": "UTC",
            "language": "en",
            "parts": "A, Foreign",
        },
    )
    foreign = Team.objects.get(name="Foreign")
    page = lead.post(f"{SETTINGS}components/", {"name": "x", "kind": "service", "team": str(foreign.pk)})
    assert page.status_code == 400
    assert lead.get(f"{SETTINGS}teams/{foreign.pk}/").status_code == 404


def test_rotated_key_overlaps_with_the_old_one_for_a_week(lead, launch):
    old = launch.keys.get()
    lead.post(f"{SETTINGS}widget/{old.pk}/origins/", {"origins": "https://Shop.example.org/"})
    lead.post(f"{SETTINGS}widget/{old.pk}/rotate/")
    old.refresh_from_db()
    new = LaunchKey.objects.latest("pk")
    assert timedelta(days=6, hours=23) < old.expires_at - clock.now() <= timedelta(days=7)
    assert (new.expires_at, new.origins) == (None, ["https://shop.example.org"])


@pytest.mark.parametrize(
    "line",
    ["shop.example.org", "javascript:alert(1)", "https://a b", "https://x/path", "https://u@x", "https://x:99999"],
)
def test_what_is_no_origin_is_refused_by_name(lead, launch, line):
    key = launch.keys.get()
    page = lead.post(f"{SETTINGS}widget/{key.pk}/origins/", {"origins": line})
    assert page.status_code == 400
    assert "is no origin" in page.content.decode()
    assert LaunchKey.objects.get().origins == []
