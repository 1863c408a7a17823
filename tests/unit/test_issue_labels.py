"""These tests hold what a label is: a short free word in small letters, without a secret in it."""

import pytest

from hypercare.core.problem import Problem
from triage.labels import kept_labels


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("Mobile, tills ,MOBILE", ["mobile", "tills"]),
        (["Gift   Cards"], ["gift cards"]),
        ("Kassa\u202eX", ["kassax"]),
        ("x" * 40, ["x" * 40]),
    ],
)
def test_labels_are_brought_to_small_letters_once_each(given, kept):
    assert kept_labels(given) == kept


@pytest.mark.parametrize(
    "given", ["", " , ", "x" * 41, None, 7, ["a", 7], ["a,b"], ["\u200b"], ["a\x00"], [f"w{n}" for n in range(13)]]
)
def test_what_is_no_label_is_refused(given):
    with pytest.raises(Problem) as refused:
        kept_labels(given)
    assert refused.value.status == 400


def test_a_secret_is_not_kept_as_a_label():
    assert "ghp_" not in kept_labels("ghp_" + "a1B2" * 9)[0]
