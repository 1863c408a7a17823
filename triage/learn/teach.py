"""This module teaches a model a launch's own examples on top of the seed corpus; nothing is read or written here.

A component is learned only where two of them or more were named ten times each: the sixteen types have the seed corpus
under them, a launch's components have nothing, and who knows one answer alone should say none.
"""

import resource
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from feedback.models import MACHINE_CHANNELS
from triage.categories import CATEGORIES, SENTIMENTS
from triage.classify import corpus
from triage.classify.calibration import Floats
from triage.classify.features import prepare
from triage.classify.learner import Labels, fit_head
from triage.classify.lesson import learn
from triage.classify.text_model import TextModel
from triage.classify.versions import BLIND_TO_OPENING, FIELDS
from triage.learn.examples import Example
from triage.learn.voices import heard

FEWEST_OF_A_COMPONENT = 10
FEWEST_TO_COMPARE, MOST_COMPARED = 20, 3
_KNOWN = {"category": frozenset(CATEGORIES), "severity": frozenset("12345"), "sentiment": frozenset(SENTIMENTS)}


@dataclass(frozen=True)
class Taught:
    """What came of a lesson: a model without a number yet, and what it was made of."""

    model: TextModel
    figures: dict[str, Any]


def teach(
    examples: Sequence[Example], *, seed: Sequence[corpus.Example], components: Collection[str], semantic: bool = False
) -> Taught:
    """A model of the seed corpus and these examples, each voice bounded; labels outside a closed set are left out."""
    began, worked = time.perf_counter(), time.process_time()
    known: dict[str, Collection[str]] = {**_KNOWN, "component": _components(examples, components)}
    fields = {field: _labels(field, seed, examples, known[field]) for field in (*FIELDS, "component") if known[field]}
    voices = {field: _voices(examples, field, labels[len(seed) :]) for field, labels in fields.items()}
    shares = {field: heard(said, beside=float(len(seed))) for field, said in voices.items()}
    heed = {field: _heed(field, seed, examples, shares[field]) for field in fields}
    # Confidence comes true on what is decided here; old tickets may be quite other texts.
    own = np.array([False] * len(seed) + [not one.is_ticket for one in examples])
    texts = [one.text for one in seed] + [one.text for one in examples]
    model, _unseen = learn(
        texts,
        fields,
        spread_by="category",
        number=0,
        semantic=semantic,
        blind_to_opening=BLIND_TO_OPENING,
        heed=heed,
        own=own,
    )
    spoke = [""] * len(seed) + [_voice(one, "category") for one in examples]
    agreed = _agreement(model, texts, fields["category"], heed["category"], spoke)
    figures = {
        "texts": len(texts),
        "seconds": round(time.perf_counter() - began, 1),
        "processor_seconds": round(time.process_time() - worked, 1),
        "memory_mb": _memory_mb(),
        "seed": len(seed),
        "people": {field: _from_people(examples, field) for field in fields},
        "voices": _heard_voices(voices, shares, agreed),
    }
    return Taught(model, figures)


def _voice(one: Example, field: str) -> str:
    return one.words[field].voice if field in one.words else ""


def _components(examples: Sequence[Example], present: Collection[str]) -> list[str]:
    """Those that can be told apart."""
    named = Counter(one.words["component"].value for one in examples if "component" in one.words)
    often = [slug for slug, times in named.items() if slug in present and times >= FEWEST_OF_A_COMPONENT]
    return often if len(often) > 1 else []


def _labels(
    field: str, seed: Sequence[corpus.Example], examples: Sequence[Example], known: Collection[str]
) -> list[str | None]:
    from_seed = [str(getattr(one, field)) if field in FIELDS else None for one in seed]
    said = [one.words[field].value if field in one.words else None for one in examples]
    return from_seed + [value if value in known else None for value in said]


def _voices(examples: Sequence[Example], field: str, labels: Labels) -> dict[str, float]:
    """How much weight each voice brings to a field."""
    said: dict[str, float] = defaultdict(float)
    for one, label in zip(examples, labels, strict=True):
        if label is not None:
            said[one.words[field].voice] += one.words[field].weight
    return dict(said)


def _heed(field: str, seed: Sequence[corpus.Example], examples: Sequence[Example], shares: dict[str, float]) -> Floats:
    own = [
        one.words[field].weight * shares.get(one.words[field].voice, 1.0) if field in one.words else 0.0
        for one in examples
    ]
    return np.concatenate([np.ones(len(seed)), np.array(own, dtype=np.float64)])


def _from_people(examples: Sequence[Example], field: str) -> dict[str, int]:
    """How many texts that people wrote each class has."""
    written = [one for one in examples if field in one.words and one.report.channel not in MACHINE_CHANNELS]
    return dict(Counter(one.words[field].value for one in written))


def _heard_voices(
    voices: dict[str, dict[str, float]], shares: dict[str, dict[str, float]], agreed: dict[str, float]
) -> dict[str, dict[str, float]]:
    """Of each voice: how much of its weight was heard, and of the loudest how often all others would say the same."""
    said: dict[str, float] = defaultdict(float)
    kept: dict[str, float] = defaultdict(float)
    for field, weights in voices.items():
        for voice, weight in weights.items():
            said[voice] += weight
            kept[voice] += weight * shares[field][voice]
    told = {voice: {"heard": round(kept[voice] / weight, 4)} for voice, weight in said.items() if weight}
    return {voice: facts | ({"agrees": agreed[voice]} if voice in agreed else {}) for voice, facts in told.items()}


def _agreement(
    model: TextModel, texts: Sequence[str], labels: Labels, heed: Floats, spoke: Sequence[str]
) -> dict[str, float]:
    """How often a model that learned from everybody else gives the label that a voice gave; the loudest ones alone."""
    said = np.array([voice if label is not None else "" for voice, label in zip(spoke, labels, strict=True)])
    loud = [voice for voice, times in Counter(said.tolist()).most_common() if voice and times >= FEWEST_TO_COMPARE]
    if not loud:
        return {}
    features = model.features.read([prepare(text) for text in texts])
    found = {}
    for voice in loud[:MOST_COMPARED]:
        theirs = said == voice
        rows, rest = (np.flatnonzero(one).tolist() for one in (theirs, ~theirs))
        others = fit_head(features[rest], [labels[row] for row in rest], heed=heed[~theirs])
        answers = others.margins(features[rows]).argmax(axis=1)
        same = [others.labels[at] == labels[row] for at, row in zip(answers, rows, strict=True)]
        found[voice] = round(float(np.mean(same)), 4)
    return found


def _memory_mb() -> int:
    """The most memory this process held so far."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(most / (2**20 if sys.platform == "darwin" else 2**10))
