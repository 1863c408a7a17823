"""This module keeps a trained text model in a file: only its owner reads it, and it is checked before it is loaded.

The file holds words and numbers, nothing that could run. Weights are whole steps of a hundred and
twenty-seventh of a row's largest, one byte each.
"""

import dataclasses
import hashlib
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from skops import io as skops_io

from triage.classify.calibration import Calibration, Flags, Floats
from triage.classify.features import CONCEPT, CUES, MAX_CHARACTERS, WORDLESS, prepare
from triage.classify.learner import Head
from triage.classify.meaning import ENCODER, meanings
from triage.classify.reading import Features, Terms
from triage.classify.versions import FORMAT


class ModelFileProblem(Exception):
    """The file is not there, not what was written, or of another version's format."""


@dataclass(frozen=True)
class TextModel:
    """Shared features and one head for each field."""

    number: int
    features: Features
    heads: dict[str, Head]

    @property
    def name(self) -> str:
        """What stands beside its decisions."""
        return f"text model {self.number}"

    def numbered(self, number: int) -> "TextModel":
        """The same under another number."""
        return dataclasses.replace(self, number=number)

    @cached_property
    def known(self) -> Flags:
        """Which features are words of a text; signs, numbers and addresses are none."""
        return self.features.tell_of_words(WORDLESS)

    @cached_property
    def _written(self) -> Flags:
        """Those of them that somebody wrote: none of the words that we put for what others tell."""
        words = self.features.blocks["words"].names
        marks = [name in CUES or name.startswith(CONCEPT) for name in words]
        told = self.known.copy()
        told[: len(words)] &= ~np.array(marks, dtype=bool)
        return told

    def chances(self, features: csr_matrix) -> dict[str, Floats]:
        """For each field the probabilities of its labels, less sure where hardly a word is known."""
        row = np.repeat(np.arange(features.shape[0]), np.diff(features.indptr))
        words = np.bincount(row, self._written[features.indices], minlength=features.shape[0]).astype(np.float64)
        return {name: head.probabilities(features, words=words) for name, head in self.heads.items()}

    def read(self, texts: Sequence[str]) -> csr_matrix:
        """The features of raw texts."""
        meant = meanings([text[:MAX_CHARACTERS] for text in texts]) if self.features.middle is not None else None
        return self.features.read([prepare(text) for text in texts], meant)


def save(model: TextModel, path: Path) -> str:
    """Writes the model so that the file is whole or not there; returns its SHA-256."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    unfinished = path.with_suffix(f".{os.getpid()}.unfinished")
    try:
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            content: bytes = skops_io.dumps(_stored(model), compression=ZIP_DEFLATED, compresslevel=6)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except OSError:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)  # a full disk needs the room
        raise
    return hashlib.sha256(content).hexdigest()


def _stored(model: TextModel) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "number": model.number,
        "blocks": {
            block: {"names": np.frombuffer("\n".join(terms.names).encode(), dtype=np.uint8), "rarity": terms.rarity}
            for block, terms in model.features.blocks.items()
        },
        "encoder": "" if model.features.middle is None else ENCODER,
        "middle": model.features.middle,
        "heads": {name: _stored_head(head) for name, head in model.heads.items()},
    }


def _stored_head(head: Head) -> dict[str, Any]:
    return {
        "labels": list(head.labels),
        "weights": np.rint(head.weights / head.step).astype(np.int8),
        "step": head.step,
        "bias": head.bias,
        "calibration": dataclasses.asdict(head.calibration),
    }


def load(path: Path, *, digest: str) -> TextModel:
    """The model in the file; raises ModelFileProblem unless it is exactly the file that was written.

    Only types that skops itself trusts (NumPy's arrays among them) are ever built from it.
    """
    try:
        content = path.read_bytes()
    except OSError as problem:
        raise ModelFileProblem(f"{path.name} cannot be read") from problem
    if hashlib.sha256(content).hexdigest() != digest:
        raise ModelFileProblem(f"{path.name} is not the file that was written")
    stored: dict[str, Any] = skops_io.loads(content, trusted=[])
    if stored.get("format") != FORMAT:
        raise ModelFileProblem(f"{path.name} is of format {stored.get('format', 1)}; this version reads {FORMAT}")
    if stored["encoder"] not in {"", ENCODER}:
        raise ModelFileProblem(f"{path.name} needs the encoder {stored['encoder']}; this version has {ENCODER}")
    heads = {name: _head_of(head) for name, head in stored["heads"].items()}
    return TextModel(int(stored["number"]), Features(_blocks_of(stored["blocks"]), stored["middle"]), heads)


def _blocks_of(stored: Mapping[str, Mapping[str, npt.NDArray[Any]]]) -> dict[str, Terms]:
    return {
        block: Terms(_names_of(terms["names"]), np.asarray(terms["rarity"], dtype=np.float32))
        for block, terms in stored.items()
    }


def _names_of(joined: npt.NDArray[Any]) -> tuple[str, ...]:
    return tuple(joined.tobytes().decode().split("\n")) if len(joined) else ()


def _head_of(stored: Mapping[str, Any]) -> Head:
    weights = stored["weights"].astype(np.float32) * stored["step"]
    return Head(tuple(stored["labels"]), weights, np.asarray(stored["bias"]), Calibration(**stored["calibration"]))
