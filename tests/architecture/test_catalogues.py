"""Every text that was collected is translated, with the same places to fill in."""

from pathlib import Path

import pytest
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    "path", sorted((ROOT / "locale").glob("*/LC_MESSAGES/django.po")), ids=lambda path: path.parts[-3]
)
def test_catalogue_is_complete_and_fits_its_originals(path):
    with path.open("rb") as file:
        catalogue = read_po(file)
    messages = [message for message in catalogue if message.id]
    gaps = [m.id for m in messages if m.fuzzy or not all([m.string] if isinstance(m.string, str) else m.string)]
    wrong = [(m.id, str(error)) for m in messages for error in m.check(catalogue)]
    assert len(messages) > 1000
    assert not gaps
    assert not wrong
