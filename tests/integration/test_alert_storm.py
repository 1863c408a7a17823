"""A storm of alerts, few kinds told over and over by many at once, becomes few alerts, few reports and few issues, counted exactly."""

import json
import random
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from feedback.models import Feedback
from gateway_ingest import sources
from gateway_ingest.models import Alert, AlertChange, Batch
from hypercare.core import clock
from hypercare.core.models import TimelineEntry
from hypercare.core.timeline import SYSTEM
from triage import pipeline
from triage.models import Issue, Match

KINDS, TIMES, CONNECTIONS = 50, 200, 8


def told(kind, time):
    """The same alert in other words: when it began, what it says and a label of its own change each time."""
    alert = {
        "status": "firing",
        "labels": {"alertname": f"Kind{kind}", "severity": "high", "service": "checkout", "attempt": str(time)},
        "annotations": {"summary": f"Check {kind} fails, told for the {time}th time"},
        "startsAt": f"2026-05-28T12:{time // 60:02d}:{time % 60:02d}Z",
        "fingerprint": f"kind{kind}",
    }
    return json.dumps({"receiver": "x", "groupKey": f"{kind}:{time}", "alerts": [alert]}).encode()


def post_all(port, path, bodies):
    """How many were answered 202."""
    taken = 0
    with closing(socket.create_connection(("127.0.0.1", port), timeout=30)) as line:
        for body in bodies:
            head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n\r\n"
            line.sendall(head.encode() + body)
            said = line.recv(65536)
            while b"\r\n\r\n" not in said or not said.rstrip().endswith(b"}"):
                said += line.recv(65536)
            taken += said.startswith(b"HTTP/1.1 202")
    return taken


@pytest.mark.django_db(transaction=True)
def test_ten_thousand_alerts_of_fifty_kinds_are_fifty_alerts_with_exact_counts(site, launch):
    now = clock.now()
    _source, key = sources.create(launch, name="Alertmanager", actor=SYSTEM, now=now)
    bodies = [told(kind, time) for kind in range(KINDS) for time in range(TIMES)]
    random.Random(7).shuffle(bodies)
    shares = [bodies[first::CONNECTIONS] for first in range(CONNECTIONS)]
    with ThreadPoolExecutor(CONNECTIONS) as senders:
        taken = sum(senders.map(lambda share: post_all(site.port, f"/ingest/{key}/", share), shares))

    assert taken == len(bodies) == 10_000
    assert list(Alert.objects.values_list("count", "episode").distinct()) == [(TIMES, 1)]
    assert (Alert.objects.count(), Feedback.objects.count(), AlertChange.objects.count()) == (KINDS, KINDS, 0)
    assert TimelineEntry.objects.filter(kind="alert.fired").count() == KINDS
    assert Batch.objects.count() == len(bodies)

    pipeline.triage_waiting(clock=clock.now)

    assert Match.objects.filter(ended_at=None).count() == KINDS
    assert 1 <= Issue.objects.count() <= KINDS
    assert sum(Issue.objects.values_list("feedback_count", flat=True)) == KINDS
