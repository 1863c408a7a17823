"""This module trains the text model once for all unit tests that need one."""

import pytest


@pytest.fixture(scope="session")
def trained():
    """The model of the seed corpus, numbered 7, and its figures."""
    from triage.classify.corpus import read_corpus
    from triage.classify.train import train

    return train(read_corpus(), number=7)
