"""This module checks that a quote in a report says what was said and not by whom."""

from triage.reports.quotes import LONGEST, quote


def test_quote_takes_the_body_before_the_title():
    assert quote("Search", "It asked for my size again.") == "It asked for my size again."


def test_quote_falls_back_to_the_title():
    assert quote("Four years of saved gear, gone", "") == "Four years of saved gear, gone"


def test_quote_hides_addresses_links_and_long_numbers():
    said = quote("", "Mail anna.berg@example.org or +46 70 123 45 67, see https://shop.example/o/1")
    assert said == "Mail […] or […], see […]"


def test_quote_keeps_short_numbers():
    assert quote("", "Error 503 on 3 of 12 pages.") == "Error 503 on 3 of 12 pages."


def test_quote_drops_the_signature():
    assert quote("", "The basket is empty.\n\nRegards,\nAnna Berg") == "The basket is empty."


def test_quote_ends_with_a_whole_sentence_where_one_fits():
    assert quote("", "The basket is empty. " + "It was full before. " * 20).endswith("before.")


def test_quote_is_never_longer_than_its_limit():
    assert len(quote("", "x" * 100_000)) == LONGEST
