"""These tests hold the one table of keys: what the palette shows and the documents say is what the page does."""

import re
from pathlib import Path

from triage.views.ordering import commands

ROOT = Path(__file__).resolve().parents[2]
TABLE = re.findall(r"^  (\w+): \{ keys: \[([^\]]*)\]", (ROOT / "static/hypercare/picking.js").read_text(), re.MULTILINE)
KEYS = {name: re.findall(r'"([^"]+)"', keys) for name, keys in TABLE}


def test_no_key_stands_for_two_commands():
    all_keys = [key for keys in KEYS.values() for key in keys]
    assert sorted(all_keys) == sorted(set(all_keys))


def test_the_palette_offers_every_command_with_a_key_that_works():
    assert [name for name, _word, key in commands() if key and key.lower() not in KEYS[name]] == []
    assert {name for name, _word, _key in commands()} == set(KEYS)


def test_the_documents_name_every_key():
    told = (ROOT / "docs/board.md").read_text()
    assert [key for keys in KEYS.values() for key in keys if f"`{key}`" not in told] == []
