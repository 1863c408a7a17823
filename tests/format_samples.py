"""This module gives tests the sample payloads of all formats, each with the seven facts a person reads out of it."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "data" / "formats"


@dataclass(frozen=True)
class Sample:
    """A firing as it is sent, its end, and what it says; some senders also say that somebody took it."""

    format: str
    name: str
    firing: Any
    resolved: Any
    expected: dict[str, Any]
    acknowledged: Any = None
    headers: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.format}, {self.name}"


SAMPLES = [
    Sample(format=path.stem, name=name, **sample)
    for path in sorted(FOLDER.glob("*.json"))
    for name, sample in json.loads(path.read_text()).items()
]
