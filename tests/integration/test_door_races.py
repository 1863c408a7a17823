"""These tests let people change a source, end alerts and replay letters at the same moment, and look at what stands after."""

import threading

import pytest
from django.db import connections, transaction

from gateway_ingest import ending, sources
from gateway_ingest.alerts import prepared, store
from gateway_ingest.formats import read_as
from gateway_ingest.models import Alert, AlertChange, Source
from hypercare.core import clock
from hypercare.core.problem import Problem
from hypercare.core.timeline import SYSTEM
from tests.conftest import bearer

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def source(launch):
    return sources.create(launch, name="gateway", actor=SYSTEM, now=clock.now())[0]


def in_thread(work):
    def run():
        try:
            work()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def fired(source):
    said = prepared(read_as("generic", {"title": "Down", "status": "firing", "fingerprint": "f"})[0], now=clock.now())
    with transaction.atomic():
        store(sources.locked_living(source.pk), [said], now=clock.now())
    return Alert.objects.get()


def test_two_scripts_that_change_one_source_at_once_keep_both_changes(source, people):
    robot = bearer(people["lead"], scopes=["admin"], now=clock.now())
    written, seen = threading.Event(), threading.Event()

    def set_networks():
        with transaction.atomic():
            limits = sources.Limits(["10.0.0.0/8"], None, "")
            sources.set_limits(Source.objects.get(pk=source.pk), limits, actor=SYSTEM, now=clock.now())
            written.set()
            seen.wait(0.5)  # the other one reads and waits for us

    first = in_thread(set_networks)
    written.wait(10)
    answer = robot.patch(f"/api/v1/sources/{source.pk}/", {"rows_a_second": 7})
    seen.set()
    first.join()
    found = Source.objects.get()
    assert (answer.status_code, found.allowed_networks, found.rows_a_second) == (200, ["10.0.0.0/8"], 7)


def test_two_people_who_end_one_alert_at_once_end_it_once(source):
    alert, answers, ready = fired(source), [], threading.Barrier(3)

    def end():
        ready.wait(10)
        try:
            ending.end_by_hand(Alert.objects.get(pk=alert.pk), reason="Over", actor=SYSTEM, now=clock.now())
            answers.append(200)
        except Problem as problem:
            answers.append(problem.status)

    threads = [in_thread(end) for _number in range(3)]
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200, 409, 409]
    assert AlertChange.objects.filter(status="resolved").count() == 1
