"""This module checks that a worker without its broker does each sweep at its own pace."""

from types import SimpleNamespace

from hypercare.schedule import STANDBY_TASKS
from hypercare.standby import Standby


def test_standby_runs_each_sweep_no_oftener_than_it_is_listed(monkeypatch):
    ran: list[str] = []
    tasks = {name: SimpleNamespace(run=lambda name=name: ran.append(name)) for name in STANDBY_TASKS}
    standby = Standby(SimpleNamespace(tasks=tasks))
    for second in range(60):
        monkeypatch.setattr("hypercare.standby.time.monotonic", lambda now=float(second): now)
        standby._sweep()
    counts = {name: ran.count(name) for name in STANDBY_TASKS}
    assert (counts["triage.waiting"], counts["triage.reports"], counts["triage.assess"]) == (60, 2, 1)
