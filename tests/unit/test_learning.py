"""What is learned from people: bounded voices, recent decisions held out, contests decided by more than chance."""

import random
import signal
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from feedback.models import Feedback
from hypercare.core.problem import Problem
from triage.classify.learner import Recipe, fit_heads
from triage.learn.contest import Meeting
from triage.learn.drift import stability
from triage.learn.examples import Example, Word
from triage.learn.recent import FEWEST_HELD, Split, TooFew, split
from triage.learn.ticket_words import Mapping, proposed_columns, proposed_words, read_cells
from triage.learn.tickets import _clean, read_csv
from triage.learn.voices import MOST_OF_ALL, heard

NOW = datetime(2026, 5, 28, 12, 0, tzinfo=UTC)


def said(number, voice="user:1", value="bug", **more):
    words = {"category": Word(value, voice, 3.0)}
    return Example(Feedback(title=f"Text {number}"), words, NOW + timedelta(minutes=number), **more)


def share(kept, said_by, voice, *, beside):
    weights = {one: kept[one] * weight for one, weight in said_by.items()}
    return weights[voice] / (beside + sum(weights.values()))


def test_nobody_weighs_more_than_a_third_of_what_teaches():
    spree = {"user:1": 9000.0, "user:2": 60.0}
    kept = heard(spree, beside=1896.0)
    assert share(kept, spree, "user:1", beside=1896.0) == pytest.approx(MOST_OF_ALL, abs=0.001)
    assert kept["user:2"] == 1.0


def test_modest_voices_are_heard_in_full():
    assert heard({"user:1": 300.0, "user:2": 300.0}, beside=1896.0) == {"user:1": 1.0, "user:2": 1.0}


def test_three_loud_voices_share_what_is_not_the_seed():
    loud = dict.fromkeys(["user:1", "user:2", "user:3"], 6000.0)
    kept = heard(loud, beside=100.0)
    assert all(share(kept, loud, voice, beside=100.0) <= MOST_OF_ALL + 0.001 for voice in loud)


def test_newest_quarter_judges_and_all_older_teaches():
    found = split([said(number, voice=f"user:{number % 3}") for number in range(200)], seen_until=None)
    assert isinstance(found, Split)
    assert (len(found.learned), len(found.held), found.one_voice) == (150, 50, False)
    assert found.learned_until < min(one.at for one in found.held)


def test_what_the_champion_may_have_learned_never_judges():
    seen_until = NOW + timedelta(minutes=159)
    found = split([said(number, voice=f"user:{number % 3}") for number in range(200)], seen_until=seen_until)
    assert len(found.held) == FEWEST_HELD
    assert min(one.at for one in found.held) > seen_until
    assert isinstance(split([said(number) for number in range(200)], seen_until=NOW + timedelta(minutes=180)), TooFew)


def test_spree_of_one_person_does_not_outvote_the_others_when_it_judges():
    calm = [said(number, voice=f"user:{2 + number % 3}") for number in range(200)]
    spree = [said(200 + number, voice="user:1", value="praise") for number in range(40)]
    others = [said(240 + number, voice="user:2") for number in range(20)]
    found = split([*calm, *spree, *others], seen_until=None)
    by_spree = sum("user:1" in one.voices for one in found.held)
    assert by_spree <= len(found.held) / 2


def test_one_persons_word_alone_is_marked():
    found = split([said(number) for number in range(200)], seen_until=None)
    assert found.one_voice


def test_old_tickets_judge_only_before_there_are_decisions():
    tickets = [said(number, voice="import:1", is_ticket=True) for number in range(200)]
    assert all(one.is_ticket for one in split(tickets, seen_until=None).held)
    decisions = [said(300 + number, voice=f"user:{number % 2}") for number in range(60)]
    assert not any(one.is_ticket for one in split([*tickets, *decisions], seen_until=None).held)


@pytest.mark.parametrize(
    ("gained", "lost", "better", "worse"),
    [(0, 0, False, False), (5, 0, False, False), (6, 0, True, False), (20, 8, True, False), (8, 20, False, True),
     (12, 10, False, False)],
)  # fmt: skip
def test_only_what_chance_does_not_explain_is_better(gained, lost, better, worse):
    meeting = Meeting(gained, lost)
    assert (meeting.is_better, meeting.is_worse) == (better, worse)


def test_unlabelled_texts_teach_a_field_nothing():
    import numpy as np
    from scipy.sparse import csr_matrix

    features = csr_matrix(np.eye(6, dtype=np.float32))
    labels = ["a", "b", "a", "b", None, None]
    with_them = fit_heads(features, labels, recipes=[Recipe.EVEN])[Recipe.EVEN]
    without = fit_heads(features[:4], labels[:4], recipes=[Recipe.EVEN])[Recipe.EVEN]
    assert with_them.labels == ("a", "b")
    assert np.allclose(with_them.weights, without.weights)


def test_one_label_alone_is_no_component_to_learn():
    from triage.classify.corpus import read_corpus
    from triage.learn.teach import teach

    examples = [replace(said(number), words={"component": Word("checkout", "user:1", 3.0)}) for number in range(30)]
    seed = read_corpus()[::40]
    lesson = teach(examples, seed=seed, components=["checkout", "search"])
    assert "component" not in lesson.model.heads
    both = [*examples, *(
        replace(said(number, value=""), report=Feedback(title=f"Finding {number} gives nothing"),
                words={"component": Word("search", "user:1", 3.0)})
        for number in range(30)
    )]  # fmt: skip
    assert teach(both, seed=seed, components=["checkout", "search"]).model.heads["component"].labels == (
        "checkout",
        "search",
    )


