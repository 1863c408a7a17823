"""These tests read why a person decided something: whole, on one line, without secrets, and never longer than it may be."""

import pytest

from hypercare.core.given_reasons import given_reason
from hypercare.core.problem import Problem


def refusal(text, **options):
    with pytest.raises(Problem) as refused:
        given_reason(text, **options)
    assert (refused.value.status, refused.value.errors[0].pointer) == (400, "/reason")
    return refused.value.detail


def test_reason_keeps_its_lines_or_is_brought_to_one():
    assert given_reason(" first\nsecond ") == "first\nsecond"
    assert given_reason(" first\nsecond ", has_lines=False) == "first second"


def test_reason_may_be_left_out_unless_it_is_asked_for():
    assert given_reason(" ") == ""
    assert refusal(" ", asked="Say why.") == "Say why."
    assert refusal("\u200b", asked="Say why.") == "Say why."


def test_reason_holds_no_secret_and_no_control_characters():
    assert "hunter2" not in given_reason("it was password=hunter2hunter2")
    assert "control characters" in refusal("a\x07")


def test_reason_is_no_longer_than_it_may_be_also_once_its_secrets_are_replaced():
    assert len(given_reason("x" * 300, longest=300)) == 300
    assert refusal("x" * 301, longest=300) == "Say it in 300 characters."
    known = ("password=abc " * 20).strip()
    assert refusal(known, longest=len(known)) == f"Say it in {len(known)} characters."
