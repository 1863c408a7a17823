"""Rows that are written as one JSON text hold exactly what Django would have written."""

from datetime import UTC, datetime

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy

from hypercare.core import rows
from hypercare.core.models import Component, TimelineEntry

pytestmark = pytest.mark.django_db
MOMENT = datetime(2026, 5, 28, 12, 32, 1, 123456, tzinfo=UTC)
ODD = {"a": [1, 2.5, None, True, {"ö": "\u2028 \\ \" '%s' \U0001f600"}], "big": 2**63 - 1, "empty": {}}


def entry(launch, **changes):
    given = {
        "launch_id": launch.pk,
        "subject": "IS-1",
        "kind": "issue.note",
        "actor_id": None,
        "actor_name": "Å'b\"c %s",
        "occurred_at": MOMENT,
        "recorded_at": MOMENT,
        "data": ODD,
        "request_id": "",
        "once_key": None,
    }
    return given | changes


def test_values_come_back_as_they_went_in(launch):
    rows.add(TimelineEntry, [entry(launch)])
    found = TimelineEntry.objects.latest("pk")
    assert (found.data, found.occurred_at, found.actor_name, found.actor) == (ODD, MOMENT, "Å'b\"c %s", None)
    (read,) = rows.read(TimelineEntry, "id = %s", [found.pk])
    assert {field.attname: getattr(read, field.attname) for field in read._meta.concrete_fields} == {
        field.attname: getattr(found, field.attname) for field in found._meta.concrete_fields
    }


def test_text_that_is_safe_or_translated_late_is_a_text(launch):
    rows.add(TimelineEntry, [entry(launch, data={"a": mark_safe("<b>"), "b": gettext_lazy("Note")})])
    assert TimelineEntry.objects.latest("pk").data == {"a": "<b>", "b": "Note"}
    with pytest.raises(TypeError):
        rows.add(TimelineEntry, [entry(launch, data={"a": object()})])


def test_row_that_contradicts_another_is_left_out(launch):
    rows.add(
        TimelineEntry, [entry(launch, once_key="one"), entry(launch, once_key="one"), entry(launch, once_key="two")]
    )
    rows.add(TimelineEntry, [entry(launch, once_key="one")])
    assert TimelineEntry.objects.filter(once_key__in=["one", "two"]).count() == 2


def test_many_rows_get_their_numbers_in_order_by_few_statements(launch):
    made = [Component(launch=launch, slug=f"part-{number}", name=f"Part {number}") for number in range(1001)]
    with CaptureQueriesContext(connection) as captured:
        rows.insert(made)
    assert len(captured) == 3
    stored = Component.objects.filter(slug__startswith="part-")
    assert dict(stored.values_list("slug", "pk")) == {each.slug: each.pk for each in made}


def test_numbers_say_which_rows_are_new(launch):
    first = Component.objects.get(slug="checkout")
    numbered = [
        Component(pk=90_001, launch=launch, slug="checkout", name="x"),
        Component(pk=90_002, launch=launch, slug="new", name="x"),
    ]
    assert rows.insert_new(numbered) == {90_002}
    assert Component.objects.get(slug="checkout") == first


def test_update_writes_the_named_columns_and_no_other(launch):
    one, two = Component.objects.order_by("pk")
    one.name, one.slug, two.name = "Changed", "changed", "Changed too"
    rows.update([one, two], ["name"])
    assert list(Component.objects.order_by("pk").values_list("slug", "name")) == [
        ("catalog-api", "Changed"),
        ("checkout", "Changed too"),
    ]


def test_nothing_asks_nothing(launch):
    with CaptureQueriesContext(connection) as captured:
        rows.insert([])
        rows.update([], ["name"])
        rows.add(TimelineEntry, [])
        assert rows.insert_new([]) == set()
    assert len(captured) == 0


def test_broken_row_is_a_database_error_and_not_half_stored(launch):
    with pytest.raises(DatabaseError):
        rows.insert([Component(launch=launch, slug="good", name="x"), Component(launch_id=None, slug="bad", name="x")])
