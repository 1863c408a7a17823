"""This module tests that imports point one way, that the check notices when they do not, and that no module is left out."""

import configparser
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("hypercare", "triage", "gateway_ingest", "feedback")


def lint(folder):
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    return subprocess.run(
        command,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(folder), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
    )


def layers():
    parsed = configparser.ConfigParser()
    parsed.read(ROOT / ".importlinter")
    lines = parsed["importlinter:contract:layers"]["layers"].split("\n")
    return {module.strip() for line in lines for module in line.split(":") if module.strip()}


def test_imports_point_down():
    result = lint(ROOT)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(
    ("module", "planted"),
    [
        ("hypercare/core/clock.py", "import feedback.models"),
        ("feedback/report.py", "from gateway_ingest import models"),
        ("gateway_ingest/models/alerts.py", "import triage.pipeline"),
        ("triage/pipeline.py", "from hypercare import schedule"),
    ],
)
def test_a_planted_upward_import_breaks_the_contract(tmp_path, module, planted):
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__", "*.csv", "*.json")
        )
    shutil.copy(ROOT / ".importlinter", tmp_path)
    path = tmp_path / module
    path.write_text(path.read_text() + f"\n{planted}\n")
    result = lint(tmp_path)
    assert result.returncode != 0
    assert "BROKEN" in result.stdout


def test_every_module_under_hypercare_is_in_a_layer():
    found = {
        f"hypercare.{path.stem}"
        for path in (ROOT / "hypercare").iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    assert found - {"hypercare.__init__"} <= layers()


def test_the_root_package_is_empty():
    assert (ROOT / "hypercare" / "__init__.py").read_text() == ""


def sources(*, but=()):
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            if "migrations" not in path.parts and str(path.relative_to(ROOT)) not in but:
                yield path


def test_only_the_lifecycle_writes_an_issues_status():
    writing = re.compile(r"\bissue\.status\s*=(?!=)|Issue\.objects[^\n]*\.update\([^)]*\bstatus=")
    offenders = [str(path) for path in sources(but=("triage/lifecycle.py",)) if writing.search(path.read_text())]
    assert offenders == []


def test_only_the_clock_reads_the_clock():
    reading = re.compile(r"timezone\.now\(|datetime\.now\(|datetime\.utcnow\(|\btime\.time\(")
    offenders = [str(path) for path in sources(but=("hypercare/core/clock.py",)) if reading.search(path.read_text())]
    assert offenders == []


def test_every_module_says_what_it_is():
    silent = [
        str(path.relative_to(ROOT))
        for path in sources(but=("hypercare/__init__.py",))
        if not path.read_text().startswith('"""') and path.read_text().strip()
    ]
    assert silent == []


def test_no_module_has_a_name_that_says_nothing():
    empty_words = {"utils", "helpers", "misc", "common", "manager", "service", "services"}
    assert [str(path) for path in sources() if path.stem in empty_words] == []


def test_pages_hold_no_script_and_no_style():
    inline = re.compile(r"<script(?![^>]*\bsrc=)[^>]*>|<style|\sstyle=|\son[a-z]+\s*=\s*[\"']", re.IGNORECASE)
    mails = {"mail"}
    offenders = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "templates").rglob("*.html")
        if not mails & set(path.parts) and inline.search(path.read_text())
    ]
    assert offenders == []
