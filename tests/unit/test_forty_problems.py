"""The measuring set of forty problems is what it says: distinct tellings by different people."""

import json
from collections import Counter
from pathlib import Path

from hypercare.core.redaction import redact

PROBLEMS = json.loads((Path(__file__).parents[1] / "data" / "forty_problems.json").read_text(encoding="utf-8"))
TELLINGS = [telling for problem in PROBLEMS for telling in problem["tellings"]]


def test_forty_problems_are_told_three_to_twelve_times() -> None:
    assert len({problem["problem"] for problem in PROBLEMS}) == 40
    assert {len(problem["tellings"]) for problem in PROBLEMS} <= set(range(3, 13))


def test_no_six_words_in_a_row_are_told_twice() -> None:
    runs: Counter[tuple[str, ...]] = Counter()
    for telling in TELLINGS:
        words = telling["body"].lower().split()
        runs.update({tuple(words[start : start + 6]) for start in range(len(words) - 5)})
    assert [run for run, times in runs.items() if times > 1] == []


def test_ordinary_reports_lose_nothing_to_redaction() -> None:
    texts = [telling["title"] + "\n" + telling["body"] for telling in TELLINGS]
    assert [text for text in texts if redact(text).text != text] == []
