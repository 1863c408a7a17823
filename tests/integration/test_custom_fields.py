"""This module tests a launch's own fields: asked for on the portal, checked by their kind, never in the way of the widget."""

import json
import re

import pytest
from django.test import Client

from feedback.models import Feedback
from hypercare.core.models import FieldDefinition, LaunchKey

PORTAL = "/launches/shop/portal/"


@pytest.fixture
def fields(launch):
    for key, kind, choices in [
        ("shop", "choice", ["Malmö", "Umeå"]),
        ("amount", "number", []),
        ("bought_on", "date", []),
        ("member", "boolean", []),
        ("order", "text", []),
    ]:
        FieldDefinition.objects.create(launch=launch, key=key, label=key.title(), kind=kind, choices=choices)


def send(**answers):
    client = Client()
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', client.get(PORTAL).content.decode()))
    return client.post(PORTAL, hidden | {"kind": "broken", "text": "The basket is empty again."} | answers)


def test_filled_in_fields_are_stored_by_their_kind(fields):
    answers = {"shop": "Umeå", "amount": "12", "bought_on": "2026-05-28", "member": "no", "order": "A-1"}
    send(**{f"field_{key}": value for key, value in answers.items()})
    expected = {"shop": "Umeå", "amount": 12, "bought_on": "2026-05-28", "member": False, "order": "A-1"}
    assert Feedback.objects.get().fields == expected


def test_fields_left_empty_are_left_out(fields):
    send(field_amount="", field_shop="", field_member="")
    assert Feedback.objects.get().fields == {}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("shop", "Oslo"), ("amount", "many"), ("amount", "nan"), ("bought_on", "2026-02-30"), ("member", "perhaps"), ("order", "x" * 501),
        ("order", "a\x00b"),
    ],
)  # fmt: skip
def test_a_value_of_the_wrong_kind_is_refused_beside_its_field(fields, key, value):
    response = send(**{f"field_{key}": value})
    assert response.status_code == 400
    assert f'id="id_field_{key}_error"' in response.content.decode()
    assert not Feedback.objects.exists()


def test_a_required_field_is_asked_for_on_the_portal(launch):
    FieldDefinition.objects.create(launch=launch, key="region", label="Region", kind="text", required=True)
    assert send().status_code == 400
    assert send(field_region="North").status_code == 302


def test_a_required_field_does_not_stop_the_widget_but_a_wrong_value_does(launch):
    FieldDefinition.objects.create(launch=launch, key="amount", label="Amount", kind="number", required=True)
    path = f"/w/{LaunchKey.objects.get(launch=launch).key}/reports"
    answers = [
        Client().post(path, json.dumps({"text": "Fine."} | extra), content_type="application/json")
        for extra in ({}, {"fields": {"amount": 3}}, {"fields": {"amount": "three"}})
    ]
    assert [answer.status_code for answer in answers] == [201, 201, 400]


def test_a_card_number_in_a_field_is_never_stored(fields):
    send(field_order="4111 1111 1111 1111")
    assert "4111" not in json.dumps(Feedback.objects.get().fields)
