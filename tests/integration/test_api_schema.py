"""The schema is true: whatever fits it, or just does not, is answered without a 5xx and in the form the schema names."""

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

from hypercare.core import tokens
from hypercare.core.timeline import SYSTEM
from tests.integration.world import things_in

CHECKS: list[Callable[..., Any]] = [not_a_server_error, content_type_conformance, response_schema_conformance]
WRITES = {"post", "put", "patch", "delete"}
# Examples in all, shared among the operations: a walk stays as long however many there come to be.
SHORT_WALK, LONG_WALK = 1_800, 40_000


@pytest.fixture
def described(launch, people, transactional_db, now):
    """The schema as it is served, the headers of someone who may do everything, and the names of one of everything."""
    people["lead"].is_superuser = True
    people["lead"].save()
    things = things_in(launch, days_ago=1)
    _token, secret = tokens.issue(
        people["lead"], launch=None, name="fuzz", scopes=["admin"], expires_at=None, actor=SYSTEM, now=now
    )
    schema = schemathesis.openapi.from_wsgi("/api/v1/schema/?format=json", get_wsgi_application())
    return schema, {"Authorization": f"Bearer {secret}"}, things


def test_every_operation_keeps_to_its_schema(described):
    _walk(described, examples=SHORT_WALK)


@pytest.mark.deep
@pytest.mark.timeout(3600)
def test_every_operation_keeps_to_its_schema_for_long(described):
    _walk(described, examples=LONG_WALK)


def test_schema_names_every_address_of_the_api(described):
    schema, _headers, _things = described

    assert len(list(_operations(schema))) >= 24
    assert all("default" in operation.responses.status_codes for operation in _operations(schema))


def _operations(schema: Any) -> Iterator[Any]:
    return (found.ok() for found in schema.get_all_operations())


def _walk(described: Any, *, examples: int) -> None:
    """Asks every operation with what fits its schema and with what does not; reads before writes, so there is something."""
    schema, headers, things = described
    operations = sorted(_operations(schema), key=lambda one: (one.method in WRITES, one.path))
    modes = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
    for operation, mode in itertools.product(operations, modes):
        _ask(operation, mode, headers=headers, things=things, examples=examples // (len(operations) * len(modes)))


def _ask(
    operation: Any, mode: GenerationMode, *, headers: dict[str, str], things: dict[str, str], examples: int
) -> None:
    @settings(
        max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck),
        phases=(Phase.generate,), derandomize=True,
    )  # fmt: skip
    @given(operation.as_strategy(generation_mode=mode), st.integers(0, 3))
    def asked(case: Any, turn: int) -> None:
        if turn:  # three of four ask about something that is there
            _point_at(case, things)
        case.call_and_validate(headers=headers, checks=CHECKS)

    asked()


# What a part of an address says its name stands for.
MEANT = {
    "rooms": ("key", "room"),
    "shifts": ("key", "shift"),
    "promises": ("key", "promise"),
    "feedback": ("key", "feedback"),
    "near": ("key", "feedback"),
    "changes": ("number", "change"),
    "views": ("number", "view"),
    "webhooks": ("key", "hook"),
    "deliveries": ("number", "delivery"),
    "automation": ("key", "rule"),
    "whys": ("number", "why"),
    "bones": ("number", "bone"),
    "risks": ("key", "risk"),
}


def _point_at(case: Any, things: dict[str, str]) -> None:
    parts = case.operation.path.split("/")
    known = {"slug": things["slug"], "number": things["source"], "key": things["issue"]}
    known |= {"trace_id": things["trace"], "name": "error_burst"}
    known |= {name: things[thing] for name, thing in (MEANT[part] for part in parts if part in MEANT)}
    if "/evidence/deployments/" in case.operation.path:
        known["key"] = f"DP-{things['deployment']}"
    if "descriptions" in parts:
        known["key"] = f"AD-{things['description']}"
    for name, drawn in (case.path_parameters or {}).items():
        case.path_parameters[name] = known.get(name, drawn)
    if isinstance(case.query, dict) and "launch" in case.query:
        case.query["launch"] = things["slug"]
    if isinstance(case.body, dict) and "launch" in case.body:
        case.body["launch"] = things["slug"]
