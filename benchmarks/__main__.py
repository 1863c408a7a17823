"""This module runs benchmarks: `python -m benchmarks` runs all, `python -m benchmarks NAME [OPTION...]` runs one."""

import importlib
import signal
import subprocess
import sys

from benchmarks import scratch

# Whether a benchmark works on rows in this process, and so needs Django on a scratch database before it is imported.
NEEDS_ROWS = {
    "lines_of_code": False,
    "board_and_inbox": True,
    "board_in_the_browser": False,
    "triage_actions": True,
    "pages_wsgi_or_asgi": True,
    "triage_throughput": True,
    "deep_search": True,
    "rescoring": True,
    "first_model_on_real_texts": True,
    "classifier_on_real_sets": True,
    "learning_curve": True,
    "spam_on_real_texts": True,
    "report_to_board": False,
    "many_boards": False,
    "intake_without_broker": False,
    "detector": False,
    "calls_ingest": False,
    "alert_ingest": True,
    "alert_storm": False,
    "evidence_queries": True,
    "sketch_errors": False,
    "rules_watch": True,
    "rules_on_the_past": True,
    "rules_and_intake": True,
}


def main(arguments: list[str]) -> None:
    """Runs what the arguments name; every benchmark gets a process of its own, so that none warms up another."""
    # So that a benchmark that is told to end still stops what it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    if arguments and not arguments[0].startswith("-"):
        _run(arguments[0], arguments[1:])
        return
    commands = {name: [sys.executable, "-m", "benchmarks", name, *arguments] for name in NEEDS_ROWS}
    failed = [name for name, command in commands.items() if subprocess.run(command, check=False).returncode]
    if failed:
        sys.exit(f"These benchmarks did not finish: {', '.join(failed)}.")


def _run(name: str, options: list[str]) -> None:
    if name not in NEEDS_ROWS:
        sys.exit(f"There is no benchmark {name}; there are {', '.join(NEEDS_ROWS)}.")
    if NEEDS_ROWS[name]:
        scratch.set_up_product()
    importlib.import_module(f"benchmarks.{name}").main(options)


if __name__ == "__main__":
    main(sys.argv[1:])
