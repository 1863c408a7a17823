"""These tests hold the documents of gateways to the configurations that the page shows and the trials run."""

from pathlib import Path

import pytest

from gateway_ingest import programs

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = ROOT / "docs" / "gateways"
WITH_PAGE = [program for program in programs.PROGRAMS.values() if program.page]


@pytest.mark.parametrize("program", WITH_PAGE, ids=lambda program: program.name)
def test_document_shows_what_the_page_shows_and_says_whether_it_was_tried(program):
    text = (DOCUMENTS / f"{program.page}.md").read_text()
    for piece in programs.pieces(program, url="https://hypercare.example", key=programs.KEY_PLACE):
        assert f"```\n{piece.text}\n```" in text
    assert ("**Tried with the real program.**" in text, "**Not run.**" in text) == (
        program.is_tried,
        not program.is_tried,
    )


def test_every_document_is_of_a_program():
    assert {path.stem for path in DOCUMENTS.glob("*.md")} == {program.page for program in WITH_PAGE} | {"README"}


def test_every_configuration_is_of_a_program():
    used = {part.file for program in programs.PROGRAMS.values() for part in program.parts}
    used |= {"try-alert.sh", "try-call.sh", "try-deploy.sh"}
    assert {path.name for path in (ROOT / "gateway_ingest" / "configurations").iterdir()} == used


def test_what_is_called_tried_has_a_trial():
    trials = "".join(path.read_text() for path in (ROOT / "tests" / "gateways").glob("test_*.py"))
    assert all(f'product("{program.name}")' in trials for program in WITH_PAGE if program.is_tried)
