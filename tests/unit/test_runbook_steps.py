"""This module tests how the steps of a runbook are told apart."""

import pytest

from triage.knowledge.reading import steps_of
from triage.models import Article


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("", []),
        ("One", ["One"]),
        ("One\n\n\n\nTwo\nstill two", ["One", "Two\nstill two"]),
        ("Run\n\n```\na\n\nb\n```\n\nWait", ["Run\n\n```\na\n\nb\n```", "Wait"]),
        ("Look:\n\n  - here\n\nWait", ["Look:\n\n  - here", "Wait"]),
        ("```\nfirst\n```\n\nWait", ["```\nfirst\n```", "Wait"]),
        ("```\nnever ended\n\nmore", ["```\nnever ended\n\nmore"]),
    ],
)
def test_code_belongs_to_the_step_before_it(text, steps):
    assert steps_of(Article(kind="runbook", steps=text)) == steps
