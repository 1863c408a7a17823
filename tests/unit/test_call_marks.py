"""These tests hold how ratings and flaws that others found in a model's answers become flags of the call."""

import pytest

from gateway_ingest.formats.calls import CALL_FORMATS, CallFlag, marks
from tests.unit.call_samples import OBJECTS


@pytest.mark.parametrize(
    ("words", "flags"),
    [
        (["prod", "thumbs_up"], CallFlag.HELPFUL),
        (["Thumbs-Down", "PII"], CallFlag.UNHELPFUL | CallFlag.PRIVACY_LEAK),
        (["unsafe", "biased", "forgot_context"], CallFlag.UNSAFE | CallFlag.BIASED | CallFlag.FORGOT_CONTEXT),
        ("unsafe", 0),
        ([None, 7, {"unsafe": True}], 0),
    ],
)
def test_tags_become_flags(words, flags):
    assert marks.of_words(words) == flags


@pytest.mark.parametrize(
    ("name", "number", "label", "flags"),
    [
        ("user-feedback", 1, None, CallFlag.HELPFUL),
        ("user-feedback", 0, None, CallFlag.UNHELPFUL),
        ("helpfulness", 0.9, None, CallFlag.HELPFUL),
        ("helpfulness", 0.5, None, 0),
        ("thumbs", None, "down", CallFlag.UNHELPFUL),
        ("toxicity", 1, None, CallFlag.UNSAFE),
        ("toxicity", 0, None, 0),
        ("toxicity", None, "flagged", CallFlag.UNSAFE),
        ("bias", 1, "no", 0),
        ("safety review", None, "privacy leak", CallFlag.PRIVACY_LEAK),
        ("latency", 12, None, 0),
        (None, True, None, 0),
    ],
)
def test_scores_become_flags(name, number, label, flags):
    assert marks.of_score(name, number, label) == flags


def test_ratings_in_an_export_reach_the_call():
    (row, _wanted), *_more = OBJECTS["langfuse"]
    scored = row | {"scores": [{"name": "user-feedback", "value": 0}, {"name": "toxicity", "value": 1}]}
    assert CALL_FORMATS["langfuse"].read(scored).flags == CallFlag.UNHELPFUL | CallFlag.UNSAFE
