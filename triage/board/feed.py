"""This module answers what a board must do to catch up: the changes after its version, or begin anew."""

from datetime import datetime
from typing import Any

from triage.board.cards import cards_of, frame_row, with_people
from triage.board.changes import current_version
from triage.board.faces import card_html
from triage.models import Issue

# More changed issues than this is cheaper as a fresh page than as a frame.
RESET_ABOVE = 500


def catch_up(launch_id: int, *, since: int, now: datetime, languages: tuple[str, ...] = ()) -> dict[str, Any]:
    """A `changes` frame from `since` to the present version, or `reset` when `since` is unknown here or too far back.

    With `languages`, each issue also carries its card's markup for each language, as `cards`.
    """
    version = current_version(launch_id)
    if since > version:
        return {"type": "reset", "version": version}
    changed = Issue.objects.filter(launch_id=launch_id, board_version__gt=since, board_version__lte=version)
    issues = list(with_people(changed).order_by("board_version", "id")[: RESET_ABOVE + 1])
    if len(issues) > RESET_ABOVE:
        return {"type": "reset", "version": version}
    rows = [frame_row(issue) for issue in issues]
    if languages:
        for row, card in zip(rows, cards_of(issues, now=now), strict=True):
            row["cards"] = {language: card_html(card, language=language) for language in languages}
    return {"type": "changes", "since": since, "version": version, "issues": rows}


def for_language(frame: dict[str, Any], language: str) -> dict[str, Any]:
    """The frame with only this language's cards as `card`; without cards for the empty language."""
    if frame["type"] != "changes":
        return frame
    issues = []
    for row in frame["issues"]:
        plain = {name: value for name, value in row.items() if name != "cards"}
        issues.append(plain | {"card": row["cards"][language]} if language else plain)
    return frame | {"issues": issues}
