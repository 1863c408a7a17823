"""These tests hold how long something took to words that tell short times apart."""

import pytest

from hypercare.core.milliseconds import in_words


@pytest.mark.parametrize(
    ("millis", "said"),
    [(0.0, "< 1 ms"), (0.001, "< 1 ms"), (0.42, "0.4 ms"), (1.0, "1 ms"), (2.46, "2.5 ms"), (9.97, "10 ms"), (240.4, "240 ms")],
)  # fmt: skip
def test_time_is_said_in_milliseconds_that_tell_it_apart(millis, said):
    assert in_words(millis) == said


def test_long_time_is_grouped():
    assert in_words(1240.4) in {"1,240 ms", "1240 ms"}
