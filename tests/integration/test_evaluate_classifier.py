"""`evaluate classifier` measures what the product's own classify says, on any labelled file, and refuses bad files plainly."""

import gzip
import io
import json

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from triage.classify import evaluation
from triage.classify.calibration import (
    calibration_error,
    error_of_perfect_confidence,
    fit_calibration,
    reliability,
    sure_from,
)
from triage.classify.learner import Recipe, fit_head
from triage.classify.lesson import learn
from triage.classify.meaning import EncoderMissing, encoder, is_installed, meanings
from triage.classify.reading import Counted

BUGS = [
    "the page crashes",
    "an error appears",
    "saving fails",
    "the list stays empty",
    "it broke again",
    "upload fails",
]
WISHES = [
    "please add a map",
    "a dark theme please",
    "could you add search",
    "add an export please",
    "please add sorting",
]


@pytest.fixture
def table(tmp_path):
    """Writes a table of reports and gives its path."""

    def write(rows, name="reports.csv", header="title,kind,team"):
        path = tmp_path / name
        content = "\n".join([header, *rows]).encode()
        path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
        return path

    return write


@pytest.fixture
def reports(table):
    """Bugs and wishes of two teams."""
    told = [(text, "bug") for text in BUGS * 4] + [(text, "wish") for text in WISHES * 4]
    return table([f"{text},{kind},{'ab'[number % 2]}" for number, (text, kind) in enumerate(told)], "reports.csv.gz")


def figures(train, test=None, **options):
    printed = io.StringIO()
    given = {"text": ["title"], "label": "kind"} | options
    call_command("evaluate", "classifier", train=train, test=test, stdout=printed, **given)
    return json.loads(printed.getvalue())


def test_breaking_classify_makes_the_figures_fall(reports, monkeypatch):
    good = figures(reports, reports)
    right = evaluation.classify

    def always_the_first(rows, components, *, model):
        first = right(rows[:1], components, model=model)[0]
        return [first for _row in rows]

    monkeypatch.setattr(evaluation, "classify", always_the_first)
    broken = figures(reports, reports)
    assert good["accuracy"] == 1.0
    assert broken["accuracy"] < 0.7
    assert broken["macro_f1"] < 0.5


def test_breaking_the_models_weights_makes_the_figures_fall(reports, monkeypatch):
    monkeypatch.setattr(
        "triage.classify.learner.Head.margins", lambda _head, features: np.eye(2)[[0] * features.shape[0]]
    )
    assert figures(reports, reports)["accuracy"] < 0.7


def test_without_a_test_file_each_text_is_held_out_once(reports):
    told = figures(reports, folds=4)
    assert (told["texts"], told["runs"]) == (44, 4)
    assert told["macro_f1"] > 0.9


def test_groups_are_learned_apart(reports):
    assert figures(reports, reports, group="team")["runs"] == 2


def test_figures_tell_of_confidence_and_what_can_be_decided_alone(reports):
    told = figures(reports, reports, positive="bug")
    assert told["auc"] == 1.0
    assert sum(bin_["texts"] for bin_ in told["reliability"]) == 44
    assert {"expected_calibration_error", "error_of_perfect_confidence", "bytes", "texts_per_second"} <= told.keys()
    assert set(told["decided_alone"]) == {"precision_wanted", "share", "precision"}


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (b"", "has no column title, kind; it has none"),
        (b"title,kind\n", "has no rows"),
        (b"title,kind\nx,bug\ny,bug\n", "need two labels or more; they have bug"),
        (b"title,kind\n\xff\xfe,bug\n", "cannot be read as CSV"),
        (b"title,kind\n" + b"x" * (evaluation.LONGEST_CELL + 1) + b",bug\n", "field larger than field limit"),
    ],
)
def test_bad_file_is_refused_in_a_sentence(tmp_path, content, refusal):
    path = tmp_path / "bad.csv"
    path.write_bytes(content)
    with pytest.raises(CommandError, match=refusal):
        figures(path)


def test_cut_off_gzip_is_refused_in_a_sentence(reports):
    reports.write_bytes(reports.read_bytes()[:-20])
    with pytest.raises(CommandError, match="cannot be read as CSV"):
        figures(reports)


def test_group_that_nothing_teaches_is_refused_by_name(table, reports):
    other = table(["the page crashes,bug,c", "please add a map,wish,c"], "other.csv")
    with pytest.raises(CommandError, match="need two labels"):
        figures(reports, other, group="team")


def test_positive_label_that_nobody_has_is_refused(reports):
    with pytest.raises(CommandError, match="must be partly praise and partly not"):
        figures(reports, reports, positive="praise")


def test_one_example_of_each_label_is_learned_without_holding_out():
    model, unseen = learn(["it crashes", "add a map"], {"kind": ["bug", "wish"]}, spread_by="kind", number=1)
    assert (unseen, model.heads["kind"].labels) == ({}, ("bug", "wish"))


def test_file_of_a_model_is_small_and_exact(tmp_path, reports):
    from triage.classify import text_model

    model, _unseen = learn([*BUGS, *WISHES], {"kind": ["bug"] * 6 + ["wish"] * 5}, spread_by="kind", number=1)
    path = tmp_path / "model.skops"
    loaded = text_model.load(path, digest=text_model.save(model, path))
    assert np.array_equal(loaded.heads["kind"].weights, model.heads["kind"].weights)
    assert path.stat().st_size < 50_000


