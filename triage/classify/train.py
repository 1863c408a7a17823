"""This module trains the text model from the seed corpus: at the first start, by one worker, or on demand."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from triage.classify.corpus import FOLDER, Example, corpus_digest, read_corpus
from triage.classify.learner import figures_of
from triage.classify.lesson import learn
from triage.classify.meaning import ENCODER, is_installed
from triage.classify.text_model import FORMAT, TextModel, is_whole, save
from triage.models import ModelVersion

log = logging.getLogger(__name__)

NAME = "text"
FIELDS = ("category", "severity", "sentiment")
# How bad something is does not follow from what it is about: learned from openings, it carried over worse to other texts.
BLIND_TO_OPENING = frozenset({"severity"})
_TRAINING_LOCK = 0x48435458


def ensure_model(
    *, now: datetime, force: bool = False, corpus: Path = FOLDER, say: Callable[[str], None] = log.info
) -> ModelVersion:
    """The newest version whose file is here and whole and which learned from the present corpus; trains one if none is.

    Workers that start together queue at an advisory lock: one trains, the others find its version.
    """
    usable = None if force else _usable(corpus)
    if usable is not None:
        return usable
    with _training_alone():
        usable = None if force else _usable(corpus)
        return usable or _train_and_store(corpus, now=now, say=say)


def _usable(corpus: Path) -> ModelVersion | None:
    learned_from_it = ModelVersion.objects.filter(
        name=NAME, figures__corpus=corpus_digest(corpus), figures__format=FORMAT, figures__encoder=_encoder()
    )
    for version in learned_from_it.order_by("-number"):
        if is_whole(path_of(version), digest=version.digest):
            return version
    return None


def _encoder() -> str:
    """The encoder to read meanings with; empty when none is wanted or the wanted one is not here."""
    return ENCODER if settings.SEMANTIC and is_installed() else ""


def path_of(version: ModelVersion) -> Path:
    """Where the version's file lies on this machine."""
    return Path(settings.MODELS_HOME) / version.path


@contextmanager
def _training_alone() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_TRAINING_LOCK])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_TRAINING_LOCK])


def _train_and_store(corpus: Path, *, now: datetime, say: Callable[[str], None]) -> ModelVersion:
    newest = ModelVersion.objects.filter(name=NAME).order_by("-number").first()
    number = newest.number + 1 if newest else 1
    model, figures = train(read_corpus(corpus), number=number, semantic=bool(_encoder()), say=say)
    name = f"text-model-{number}.skops"
    digest = save(model, Path(settings.MODELS_HOME) / name)
    say(f"Wrote {name}, SHA-256 {digest[:12]}.")
    return ModelVersion.objects.create(
        name=NAME,
        number=number,
        path=name,
        digest=digest,
        figures=figures | {"corpus": corpus_digest(corpus), "format": FORMAT, "encoder": _encoder()},
        trained_at=now,
    )


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
    for field in FIELDS:
        figures[field] = figures_of(unseen[field].probabilities(), unseen[field].truth)
        say(f"{field}: {', '.join(f'{name} {value:.3f}' for name, value in figures[field].items())}")
    return model, figures
