"""These tests read OpenAPI files, good and bad, and match routes of calls with their operations."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway_ingest.api_description import DescriptionError, Operation, Operations, read
from gateway_ingest.routes import route_of

YAML = b"""
openapi: 3.1.0
info: {title: Shop API, version: 2026-05-01}
servers:
  - url: https://shop.example.com/v1/
paths:
  /orders:
    get: {summary: List}
    post: {}
  /orders/{orderId}:
    parameters: [{name: orderId, in: path}]
    get: {}
    delete: {deprecated: true}
  /orders/latest:
    get: {}
"""
SWAGGER = {"swagger": "2.0", "info": {"title": "Old"}, "basePath": "/api", "paths": {"/users/{id}.json": {"get": {}}}}


def test_yaml_file_gives_its_operations_below_the_servers_path():
    found = read(YAML)
    assert (found.title, found.version) == ("Shop API", "2026-05-01")
    assert [(each.name, each.deprecated) for each in found.operations] == [
        ("GET /v1/orders", False), ("POST /v1/orders", False), ("GET /v1/orders/{id}", False),
        ("DELETE /v1/orders/{id}", True), ("GET /v1/orders/latest", False),
    ]  # fmt: skip


def test_json_and_swagger_2_are_read_too():
    assert [each.name for each in read(json.dumps(SWAGGER).encode()).operations] == ["GET /api/users/{id}.json"]


@pytest.mark.parametrize(
    ("method", "path", "wanted"),
    [
        ("GET", "/v1/orders/4711", "GET /v1/orders/{id}"),
        ("GET", "/v1/orders/7f3b8c1e-8a39-4a0c-9f1e-5a4f2f6f9d11", "GET /v1/orders/{id}"),
        ("GET", "/v1/orders/latest", "GET /v1/orders/latest"),
        ("HEAD", "/v1/orders", "GET /v1/orders"),
        ("GET", "/v1/orders/", "GET /v1/orders"),
        ("PUT", "/v1/orders/4711", None),
        ("GET", "/v1/orders/4711/lines", None),
        ("GET", "/v2/orders", None),
    ],
)
def test_route_of_a_call_finds_its_operation(method, path, wanted):
    found = Operations(read(YAML).operations).of(method, route_of(path))
    assert (found.name if found else None) == wanted


def test_fixed_number_in_a_documented_path_folds_as_in_calls():
    operations = [Operation("GET", route_of("/reports/2024"))]
    assert Operations(operations).of("GET", route_of("/reports/2024"))


MERGES = "a: &a {x: 1}\n" + "\n".join(f"m{n}: &m{n} {{<<: [*a, *a]}}" for n in range(9))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no object"),
        (b"- just\n- a list", "no object"),
        (b"{not json", "JSON"),
        (b"openapi: [3", "Line [12]"),
        (b"openapi: 3.0.0\npaths:\n\t/a: 1", "Line 3"),
        (b"openapi: 3.0.0\npaths: {}", "empty"),
        (b"openapi: 4.0.0\npaths: {/a: {get: {}}}", "4.0.0"),
        (b"info: {}\npaths: {/a: {get: {}}}", "must be 3.0"),
        (b"openapi: 3.0.0\npaths: {/a: {summary: x}}", "operation"),
        (b"\xff\xfe", "UTF-8"),
        (b"x" * (2 * 1024 * 1024 + 1), "2 MB"),
        (MERGES.encode(), "alias"),
        (b"a: &x [*x]", "alias"),
        (b"a: " + b"[" * 5000, "nested"),
        (b"!!python/object/apply:os.system ['true']", "no valid YAML|could not determine"),
        (json.dumps({"openapi": "3.0.0", "paths": {f"/{n}x": {"get": {}} for n in range(5001)}}).encode(), "5000"),
    ],
)
def test_bad_file_is_refused_with_a_sentence(content, said):
    with pytest.raises(DescriptionError, match=said):
        read(content)


@settings(max_examples=300, deadline=None)
@given(
    st.binary(max_size=200)
    | st.builds(lambda cut, noise: YAML[:cut] + noise, st.integers(0, 400), st.binary(max_size=9))
)
def test_any_bytes_are_read_or_refused(content):
    try:
        assert read(content).operations
    except DescriptionError as refused:
        assert str(refused)


@pytest.mark.parametrize(
    "text",
    [
        "x: !!bool maybe",
        "x: !!int ''",
        "x: !!timestamp foo",
        "openapi: 0x" + "f" * 6000,
        "title: " + ":".join(["1"] + ["59"] * 40_000),
        '{"openapi": ' + "9" * 6000 + "}",
    ],
)
def test_file_that_makes_readers_work_is_refused_in_words(text):
    with pytest.raises(DescriptionError):
        read(text.encode())


@pytest.mark.parametrize(
    ("route", "path"),
    [
        ("/a/b", "/a/b"), ("/a/b/", "/a/b"), ("/a/x", "/a/{id}"), ("/c/b", "/{id}/b"), ("/c/x", "/{id}/{id}"), ("/", "/"),
        ("/a", None), ("/a//", None), ("/a/b/c", None), ("", "/"), ("/{}/{}", "/{id}/{id}"),
    ],
)  # fmt: skip
def test_fixed_parts_win_wherever_they_stand(route, path):
    known = Operations(Operation("GET", path) for path in ("/{id}/{id}", "/{id}/b", "/a/{id}", "/a/b", "/"))
    found = known.of("GET", route)
    assert (found.path if found else None) == path
