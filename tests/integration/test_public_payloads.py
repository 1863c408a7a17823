"""These extra tests post public payloads that the repository does not contain; HYPERCARE_SHARED_DATA says where they are."""

import json
import os
from pathlib import Path

import pytest
from django.test import Client

from feedback.models import Feedback
from gateway_ingest import sources
from gateway_ingest.models import Alert, DeadLetter
from hypercare.core.timeline import SYSTEM

DATA = Path(os.environ.get("HYPERCARE_SHARED_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data")
pytestmark = pytest.mark.skipif(
    not (DATA / "payloads").is_dir(),
    reason=f"No public payloads in {DATA}; set HYPERCARE_SHARED_DATA to a folder with payloads/ to run these extra tests.",
)


@pytest.fixture
def post(launch, now):
    _source, key = sources.create(launch, name="Public", actor=SYSTEM, now=now)

    def send(body):
        return Client().post(f"/ingest/{key}/", body, content_type="application/json")

    return send


def payload(name):
    return (DATA / "payloads" / name).read_bytes()


def test_version_4_notification_of_2017_is_taken(post):
    assert post(payload("alerta_prometheus_v4_alert.json")).json()["accepted"] == 1
    alert = Alert.objects.get()
    assert (alert.title, alert.severity, alert.status) == ("No things for over 10 minutes", "critical", "firing")
    assert alert.starts_at.isoformat() == "2017-08-03T19:17:37.804000+00:00"


def test_notification_without_times_and_fingerprint_is_taken(post):
    assert post(payload("goalert_prometheusalertmanager_0.json")).json()["accepted"] == 1
    assert Alert.objects.get().title == "My alert summary"


def test_templates_of_another_shape_become_a_dead_letter(post):
    assert post(payload("keep_prometheus.json")).json()["accepted"] == 0
    assert DeadLetter.objects.count() == 1


def test_alerts_inside_those_templates_are_taken_in_an_envelope(post):
    templates = json.loads(payload("keep_prometheus.json"))
    alerts = [template["payload"] | {"status": "firing"} for template in templates.values()]
    assert post(json.dumps({"receiver": "public", "alerts": alerts})).json()["accepted"] == len(alerts)
    assert Feedback.objects.count() == len(alerts)


def test_every_other_payload_is_answered_without_a_fault(post):
    statuses = {path.name: post(path.read_bytes()).status_code for path in sorted((DATA / "payloads").glob("*.*"))}
    assert set(statuses.values()) <= {202, 400}, statuses
