"""This module tests how a title is made of what a person wrote, and when the same form counts as the same report."""

import pytest

from feedback.spoken import complaints_about, fingerprint, title_of


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("The basket is empty", "The basket is empty"),
        ("The basket is empty. I had two boots in it.", "The basket is empty."),
        ("Hi. My basket is empty again. Why?", "Hi. My basket is empty again."),
        ("\n\n  The  basket\tis empty\nsince noon", "The basket is empty"),
        ("Version 2.1 shows no prices. Help", "Version 2.1 shows no prices."),
    ],
)
def test_the_title_is_the_first_line_or_sentence(text, title):
    assert title_of(text) == title


def test_a_long_title_ends_at_a_word():
    title = title_of("word " * 60)
    assert len(title) <= 120
    assert title.endswith("word…")


def test_a_title_without_a_space_is_cut():
    assert title_of("x" * 300) == "x" * 119 + "…"


def test_a_text_of_64_kb_is_taken_and_one_byte_more_is_not():
    assert complaints_about("x" * 65_536) == []
    assert "64 kB" in complaints_about("x" * 65_537)[0]


def test_a_form_is_the_same_until_a_word_changes():
    assert fingerprint("id", "text", {"a": 1, "b": 2}) == fingerprint("id", "text", {"b": 2, "a": 1})
    assert fingerprint("id", "text") != fingerprint("id", "texts")
    assert fingerprint("id", "text") != fingerprint("other", "text")
