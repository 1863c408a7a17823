"""This module trains the text model from the seed corpus: at the first start, by one worker, or on demand."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.db import connection

from triage.classify.calibration import reliability
from triage.classify.corpus import FOLDER, Example, corpus_digest, read_corpus
from triage.classify.learner import by_class, figures_of
from triage.classify.lesson import learn
from triage.classify.meaning import ENCODER, is_installed
from triage.classify.shelf import store_shipped
from triage.classify.text_model import TextModel
from triage.classify.versions import BLIND_TO_OPENING, FIELDS, FORMAT, is_whole, shipped_versions
from triage.models import ModelVersion

log = logging.getLogger(__name__)

_TRAINING_LOCK = 0x48435458


def ensure_model(
    *, now: datetime, force: bool = False, corpus: Path = FOLDER, say: Callable[[str], None] = log.info
) -> ModelVersion:
    """The newest version whose file is here and whole and which learned from the present corpus; trains one if none is.

    Workers that start together queue at an advisory lock: one trains, the others find its version. Where no file can be
    written each of them trains one and holds it.
    """
    usable = None if force else _usable(corpus)
    if usable is not None:
        return usable
    with _training_alone():
        usable = None if force else _usable(corpus)
        return usable or _train_and_store(corpus, now=now, say=say)


def _usable(corpus: Path) -> ModelVersion | None:
    learned_from_it = shipped_versions().filter(
        figures__corpus=corpus_digest(corpus), figures__format=FORMAT, figures__encoder=encoder()
    )
    for version in learned_from_it.order_by("-number"):
        if is_whole(version):
            return version
    return None


def encoder() -> str:
    """The encoder to read meanings with; empty when none is wanted or the wanted one is not here."""
    return ENCODER if settings.SEMANTIC and is_installed() else ""


@contextmanager
def _training_alone() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_TRAINING_LOCK])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_TRAINING_LOCK])


def _train_and_store(corpus: Path, *, now: datetime, say: Callable[[str], None]) -> ModelVersion:
    model, figures = train(read_corpus(corpus), number=0, semantic=bool(encoder()), say=say)
    version = store_shipped(model, figures | {"corpus": corpus_digest(corpus)}, now=now)
    if version.path:
        say(f"Wrote {version.path}, SHA-256 {version.digest[:12]}.")
    return version


def train(
    examples: list[Example], *, number: int, semantic: bool = False, say: Callable[[str], None] = log.info
) -> tuple[TextModel, dict[str, Any]]:
    """A model of the examples, and its figures on texts that it had not seen, by cross-validation."""
    began = time.perf_counter()
    fields = {field: [str(getattr(example, field)) for example in examples] for field in FIELDS}
    say(f"Learning {', '.join(FIELDS)} from {len(examples)} texts.")
    texts = [example.text for example in examples]
    model, unseen = learn(
        texts, fields, spread_by="category", number=number, semantic=semantic, blind_to_opening=BLIND_TO_OPENING
    )
    figures: dict[str, Any] = {"texts": len(examples), "seconds": round(time.perf_counter() - began, 2)}
    curves: dict[str, Any] = {}
    for field in FIELDS:
        chances, truth = unseen[field].probabilities(), unseen[field].truth
        told = figures_of(chances, truth)
        labels = np.array(unseen[field].labels)
        figures[field] = told | {"classes": by_class(labels[truth].tolist(), labels[chances.argmax(axis=1)].tolist())}
        sure, right = chances.max(axis=1), chances.argmax(axis=1) == truth
        curves[field] = reliability(sure, right)
        say(f"{field}: {', '.join(f'{name} {value:.3f}' for name, value in told.items())}")
    figures["reliability"] = curves
    return model, figures
