"""Strict JSON: what is accepted, what is refused, and what the sender is told."""

import contextlib
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hypercare.core.strict_json import BadJson, BodyTooLarge, clean_text, parse, parse_rows

texts = st.text(st.characters(exclude_categories=["Cs", "Cc"])) | st.sampled_from(["\t", "a\r\nb", "😀"])
integers = st.integers(min_value=-(2**63), max_value=2**63 - 1)
leaves = st.none() | st.booleans() | integers | st.floats(allow_nan=False, allow_infinity=False) | texts
values = st.recursive(leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4))


def refusal(body: bytes, *, max_bytes: int = 10_000_000) -> BadJson:
    with pytest.raises(BadJson) as caught:
        parse(body, max_bytes=max_bytes)
    return caught.value


@given(values, st.booleans())
def test_any_valid_json_round_trips(value: object, ascii_only: bool) -> None:
    body = json.dumps(value, ensure_ascii=ascii_only).encode()
    assert parse(body, max_bytes=10_000_000) == value


@given(st.binary(max_size=200) | st.text(alphabet='[]{}":,\\u0d8c1eNa-.\n ').map(str.encode))
def test_any_bytes_raise_nothing_but_bad_json(body: bytes) -> None:
    with contextlib.suppress(BadJson):
        parse(body, max_bytes=1000)


def test_byte_order_mark_is_tolerated() -> None:
    assert parse(b'\xef\xbb\xbf{"a": 1}', max_bytes=100) == {"a": 1}


def test_bytes_that_are_not_utf8_are_named_by_offset() -> None:
    error = refusal(b'{"a":\n"\xff"}')
    assert error.where == "byte 7"
    assert "byte 7 (line 2)" in error.detail


@pytest.mark.parametrize("body", [b"", b" \n\t ", b"\xef\xbb\xbf"])
def test_empty_body_is_called_empty(body: bytes) -> None:
    assert refusal(body).detail == "The body is empty. Send a JSON value."


def test_body_over_the_limit_is_too_large() -> None:
    with pytest.raises(BodyTooLarge, match="has 11 bytes and the limit is 10"):
        parse(b'"123456789"', max_bytes=10)


@pytest.mark.parametrize("bracket", [b"[", b'{"a":', b'[{"a":['])
def test_hundred_thousand_brackets_are_refused_fast(bracket: bytes) -> None:
    started = time.thread_time()
    error = refusal(bracket * 100_000)
    assert "nested more than 64 deep" in error.detail
    assert time.thread_time() - started < 1


def test_depth_is_counted_at_the_limit() -> None:
    assert parse(b"[" * 64 + b"]" * 64, max_bytes=1000)
    assert refusal(b"[" * 65 + b"]" * 65).where == "line 1, column 65"


def test_brackets_inside_strings_do_not_count_as_depth() -> None:
    text = '[{\\"' * 1000
    assert parse(json.dumps([text]).encode(), max_bytes=100_000) == [text]


def test_brackets_side_by_side_do_not_count_as_depth() -> None:
    assert parse(json.dumps([[]] * 1000).encode(), max_bytes=100_000) == [[]] * 1000


def test_unclosed_string_full_of_escaped_quotes_takes_linear_time() -> None:
    started = time.thread_time()
    refusal(b"[" * 10 + b'[[["' + b'\\"[' * 600_000)
    assert time.thread_time() - started < 2


def test_duplicate_names_are_refused_with_a_pointer() -> None:
    error = refusal(b'{"rows": [{"a": 1}, {"email": 1, "b": 2, "email": 3}]}')
    assert error.where == "/rows/1"
    assert 'The name "email" stands more than once' in error.detail


@pytest.mark.parametrize("number", [b"NaN", b"Infinity", b"-Infinity"])
def test_constants_outside_json_are_refused(number: bytes) -> None:
    error = refusal(b'{"reach": ' + number + b"}")
    assert error.where == "/reach"
    assert "is not a JSON number" in error.detail


