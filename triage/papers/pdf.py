"""This module sets a paper as PDF, a few at a time: setting takes a core and much memory.

The typesetter's own fonts hold Latin, Greek and Cyrillic; for other signs it takes what the machine has, else a box.

The texts go to the typesetter as data, beside a template that never changes, so that no text is ever read as markup.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from threading import BoundedSemaphore

import typst
from django.utils.translation import gettext as _

from hypercare.core.problem import RETRY_AFTER_SECONDS, Problem
from triage.papers.markdown import as_blocks
from triage.papers.paper import Paper

TEMPLATE = Path(__file__).with_name("paper.typ")
AT_ONCE = 2
WAITS_SECONDS = 10
_places = BoundedSemaphore(AT_ONCE)


def as_pdf(paper: Paper) -> bytes:
    """The paper as PDF; Problem 503 while too many are being set."""
    data = json.dumps(_data(paper), ensure_ascii=False)
    with _place():
        made = typst.compile(
            str(TEMPLATE),
            root=str(TEMPLATE.parent),
            font_paths=_fonts(),
            format="pdf",
            sys_inputs={"paper": data},
        )
    if not isinstance(made, bytes):
        raise TypeError("a PDF is one file")
    return made


@cache
def _fonts() -> typst.Fonts:
    """Looked for once in each process, which takes a moment."""
    return typst.Fonts()


@contextmanager
def _place() -> Iterator[None]:
    if not _places.acquire(timeout=WAITS_SECONDS):
        detail = _("Many PDFs are being made at the moment. Ask for it again in some seconds.")
        raise Problem(503, detail, retry_after=RETRY_AFTER_SECONDS)
    try:
        yield
    finally:
        _places.release()


def _data(paper: Paper) -> dict[str, object]:
    return {
        "title": paper.title,
        "facts": list(paper.facts),
        "sections": [
            {"title": section.title, "blocks": as_blocks(section.text), "source": section.source}
            for section in paper.sections
        ],
        "language": paper.language,
        "footer": paper.footer,
        "empty": paper.empty,
    }
