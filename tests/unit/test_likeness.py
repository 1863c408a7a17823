"""Texts lean towards the labels of the learned texts they are like in meaning, as much as that does good."""

from dataclasses import replace

import numpy as np
import pytest

from triage.classify import likeness as way
from triage.classify import text_model
from triage.classify.learner import cross_validate, fit_head
from triage.classify.likeness import USUAL_SHARE, compared, fit_leaning, fit_share, likeness
from triage.classify.meaning import WIDTH, packed, unpacked
from triage.classify.reading import Counted
from triage.classify.text_model import TextModel

LABELS = ["bug", "wish"] * 20


def told(labels, *, seed=3, spread=0.6):
    """Vectors of unit length, near those of their label."""
    draw = np.random.default_rng(seed)
    middle = {"bug": np.eye(2 * WIDTH)[0], "wish": np.eye(2 * WIDTH)[1]}
    found = np.array([middle[label] + spread * draw.normal(size=2 * WIDTH) / np.sqrt(2 * WIDTH) for label in labels])
    return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)


def strangers(count):
    """Texts without a shared word."""
    draw = np.random.default_rng(11)
    return [" ".join("".join(draw.choice(list("abcdefghijklmnop"), 7)) for _word in range(2)) for _text in range(count)]


def test_text_is_most_alike_to_itself():
    meant = told(["bug", "bug", "wish"])
    alike = likeness(meant, meant)
    assert np.allclose(np.diag(alike), 1, atol=1e-5)
    assert 1 > alike[0, 1] > alike[0, 2] > 0


def test_new_text_leans_towards_what_it_is_like():
    meant = told(LABELS)
    leaning = fit_leaning(likeness(meant, meant), LABELS, known=["bug", "wish"])
    leans = likeness(told(["bug", "wish"], seed=8), meant) @ leaning.T
    assert leans.argmax(axis=1).tolist() == [0, 1]


def test_text_without_a_label_and_one_unheard_teach_the_same_nothing():
    meant = told(LABELS)
    alike = likeness(meant, meant)
    silent = fit_leaning(alike, [*LABELS[:-2], None, None], known=["bug", "wish"])
    unheard = fit_leaning(alike, LABELS, known=["bug", "wish"], heed=np.array([1.0] * 38 + [0.0] * 2))
    assert np.array_equal(silent, unheard)
    assert not silent[:, -2:].any()


def test_few_texts_of_a_label_are_heard_beside_many_of_another():
    labels = ["bug"] * 36 + ["wish"] * 4
    meant = told(labels, spread=1.5)
    leaning = fit_leaning(likeness(meant, meant), labels, known=["bug", "wish"])
    leans = likeness(told(["bug", "wish"] * 20, seed=8, spread=1.5), meant) @ leaning.T
    assert leans[1::2].argmax(axis=1).mean() > 0.6


def test_one_label_alone_leans_nowhere():
    meant = told(["bug"] * 3)
    assert not fit_leaning(likeness(meant, meant), ["bug"] * 3, known=["bug"]).any()


def test_meaning_counts_more_where_it_is_right_than_where_words_are():
    draw = np.random.default_rng(4)
    truth = draw.integers(0, 2, 400)
    right, noise = np.eye(2)[truth] + draw.normal(0, 0.5, (400, 2)), draw.normal(0, 0.5, (400, 2))
    assert fit_share(right, noise, truth) < 0.2 < USUAL_SHARE < 2 < fit_share(noise, right, truth)


def test_few_held_out_texts_move_the_usual_share_little():
    assert fit_share(np.eye(2), -np.eye(2), np.array([0, 1])) == pytest.approx(USUAL_SHARE, abs=0.3)


def test_too_many_texts_are_compared_by_a_draw(monkeypatch):
    monkeypatch.setattr(way, "MOST_COMPARED", 5)
    assert compared(4).tolist() == [0, 1, 2, 3]
    assert len(set(compared(50).tolist())) == 5
    assert np.array_equal(compared(50), compared(50))


def test_meaning_tells_texts_without_a_shared_word_apart():
    fields, rows = {"kind": LABELS}, Counted(strangers(80))  # each text, and behind them one word of each
    by_words = cross_validate(rows, fields, spread_by="kind")["kind"]
    with_meaning = cross_validate(rows, fields, spread_by="kind", meant=told(LABELS * 2))["kind"]
    assert (with_meaning.margins.argmax(axis=1) == with_meaning.truth).all()
    assert (by_words.margins.argmax(axis=1) == by_words.truth).mean() < 0.8
    assert (by_words.share, with_meaning.share > 0) == (0.0, True)


def test_packing_moves_no_number_by_more_than_half_a_step():
    meant = told(LABELS, spread=3)
    meant = meant[:, 2:]
    assert np.abs(unpacked(packed(meant)) - meant).max() <= 0.5 / 400 + 1e-6


def test_model_that_leans_answers_the_same_from_its_file(tmp_path):
    texts, meant = strangers(40), unpacked(packed(told(LABELS)))
    everything = np.arange(40)
    features, seen = Counted(texts).learn(everything, then=everything)
    leaning = fit_leaning(likeness(meant, meant), LABELS, known=["bug", "wish"])
    head = replace(fit_head(seen, LABELS), leaning=leaning).rounded()
    model = TextModel(1, replace(features, meant=meant), {"kind": head})
    path = tmp_path / "model.skops"
    loaded = text_model.load(path, digest=text_model.save(model, path))
    asked = ["nobody said this"], told(["wish"], seed=8)
    margins = loaded.heads["kind"].margins(loaded.features.read(*asked))
    assert np.allclose(margins, head.margins(model.features.read(*asked)))
    assert margins.argmax() == 1


def test_likeness_shows_no_words_as_reasons():
    meant = told(LABELS)
    head = replace(
        fit_head(Counted(strangers(40)).learn(np.arange(40), then=np.arange(40))[1], LABELS),
        leaning=np.ones((2, 40), dtype=np.float32),
    )
    assert head.deciding.shape[1] == head.weights.shape[1] + len(meant)
    assert not head.deciding[:, -40:].any()