@pytest.mark.parametrize("number", [str(2**63), str(-(2**63) - 1), "9" * 50_000])
def test_integers_beyond_64_bits_are_refused(number: str) -> None:
    error = refusal(f"[0, {number}]".encode())
    assert error.where == "/1"
    assert "does not fit into 64 bits" in error.detail


@pytest.mark.parametrize("number", ["1e999", "-1e999", "0." + "1" * 5000])
def test_reals_beyond_a_double_are_refused(number: str) -> None:
    assert "too large or too long" in refusal(number.encode()).detail


@pytest.mark.parametrize("escape", ["\\ud800", "\\udc00", "\\udc00\\ud800", "\\\\ud83d\\ude00"])
def test_lone_surrogates_are_refused(escape: str) -> None:
    error = refusal(f'{{"a/b": ["x{escape}"]}}'.encode())
    assert error.where == "/a~1b/0"
    assert "surrogate" in error.detail


def test_surrogate_pairs_are_one_character() -> None:
    assert parse(b'"\\ud83d\\ude00"', max_bytes=100) == "😀"


def test_nul_is_refused_in_values_and_names() -> None:
    assert "NUL" in refusal(b'{"title": "a\\u0000b"}').detail
    assert "NUL" in refusal(b'{"a\\u0000b": 1}').detail


@pytest.mark.parametrize("escape", ["\\b", "\\f", "\\u001b", "\\u0001"])
def test_other_control_characters_are_refused(escape: str) -> None:
    assert "control characters" in refusal(f'"{escape}"'.encode()).detail


def test_tab_and_line_breaks_are_kept() -> None:
    assert parse(b'"a\\tb\\r\\nc"', max_bytes=100) == "a\tb\r\nc"


@pytest.mark.parametrize(
    ("body", "where", "reason"),
    [
        (b'{"a": 1,\n "b" 2}', "line 2, column 6", "a colon was expected"),
        (b"{a: 1}", "line 1, column 2", "a name in double quotes was expected"),
        (b"[1 2]", "line 1, column 4", "a comma or a closing bracket was expected"),
        (b"[1] [2]", "line 1, column 5", "something follows the end"),
        (b'["abc', "line 1, column 2", "a string is not closed"),
        (b'["a\nb"]', "line 1, column 4", "raw control character"),
        (b'["\\x"]', "line 1, column 3", "a backslash starts no known escape"),
        (b'{"a": }', "line 1, column 7", "a value was expected"),
    ],
)
def test_syntax_errors_name_place_and_reason(body: bytes, where: str, reason: str) -> None:
    error = refusal(body)
    assert error.where == where
    assert reason in error.detail


def test_clean_text_accepts_ordinary_text() -> None:
    assert clean_text("Räksmörgås 😀\n\tline two\r\n") == []


def test_clean_text_names_every_problem() -> None:
    nul, surrogate, controls = clean_text("a\x00b\ud800c\x1b\x07")
    assert "NUL" in nul
    assert "surrogate" in surrogate
    assert "U+0007, U+001B" in controls


def test_rows_of_an_array_are_refused_one_by_one():
    rows = parse_rows(rb'[{"a": 1}, {"a": 1, "a": 2}, "x\u0000", [NaN], {"b": ["\ud800"]}, 7]', max_bytes=1000)

    assert [row if not isinstance(row, BadJson) else row.where for row in rows] == [{"a": 1}, "/", "/", "/0", "/b/0", 7]


@pytest.mark.parametrize("body", [b"{}", b"7", b'{"a": 1, "a": 2}', b"", b"[1", b"[" * 100])
def test_rows_of_what_is_no_array_are_refused_whole(body):
    with pytest.raises(BadJson):
        parse_rows(body, max_bytes=1000)


@given(st.lists(values, max_size=6))
def test_rows_of_a_good_array_are_its_elements(items):
    body = json.dumps(items).encode()

    assert parse_rows(body, max_bytes=10_000_000) == parse(body, max_bytes=10_000_000)
