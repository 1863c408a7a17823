"""This module counts lines of code by package: product, tests, templates, scripts, without blank lines and pure comments."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from benchmarks.figures import show

MEASURES = "lines that are neither blank nor only a comment, by package and kind of file"
REFERENCE = "lines of the product's own Python; the ratio is lines of tests to it"
ROOT = Path(__file__).resolve().parents[1]
PRODUCT = ("hypercare", "feedback", "gateway_ingest", "triage")
OTHERS = ("tests", "benchmarks", "templates", "static", "frontend", "deploy", "docs")
TOP = ("manage.py", "bootstrap.py", "Makefile")
COMMENTS = {".py": "#", ".js": "//", ".mjs": "//", ".sh": "#", "": "#"}
KINDS = {".py", ".html", ".txt", ".css", ".js", ".mjs", ".csv", ".json", ".md", ".sh", ".svg", ".po"}
NOT_OURS = {"__pycache__", "vendor", "node_modules"}


def main(options: Sequence[str]) -> None:
    """Counts and prints."""
    argparse.ArgumentParser(prog="python -m benchmarks lines_of_code", description=MEASURES).parse_args(options)
    packages = {name: _by_kind(ROOT / name) for name in (*PRODUCT, *OTHERS)}
    product = sum(packages[name].get(".py", 0) for name in PRODUCT)
    tests = packages["tests"].get(".py", 0)
    show(
        "lines_of_code",
        MEASURES,
        packages=packages,
        migrations=sum(_lines(path) for name in PRODUCT for path in (ROOT / name).rglob("migrations/*.py")),
        top_level={name: _lines(ROOT / name) for name in TOP},
        product_python=product,
        tests_python=tests,
        reference=REFERENCE,
        ratio=tests / product,
        goal=None,
    )


def _by_kind(folder: Path) -> dict[str, int]:
    kinds: dict[str, int] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix in KINDS and not NOT_OURS & set(path.parts):
            kinds[path.suffix] = kinds.get(path.suffix, 0) + _lines(path)
    return kinds


def _lines(path: Path) -> int:
    comment = COMMENTS.get(path.suffix)
    lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    return sum(1 for line in lines if line and not (comment and line.startswith(comment)))
