"""This module keeps a trained text model in a file: only its owner reads it, and it is checked before it is loaded."""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from sklearn.pipeline import FeatureUnion
from skops import io as skops_io

from triage.classify.features import prepare
from triage.classify.learner import Head
from triage.classify.reading import Reader


class ModelFileProblem(Exception):
    """The file is not there or not what was written."""


@dataclass(frozen=True)
class TextModel:
    """Shared features and one head for each field."""

    number: int
    features: FeatureUnion
    heads: dict[str, Head]

    @property
    def name(self) -> str:
        """What stands beside its decisions."""
        return f"text model {self.number}"

    @cached_property
    def feature_names(self) -> npt.NDArray[np.object_]:
        """What each feature is called, for reasons."""
        return np.asarray(self.features.get_feature_names_out(), dtype=object)

    def read(self, texts: Sequence[str]) -> csr_matrix:
        """The features of raw texts."""
        return self._reader.read([prepare(text) for text in texts])

    @cached_property
    def _reader(self) -> Reader:
        return Reader(self.features)


def save(model: TextModel, path: Path) -> str:
    """Writes the model so that the file is whole or not there; returns its SHA-256."""
    heads = {
        name: {"labels": list(head.labels), "weights": head.weights, "bias": head.bias, "temperature": head.temperature}
        for name, head in model.heads.items()
    }
    content: bytes = skops_io.dumps(
        {"number": model.number, "features": model.features, "heads": heads}, compression=ZIP_DEFLATED, compresslevel=1
    )
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    unfinished = path.with_suffix(f".{os.getpid()}.unfinished")
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
    return hashlib.sha256(content).hexdigest()


def is_whole(path: Path, *, digest: str) -> bool:
    """Whether the file is there and is what was written."""
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == digest


def load(path: Path, *, digest: str) -> TextModel:
    """The model in the file; raises ModelFileProblem unless it is exactly the file that was written.

    Only types that skops itself trusts (scikit-learn's and NumPy's) are ever built from it.
    """
    try:
        content = path.read_bytes()
    except OSError as problem:
        raise ModelFileProblem(f"{path.name} cannot be read") from problem
    if hashlib.sha256(content).hexdigest() != digest:
        raise ModelFileProblem(f"{path.name} is not the file that was written")
    stored: dict[str, Any] = skops_io.loads(content, trusted=[])
    heads = {
        name: Head(
            tuple(head["labels"]), np.asarray(head["weights"]), np.asarray(head["bias"]), float(head["temperature"])
        )
        for name, head in stored["heads"].items()
    }
    return TextModel(int(stored["number"]), stored["features"], heads)
