"""A real Prometheus and a real Alertmanager, set up as the page shows, tell of an alert and of its end."""

import json
import urllib.request
from datetime import timedelta

import pytest

from gateway_ingest.models import Alert, Batch, DeadLetter, Source
from hypercare.core import clock
from hypercare.embedded.place import free_port
from tests.gateways.programs_at_work import ask, program, running, serving, until

# Only the waits are shortened; whatever else is shown stays.
WAITS = {"group_wait: 10s": "group_wait: 100ms", "group_interval: 1m": "group_interval: 1s", "for: 1m": "for: 1s"}


def shortened(text):
    for shown, tried in WAITS.items():
        text = text.replace(shown, tried)
    return text


def alertmanager(at_work, folder, port):
    """The command of an Alertmanager with the configuration that is shown."""
    (folder / "alertmanager.yml").write_text(shortened(at_work.texts[0]))
    return [
        program("alertmanager", "prometheus-alertmanager"),
        f"--config.file={folder}/alertmanager.yml",
        f"--storage.path={folder}/alertmanager",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
    ]


def tell(port, alerts):
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/v2/alerts", json.dumps(alerts).encode(), {"Content-Type": "application/json"}
    )
    urllib.request.urlopen(request, timeout=5).read()


def alert_that(status):
    return lambda: Alert.objects.filter(status=status).first()


def alert(**changes):
    labels = {"alertname": "Errors", "service": "checkout", "severity": "critical"}
    return {"labels": labels, "startsAt": (clock.now() - timedelta(minutes=1)).isoformat(), **changes}


def test_real_alertmanager_fires_repeats_and_resolves_one_alert(product, tmp_path):
    at_work, port = product("alertmanager"), free_port()
    with running(alertmanager(at_work, tmp_path, port), tmp_path / "alertmanager.log"):
        until(lambda: ask(port, "/-/ready") == 200, "Alertmanager")
        tell(port, [alert(), alert(labels={"alertname": "Slow", "service": "checkout", "severity": "warning"})])
        until(lambda: Alert.objects.count() == 2, "both alerts")
        tell(port, [alert(endsAt=clock.now().isoformat())])
        over = until(alert_that("resolved"), "the end")
    assert (over.title, over.severity, over.component.slug, over.episode) == ("Errors", "critical", "checkout", 1)
    assert Alert.objects.get(status="firing").severity == "warning"
    assert Source.objects.get(pk=at_work.source.pk).first_event_at
    assert (DeadLetter.objects.count(), Batch.objects.filter(rejected__gt=0).count()) == (0, 0)


@pytest.mark.deep
def test_real_prometheus_tells_of_a_target_that_goes_away_and_comes_back(product, tmp_path):
    prometheus, at_work = program("prometheus"), product("alertmanager")
    port, of_alertmanager, of_target = free_port(), free_port(), free_port()
    (tmp_path / "hypercare-rules.yml").write_text(shortened(at_work.texts[2]))
    shown = at_work.texts[1].replace("127.0.0.1:9093", f"127.0.0.1:{of_alertmanager}")
    (tmp_path / "prometheus.yml").write_text(
        f"global: {{scrape_interval: 1s, evaluation_interval: 1s}}\n{shown}\n"
        f"scrape_configs: [{{job_name: checkout, static_configs: [{{targets: ['127.0.0.1:{of_target}']}}]}}]\n"
    )
    command = [
        prometheus,
        f"--config.file={tmp_path}/prometheus.yml",
        f"--storage.tsdb.path={tmp_path}/data",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with (
        running(alertmanager(at_work, tmp_path, of_alertmanager), tmp_path / "alertmanager.log"),
        running(command, tmp_path / "prometheus.log"),
    ):
        fired = until(alert_that("firing"), "the alert")
        assert fired.title == f"checkout does not answer at 127.0.0.1:{of_target}"
        with serving(lambda _path, _body: (200, "text/plain", b"orders_total 1\n"), port=of_target):
            over = until(alert_that("resolved"), "the end")
    assert (over.pk, over.severity, over.labels["job"]) == (fired.pk, "critical", "checkout")
    assert (Alert.objects.count(), DeadLetter.objects.count()) == (1, 0)
