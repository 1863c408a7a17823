"""These tests hold how times, texts and links of other programs are read."""

from datetime import UTC, datetime

import pytest

from gateway_ingest.formats import values
from gateway_ingest.formats.incoming import AlertError

NOON = datetime(2026, 5, 28, 12, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    "given",
    [
        *("2026-05-28T12:20:00Z", "2026-05-28 14:20:00+02:00", "2026-05-28T12:20:00.000+0000", "20260528122000"),
        *("2026-05-28 12:20:00 UTC", "2026-05-28 12:20:00 +0000 UTC", "2026.05.28 12:20:00", "2026-05-28T12:20:00"),
        *("Thu, 28 May 2026 12:20:00 GMT", "2026-05-28T14:20:00.000000+02.00", "2026/05/28 12:20:00"),
        *(
            1779970800,
            1779970800.0,
            "1779970800",
            1779970800000,
            "1779970800000",
            1779970800000000,
            "1779970800000000000",
        ),
    ],
)
def test_moment_is_read_in_every_way_it_is_written(given):
    assert values.moment(given, "time") == NOON


@pytest.mark.parametrize("given", [None, "", 0, "0", "0001-01-01T00:00:00Z"])
def test_zero_is_no_moment(given):
    assert values.moment(given, "time") is None


@pytest.mark.parametrize(
    "given",
    [
        "yesterday",
        True,
        {},
        [],
        1,
        -5,
        1e30,
        "9999-12-31T23:59:59Z",
        "1999-12-31T23:59:59Z",
        "2999-12-31T23:59:59-05:00",
    ],
)
def test_what_is_no_time_of_ours_is_refused_by_name(given):
    with pytest.raises(AlertError, match="“when”"):
        values.moment(given, "when")


@pytest.mark.parametrize("given", [float("nan"), float("inf"), None, {}, []])
def test_what_is_no_text_says_nothing(given):
    assert values.text(given) == ""


def test_labels_are_read_from_objects_pairs_and_texts():
    assert values.labels_of({"a": 1, "b": {"c": 2}}) == {"a": "1"}
    assert values.labels_of([{"name": "x", "value": "1"}, {"key": "y", "value": True}]) == {"x": "1", "y": "true"}
    assert values.labels_of([["k", "v"], "host:a"]) == {"k": "v", "host": "a"}
    assert values.labels_of("env:prod, url:http://x") == {"env": "prod", "url": "http://x"}


def test_first_link_that_is_one_is_taken():
    assert values.link(None, "javascript:alert(1)", "https://a.example/x") == "https://a.example/x"


def test_long_key_is_hashed_and_a_missing_part_makes_none():
    assert len(values.key_of("x" * 500)) == 32
    assert values.key_of("a", None) == ""
    assert values.key_of("a", 7) == "a:7"


def test_long_text_where_a_time_belongs_is_refused_at_once():
    with pytest.raises(AlertError):
        values.moment("x" + " " * 60_000 + "y", "starts_at")


def test_json_inside_a_text_keeps_no_character_that_cannot_be_stored():
    assert values.parsed('{"a\\u0000": ["\\ud800"]}') == {"a\N{REPLACEMENT CHARACTER}": ["\N{REPLACEMENT CHARACTER}"]}
