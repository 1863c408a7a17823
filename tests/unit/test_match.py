"""Which issue a report belongs to: alike words join, other problems stay apart, a batch decides as single reports would."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from feedback.models import Feedback
from triage.classify.classify import classify
from triage.match import evaluation
from triage.match.alike import ALERT_THRESHOLD, JOIN_THRESHOLD, Likeness, probability
from triage.match.assign import Item, propose_to, settle
from triage.match.evaluation import MemoryIndex, Told
from triage.match.index import IssueFacts
from triage.match.similarity import STRONGEST, WIDTH, told_words, vectors
from triage.match.tellings import Telling, Tellings
from triage.vocabulary import concepts_in, stem, words_of

PROBLEMS = json.loads((Path(__file__).parents[1] / "data" / "forty_problems.json").read_text(encoding="utf-8"))

POSTCODE = "Postcode refused at checkout\nThe form says the postcode is invalid although it is right"
POSTCODE_AGAIN = "Invalid postcode\nMy postcode is right but the checkout form refuses it as invalid"
REPORT = "Weekly report is empty\nThe dashboard for managers shows no figures since Monday"


def item(number, *, component=None, category="", channel="widget", fingerprint=None):
    return Item(number, component, category, channel, fingerprint)


def alert(number, fingerprint, *, component=None):
    return item(number, component=component, channel="alert", fingerprint=fingerprint)


@pytest.fixture
def index():
    return MemoryIndex()


@pytest.fixture
def tell(index):
    """Matches a batch of (item, text) and remembers it, as triage would; says the issue of each."""

    def match(*told):
        proposal = propose_to(index, [each for each, _text in told], [text for _each, text in told])
        return index.take([Told(0, each, text) for each, text in told], settle(proposal), proposal.vectors)

    return match


@pytest.fixture
def decide(index):
    """The assignments of a batch, nothing remembered."""
    return lambda *told: settle(propose_to(index, [each for each, _text in told], [text for _each, text in told]))


def test_vectors_are_of_unit_length_and_small():
    rows = vectors([POSTCODE, "crash " + " ".join(f"word{n}x{n * 7919}" for n in range(900))])
    assert rows.shape == (2, WIDTH)
    assert rows.dtype == np.float32
    assert pytest.approx([1, 1], abs=1e-3) == np.sqrt(rows.multiply(rows).sum(axis=1)).A1
    assert np.diff(rows.indptr).max() <= STRONGEST


@pytest.mark.parametrize("text", ["", "the and of", "\n"])
def test_text_without_a_telling_word_is_near_to_nothing(text):
    assert vectors([text]).nnz == 0


def test_nothing_gives_no_rows():
    assert vectors([]).shape == (0, WIDTH)


@pytest.mark.parametrize(
    ("one", "other", "stranger"),
    [
        ("I cannot sign in", "login fails for me", "The map is upside down"),
        ("Sidan ligger nere", "the site is unavailable", "Please add a dark theme"),
        ("Payment takes forever", "checkout is so slow", "The letters come twice"),
        ("HTTP 503 on /orders/export", "/orders/export gives 503", "/users/list gives 200"),
    ],
)
def test_other_words_for_the_same_thing_lie_nearer(one, other, stranger):
    rows = vectors([one, other, stranger])
    likeness = (rows @ rows.T).toarray()
    assert likeness[0, 1] > likeness[0, 2] + 0.1


def test_longest_phrase_tells_the_thought():
    assert [concept for _at, _length, concept in concepts_in(words_of("Kan inte logga in, sidan ligger nere"))] == [
        "login",
        "page",
        "down",
    ]


@pytest.mark.parametrize(
    ("word", "form"), [("orders", "order"), ("crashed", "crash"), ("503", "503"), ("pass", "pass")]
)
def test_stem_takes_common_endings_only(word, form):
    assert stem(word) == form


def test_rare_words_are_quoted_before_common_ones():
    words = told_words("the form refuses my quetzalcoatl code", "quetzalcoatl code refused by the form")
    assert words[0] == "quetzalcoatl"


def test_reason_quotes_the_rarest_shared_words():
    assert "postcode" in told_words(POSTCODE, POSTCODE_AGAIN)
    assert "the" not in told_words(POSTCODE, POSTCODE_AGAIN)


def test_retelling_joins_the_open_issue_and_says_why(tell, decide):
    (issue,) = tell((item(1), POSTCODE))
    (again,) = decide((item(2), POSTCODE_AGAIN))
    assert (again.issue_id, again.group) == (issue, None)
    assert JOIN_THRESHOLD <= again.confidence <= 1
    assert "% alike: “" in again.reason
    assert "postcode" in again.reason


def test_another_problem_opens_a_new_issue(tell, decide):
    tell((item(1), POSTCODE))
    (other,) = decide((item(2), REPORT))
    assert (other.issue_id, other.group) == (None, 0)


def test_retellings_in_one_batch_share_a_group(decide):
    first, other, again = decide((item(1), POSTCODE), (item(2), REPORT), (item(3), POSTCODE_AGAIN))
    assert first.group == again.group != other.group
    assert {first.issue_id, again.issue_id, other.issue_id} == {None}


def test_batch_gives_what_single_reports_would_give():
    told = evaluation.tellings_of(PROBLEMS[:12], [""] * sum(len(problem["tellings"]) for problem in PROBLEMS[:12]))
    mixed = evaluation.shuffled(told, seed=3)

    def groups(batch):
        index, went = MemoryIndex(), []
        for begin in range(0, len(mixed), batch):
            part = mixed[begin : begin + batch]
            proposal = propose_to(index, [each.item for each in part], [each.text for each in part])
            went += index.take(part, settle(proposal), proposal.vectors)
        return went

    assert groups(1) == groups(7) == groups(len(mixed))


def test_issue_that_came_after_the_proposal_is_joined(index, tell):
    proposal = propose_to(index, [item(2)], [POSTCODE_AGAIN])
    (issue,) = tell((item(1), POSTCODE))
    assert settle(proposal)[0].issue_id == issue


def test_issue_that_ended_after_the_proposal_is_not_joined(index, tell):
    (issue,) = tell((item(1), POSTCODE))
    proposal = propose_to(index, [item(2)], [POSTCODE_AGAIN])
    index.put_facts(
        [IssueFacts(issue, is_open=False, merged_into_id=None, component_id=None, category="", fingerprint=None)]
    )
    assert settle(proposal)[0].issue_id is None


def test_report_like_a_merged_issue_goes_to_the_root(index, tell, decide):
    root, merged = tell((item(1), REPORT), (item(2), POSTCODE))
    index.put_facts(
        [IssueFacts(merged, is_open=False, merged_into_id=root, component_id=None, category="", fingerprint=None)]
    )
    assert decide((item(3), POSTCODE_AGAIN))[0].issue_id == root


def test_report_moved_elsewhere_no_longer_speaks_for_the_issue(index, tell, decide):
    issue, other = tell((item(1), POSTCODE), (item(2), REPORT))
    index.tellings.add([Telling(1, other, POSTCODE)], vectors([POSTCODE]))
    assert decide((item(3), POSTCODE_AGAIN))[0].issue_id == other != issue


def test_same_alert_key_joins_for_certain(tell, decide):
    (issue,) = tell((alert(1, "a:1"), "InstanceDown web-03"))
    (again,) = decide((alert(2, "a:1"), "quite other words"))
    assert (again.issue_id, again.confidence, again.reason) == (issue, 1.0, "same alert key")


def test_two_alerts_of_one_key_share_a_group(decide):
    first, second = decide((alert(1, "a:1"), "InstanceDown web-03"), (alert(2, "a:1"), "quite other words"))
    assert first.group == second.group == 0


def test_alert_of_an_ended_issue_opens_a_new_one(index, tell, decide):
    (issue,) = tell((alert(1, "a:1"), "InstanceDown web-03"))
    index.put_facts(
        [IssueFacts(issue, is_open=False, merged_into_id=None, component_id=None, category="", fingerprint="a:1")]
    )
    assert decide((alert(2, "a:1"), "InstanceDown web-03"))[0].issue_id is None


def test_alert_of_a_merged_issue_stays_with_its_own_key(index, tell, decide):
    root, merged = tell((item(1), REPORT), (alert(2, "a:1"), "InstanceDown web-03"))
    index.put_facts(
        [IssueFacts(merged, is_open=False, merged_into_id=root, component_id=None, category="", fingerprint="a:1")]
    )
    assert decide((alert(3, "a:1"), "InstanceDown web-03"))[0].issue_id == merged


def test_alert_does_not_join_by_words_without_the_same_component(tell, decide):
    tell((item(1), POSTCODE))
    assert decide((alert(2, "a:1"), POSTCODE))[0].issue_id is None
    assert decide((alert(2, "a:1", component=4), POSTCODE))[0].issue_id is None


def test_alert_joins_by_words_in_the_same_component_when_very_alike(tell, decide):
    (issue,) = tell((item(1, component=4), POSTCODE))
    (joined,) = decide((alert(2, "a:1", component=4), POSTCODE))
    assert (joined.issue_id, joined.confidence >= ALERT_THRESHOLD) == (issue, True)
    assert joined.reason.endswith("; same component")


@pytest.mark.parametrize("quiet", ["praise", "question"])
def test_problem_does_not_disappear_into_praise_or_a_question(tell, decide, quiet):
    tell((item(1, category=quiet), POSTCODE))
    assert decide((item(2, category="bug"), POSTCODE))[0].issue_id is None


def test_praise_does_not_join_a_problem(tell, decide):
    tell((item(1, category="bug"), POSTCODE))
    assert decide((item(2, category="praise"), POSTCODE))[0].issue_id is None


def test_question_joins_the_problem_it_asks_about(tell, decide):
    (issue,) = tell((item(1, category="bug"), POSTCODE))
    assert decide((item(2, category="question"), POSTCODE_AGAIN))[0].issue_id == issue


def test_other_component_makes_the_same_words_less_probable():
    alike = Likeness((0.4, 0.3), same_component=None, same_category=None)
    assert (
        probability(replace(alike, same_component=False))
        < probability(alike)
        < probability(replace(alike, same_component=True))
    )


def test_joining_blocks_keeps_what_stands_and_forgets_the_rest():
    tellings = Tellings()
    for number in range(40):
        tellings.add([Telling(number, number, "")], vectors([f"{POSTCODE} variant{number}"]))
    tellings.remove(range(10))
    tellings.join_blocks()
    snapshot = tellings.snapshot()
    found = {near.telling.feedback_id for near in snapshot.search(vectors([POSTCODE]))[0]}
    assert found == set(range(10, 40)) == {t.feedback_id for block in snapshot.blocks for t in block.tellings}
    assert len(snapshot.blocks) <= 2


def test_snapshot_is_not_disturbed_by_what_comes_after():
    tellings = Tellings()
    tellings.add([Telling(1, 1, "")], vectors([POSTCODE]))
    before = tellings.snapshot()
    tellings.add([Telling(2, 2, "")], vectors([POSTCODE_AGAIN]))
    tellings.remove([1])
    assert [near.telling.feedback_id for near in before.search(vectors([POSTCODE]))[0]] == [1]
    assert [near.telling.feedback_id for near in tellings.since(before.newest).search(vectors([POSTCODE]))[0]] == [2]


def test_forty_problems_are_grouped_well(trained):
    model, _figures = trained
    rows = [Feedback(title=t["title"], body=t["body"], channel="api") for p in PROBLEMS for t in p["tellings"]]
    categories = [found[0].value if found[0].applied else "" for found in classify(rows, [], model=model)]
    figures = evaluation.measure(evaluation.tellings_of(PROBLEMS, categories))
    assert figures["bcubed_f1"] >= 0.62
    assert figures["bcubed_precision"] >= 0.80


def test_bcubed_counts_what_is_together_and_what_belongs_together():
    figures = evaluation.bcubed([1, 1, 2, 3], [1, 1, 1, 2])
    assert (figures.precision, figures.recall) == (1.0, pytest.approx((2 / 3 + 2 / 3 + 1 / 3 + 1) / 4))