def test_file_of_another_format_is_refused(tmp_path, monkeypatch):
    from triage.classify import text_model

    model, _unseen = learn([*BUGS, *WISHES], {"kind": ["bug"] * 6 + ["wish"] * 5}, spread_by="kind", number=1)
    monkeypatch.setattr(text_model, "FORMAT", 1)
    path = tmp_path / "model.skops"
    digest = text_model.save(model, path)
    monkeypatch.undo()
    with pytest.raises(text_model.ModelFileProblem, match="is of format 1; this version reads 3"):
        text_model.load(path, digest=digest)


def test_telling_recipe_leans_on_words_that_stand_with_one_label():
    texts, labels = [*BUGS, *WISHES] * 3, (["bug"] * 6 + ["wish"] * 5) * 3
    rows = np.arange(len(texts))
    features, seen = Counted(texts).learn(rows, then=rows)
    please = features.blocks["words"].names.index("please")
    shares = {}
    for recipe in Recipe:
        weights = np.abs(fit_head(seen, labels, recipe=recipe).weights[1])
        shares[recipe] = weights[please] / weights.sum()
    assert shares[Recipe.TELLING] > shares[Recipe.BOTH] > shares[Recipe.EVEN]


def test_calibration_makes_boasting_margins_honest():
    draw = np.random.default_rng(5)
    truth = draw.integers(0, 3, 3000)
    said = np.where(draw.random(3000) < 0.7, truth, draw.integers(0, 3, 3000))
    margins = np.eye(3)[said] * 9 + draw.normal(0, 0.1, (3000, 3))
    chances = fit_calibration(margins, truth).probabilities(margins)
    right = chances.argmax(axis=1) == truth
    assert np.array_equal(chances.argmax(axis=1), margins.argmax(axis=1))
    assert np.allclose(chances.sum(axis=1), 1)
    assert calibration_error(chances.max(axis=1), right) < 0.03 < 1 - right.mean()


def test_perfect_confidence_has_a_small_error_that_falls_with_more_texts():
    few, many = (error_of_perfect_confidence(np.linspace(0.5, 1, count)) for count in (100, 10_000))
    assert 0.0 < many < few < 0.15


def test_reliability_shares_texts_evenly():
    told = reliability(np.linspace(0.1, 1, 100), np.arange(100) % 2 == 0)
    assert [bin_["texts"] for bin_ in told] == [10] * 10
    assert all(bin_["right"] == 0.5 for bin_ in told)


def test_sure_from_is_the_lowest_confidence_that_keeps_the_precision():
    confidence = np.linspace(0.01, 1, 100)
    assert sure_from(confidence, confidence > 0.4, precision=1.0) == pytest.approx(0.41)
    assert sure_from(confidence, np.zeros(100, dtype=bool), precision=0.95) > 1


@pytest.mark.skipif(is_installed(), reason="the semantic extra is installed")
def test_missing_extra_is_named(reports):
    with pytest.raises(CommandError, match=r"The semantic extra needs the package .*\[semantic\]"):
        figures(reports, semantic=True)


@pytest.mark.skipif(is_installed(), reason="the semantic extra is installed")
def test_missing_extra_never_stops_the_first_model(db, now, settings, tmp_path):
    from triage.classify.train import ensure_model

    settings.SEMANTIC, settings.MODELS_HOME = True, tmp_path
    (tmp_path / "corpus").mkdir()
    for category, texts in (("bug", BUGS), ("enhancement", WISHES)):
        rows = [f'3,neutral,en,"{text}"' for text in texts]
        (tmp_path / "corpus" / f"{category}.csv").write_text("\n".join(["severity,sentiment,language,text", *rows]))
    assert ensure_model(now=now, corpus=tmp_path / "corpus").figures["encoder"] == ""


@pytest.mark.skipif(not is_installed(), reason="needs the semantic extra")
def test_meaning_brings_texts_without_a_shared_word_together():
    lost, gone, sunny = meanings(["My card was stolen", "Somebody took the wallet from me", "What a sunny afternoon"])
    assert lost @ gone > lost @ sunny + 0.1


@pytest.mark.skipif(not is_installed(), reason="needs the semantic extra")
def test_model_with_meaning_answers_the_same_from_its_file(tmp_path):
    from triage.classify import text_model

    texts, labels = [*BUGS, *WISHES], ["bug"] * 6 + ["wish"] * 5
    model, _unseen = learn(texts, {"kind": labels}, spread_by="kind", number=1, semantic=True)
    path = tmp_path / "model.skops"
    loaded = text_model.load(path, digest=text_model.save(model, path))
    asked = ["it crashed", "a map would be nice"]
    assert np.allclose(
        loaded.heads["kind"].probabilities(loaded.read(asked)), model.heads["kind"].probabilities(model.read(asked))
    )
    assert encoder() is encoder()


def test_other_file_than_the_measured_one_is_refused(tmp_path, monkeypatch):
    from triage.classify import meaning

    (tmp_path / "model.onnx").write_bytes(b"something else")
    monkeypatch.setattr(
        meaning,
        "distribution",
        lambda _name: type("Found", (), {"locate_file": lambda _s, _f: tmp_path / "model.onnx"})(),
    )
    with pytest.raises(EncoderMissing, match="is not the file that was measured"):
        meaning._checked("any", "model.onnx", "0" * 64)
