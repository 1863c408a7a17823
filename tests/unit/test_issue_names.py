"""These tests find the issues that commits, messages and release notes name."""

import pytest

from gateway_ingest.issue_names import found_in


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("IS-12 larger pool", {"IS-12": "said"}),
        ("Fixes IS-12", {"IS-12": "fixes"}),
        (
            "fixed is-12, IS-13 and IS-14; see IS-15",
            {"IS-12": "fixes", "IS-13": "fixes", "IS-14": "fixes", "IS-15": "said"},
        ),
        ("fix(pool): larger, IS-7\n\nsee IS-8", {"IS-7": "fixes", "IS-8": "said"}),
        ("Rättar IS-12", {"IS-12": "fixes"}),
        ("prefixes IS-12", {"IS-12": "said"}),
        ("closes: #IS-12", {"IS-12": "fixes"}),
        ("THIS-12, IS-12a, IS-012, XIS-3, AIS-4, IS-5-b", {}),
        ("IS-12 IS-12 fixes IS-12", {"IS-12": "fixes"}),
        ("", {}),
    ],
)
def test_keys_are_found_with_how_they_are_named(text, found):
    assert found_in([text]) == found


def test_a_field_names_more_surely_than_a_text_and_less_than_the_word_that_it_fixes():
    assert found_in(["see IS-1, fixes IS-2"], fields=["is-1", "IS-2", "IS-3, IS-4"]) == {
        "IS-1": "field", "IS-2": "fixes", "IS-3": "field", "IS-4": "field"}  # fmt: skip


def test_a_text_of_a_thousand_keys_is_cut():
    assert len(found_in([" ".join(f"IS-{number}" for number in range(1, 1000))])) == 200