def test_drift_index_is_nothing_for_equal_shares_and_names_what_moved():
    assert stability("channel", {"widget": (50, 100), "portal": (50, 100)}).how_far == "little"
    moved = stability("channel", {"widget": (10, 90), "portal": (90, 10)})
    assert (moved.how_far, moved.before + moved.now) == ("much", pytest.approx(1.0))


def test_few_reports_of_many_kinds_drift_no_oftener_than_one_time_in_twenty_by_chance():
    draw, kinds = random.Random(4), [str(kind) for kind in range(16)]
    told = 0
    for _each in range(400):
        now, before = (Counter(draw.choices(kinds, k=count)) for count in (40, 120))
        told += stability("category", {kind: (now[kind], before[kind]) for kind in kinds}).how_far != "little"
    assert told <= 40


CSV = "Summary;Beschreibung;Type;Priority;Created\nBasket empty;It was full;Defect;P1;2026-04-01\n"


def test_foreign_csv_is_read_with_its_own_delimiter_and_encoding():
    table = read_csv(CSV.replace("Basket", "Korg å").encode("cp1252"))
    assert table.columns == ["Summary", "Beschreibung", "Type", "Priority", "Created"]
    assert table.lines == [(2, ["Korg å empty", "It was full", "Defect", "P1", "2026-04-01"])]


@pytest.mark.parametrize("content", [b"", b"title\n", b"\n\n\n"])
def test_what_is_no_table_is_refused_in_words(content):
    with pytest.raises(Problem) as refused:
        read_csv(content)
    assert refused.value.status == 400


def test_blank_lines_take_no_ticket_its_place():
    lines = [line for number in range(9_000) for line in (f"Ticket {number},Bug", "")]
    assert len(read_csv("\n".join(["Title,Type", *lines]).encode()).lines) == 9_000
    with pytest.raises(Problem):
        read_csv("\n".join(["Title,Type", *[f"Ticket {number},Bug" for number in range(10_001)]]).encode())


def test_line_that_names_the_delimiter_is_no_line_of_names():
    assert read_csv(b"sep=;\r\nTitle;Type\r\nA, b;Bug\r\n").columns == ["Title", "Type"]


def test_columns_of_one_name_are_told_apart_by_their_number():
    assert read_csv(b"Title,Type,Title\nBasket,Bug,x\n").columns == ["Title (1)", "Type", "Title (3)"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_encodings_of_usual_programs_are_read(encoding):
    assert read_csv("Titel;Typ\nKorg å;Bugg\n".encode(encoding)).lines == [(2, ["Korg å", "Bugg"])]


def test_quotation_mark_that_never_closes_does_not_swallow_the_tickets_below_it():
    with pytest.raises(Problem) as refused:
        read_csv(b'Title,Type\nBasket,Bug\n"never closed,Bug\nInvoice,Bug\nPage,Bug\n')
    assert "near line 3" in refused.value.detail
    assert read_csv(b'Title,Type\nA 5" screen,Bug\n').lines == [(2, ['A 5" screen', "Bug"])]
    assert read_csv(b'Title,Type\n"He said ""no""\nand left",Bug\n').lines[0][1][0] == 'He said "no"\nand left'


def test_pasted_log_is_cut():
    assert len(read_csv(b'title,body\nBasket,"' + b"x" * 200_000 + b'"\n').lines[0][1][1]) == 200_000
    assert len(_clean("x" * 200_000)) == 20_000


def test_usual_columns_and_words_are_proposed():
    columns = proposed_columns(["Key", "Summary", "Description", "Issue Type", "Priority", "Created"])
    assert columns == {"title": 1, "body": 2, "category": 3, "severity": 4, "happened_at": 5}
    assert proposed_words({"category": {"New Feature": 3, "Gizmo": 1}})["category"] == {"New Feature": "enhancement"}


MAPPING = Mapping({"title": 0, "category": 1, "happened_at": 2}, {"category": {"Defect": "bug", "Odd": "gizmo"}})


@pytest.mark.parametrize(
    ("cells", "error"),
    [
        (["Basket empty", "Defect", "2026-04-01"], ""),
        (["Basket empty", "Defect", ""], ""),
        (["", "Defect", ""], "no text"),
        (["Basket empty", "Gizmo", ""], "“Gizmo” has no meaning"),
        (["Basket empty", "Odd", ""], "has no meaning"),
        (["Basket empty", "", ""], "Nobody said"),
        (["Basket empty", "Defect", "yesterday"], "“yesterday” is no date"),
        (["Basket empty"], "Nobody said"),
    ],
)
def test_each_ticket_is_taken_or_says_why_not(cells, error):
    read = read_cells(cells, MAPPING, now=NOW)
    assert (error in read.error) if error else (read.said == {"category": "bug"} and not read.error)


def test_ticket_from_the_future_is_of_today():
    assert read_cells(["Basket", "Defect", "2031-01-01"], MAPPING, now=NOW).happened_at == NOW


def test_training_that_takes_too_long_is_ended_by_the_system():
    program = "from triage.learn.bounds import bound_this_process as b; b(wall_seconds=1); import time; time.sleep(30)"
    ended = subprocess.run([sys.executable, "-c", program], check=False, timeout=25)
    assert ended.returncode == -signal.SIGALRM


def test_old_tickets_alone_never_promote_by_themselves():
    tickets = [said(number, voice="import:1", is_ticket=True) for number in range(200)]
    assert split(tickets, seen_until=None).by_tickets
    decisions = [said(300 + number, voice=f"user:{number % 2}") for number in range(60)]
    assert not split([*tickets, *decisions], seen_until=None).by_tickets
