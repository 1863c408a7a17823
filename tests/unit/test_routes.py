"""These tests hold which parts of a path are names of one thing and are folded away."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway_ingest.routes import route_of


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/", "/"),
        ("", ""),
        ("/products/4711", "/products/{number}"),
        ("/v2/orders/0b8d6a52-8a39-4a0c-9f1e-5a4f2f6f9d11/lines/3", "/v2/orders/{uuid}/lines/{number}"),
        ("/blobs/4bf92f3577b34da6a3ce929d0e0e4736", "/blobs/{hash}"),
        ("/users/anna@example.org/orders", "/users/{email}/orders"),
        ("/users/anna%40example.org", "/users/{email}"),
        ("/reset/hcs_9fQ2mX7Lr4TzB1kVw8YpN3sD", "/reset/{token}"),
        ("/days/2026-05-28", "/days/{date}"),
        ("/orders/ORD-10042", "/orders/ORD-{number}"),
        ("/static/app.min.js", "/static/app.min.js"),
        ("/notification-preferences-of-customers/edit", "/notification-preferences-of-customers/edit"),
        ("/products/{id}", "/products/{id}"),
        ("/t/aZbYcXdWeVfUgThSiRjQkPlO", "/t/{token}"),
        ("/facade/decade", "/facade/decade"),
    ],
)
def test_path_is_folded_to_its_route(path, route):
    assert route_of(path) == route


@given(st.integers(0, 10**30), st.uuids(), st.binary(min_size=16, max_size=32).map(bytes.hex))
def test_numbers_and_ids_never_make_a_new_route(number, uuid, digest):
    assert route_of(f"/a/{number}/b/{uuid}") == "/a/{number}/b/{uuid}"
    assert route_of(f"/c/{digest}") in {"/c/{hash}", "/c/{number}"}


@given(st.text())
def test_any_path_has_a_short_route_that_stays(path):
    route = route_of(path)
    assert len(route) <= 200
    assert route_of(path) == route
