"""This module gives figures one form: quantiles, the machine they were taken on, and one JSON object a benchmark."""

import json
import os
import platform
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np


def quantile(values: Sequence[float], share: float) -> float:
    """The value that `share` of the values do not exceed."""
    return float(np.quantile(np.asarray(values, dtype=float), share))


def spread(seconds: Sequence[float]) -> dict[str, float]:
    """Middle and slow end of durations, in milliseconds."""
    return {f"p{round(100 * share)}_ms": round(1000 * quantile(seconds, share), 1) for share in (0.5, 0.95, 0.99)}


def show(name: str, measures: str, *, reference: str, ratio: float | None, goal: float | None, **figures: Any) -> None:
    """Prints one benchmark's figures; `goal` is the largest ratio that is good enough, where one was set."""
    said: dict[str, Any] = {"benchmark": name, "measures": measures, **figures, "reference": reference}
    said["ratio"] = None if ratio is None else round(ratio, 2)
    if goal is not None:
        said |= {"goal": goal, "reached": ratio is not None and ratio <= goal}
    said |= {"at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "machine": machine()}
    print(json.dumps(said, indent=2, ensure_ascii=False), flush=True)


def machine() -> dict[str, Any]:
    """What the figures were taken on; `load` tells whether others were busy on it too."""
    return {
        "cores": os.cpu_count(),
        "processor": _processor(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load": round(os.getloadavg()[0], 1),
    }


def _processor() -> str:
    about = Path("/proc/cpuinfo")
    lines = about.read_text().splitlines() if about.exists() else []
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())
