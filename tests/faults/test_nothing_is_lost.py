"""This module tests the promise that every accepted report is triaged exactly once in effect, whatever dies meanwhile."""

import subprocess
import sys
import time

import pytest

from tests.faults.conftest import ROOT, until

STORIES = [
    "Product page {n} answers 503 since the deploy",
    "Basket {n} is empty after signing in",
    "The invoice {n} shows the tax twice",
    "Search for item {n} never finishes loading",
    "Cannot change the delivery date of order {n}",
]

UNTRIAGED = "SELECT count(*) FROM feedback_feedback WHERE triaged_at IS NULL"


def reports(count, name):
    return [
        {
            "launch": "faults",
            "channel": "api",
            "title": STORIES[n % len(STORIES)].format(n=n),
            "external_id": f"{name}-{n}",
            "reporter": {"email": f"{name}{n}@example.org"},
        }
        for n in range(count)
    ]


def post(stack, count, name):
    """Posts a batch and returns the numbers of the accepted reports."""
    status, answer = stack.call("POST", "/api/v1/feedback/bulk/", reports(count, name))
    assert (status, answer["accepted"]) == (200, count)
    return [int(row["id"].removeprefix("HC-")) for row in answer["results"]]


def assert_each_triaged_once(stack, numbers):
    until(lambda: stack.number(UNTRIAGED) == 0, what="everything is triaged")
    chosen = f"ANY(ARRAY{numbers}::bigint[])"
    live = stack.number(f"SELECT count(*) FROM triage_match WHERE ended_at IS NULL AND feedback_id = {chosen}")
    all_ever = stack.number(f"SELECT count(*) FROM triage_match WHERE feedback_id = {chosen}")
    told = stack.number(
        "SELECT count(*) FROM core_timelineentry WHERE kind = 'feedback.triaged'"
        f" AND subject = ANY(SELECT 'HC-' || id FROM feedback_feedback WHERE id = {chosen})"
    )
    assert (live, all_ever, told) == (len(numbers), len(numbers), len(numbers))
    assert_board_counts_every_report_once(stack)


def assert_board_counts_every_report_once(stack):
    on_board = stack.number("SELECT coalesce(sum(feedback_count), 0) FROM triage_issue WHERE merged_into_id IS NULL")
    assert on_board == stack.number("SELECT count(*) FROM feedback_feedback")
    # One statement, one moment: scores go on changing the board after the last report is triaged.
    beyond = "SELECT count(*) FROM triage_issue WHERE board_version > (SELECT max(version) FROM triage_boardcounter)"
    assert stack.number(beyond) == 0


def test_worker_killed_in_mid_batch_loses_and_doubles_nothing(stack):
    numbers = post(stack, 1200, "killed")
    until(lambda: stack.number(UNTRIAGED) < 1200, what="triage has begun")
    left = stack.number(UNTRIAGED)
    for worker in stack.children("worker"):
        worker.kill()
    assert left > 0, "the worker was killed too late to be in mid-batch"
    assert_each_triaged_once(stack, numbers)


def test_broker_stopped_during_intake_delays_and_loses_nothing(stack):
    stack.broker.stop()
    numbers = []
    for report in reports(60, "silent"):
        status, answer = stack.call("POST", "/api/v1/feedback/", report)
        assert status == 201
        numbers.append(int(answer["id"].removeprefix("HC-")))
        time.sleep(0.05)
    stack.broker.start()
    took = until(lambda: stack.number(UNTRIAGED) == 0, seconds=10, what="all triaged within 10 s of the return")
    assert took <= 10
    assert_each_triaged_once(stack, numbers)


def test_worker_shows_life_while_reports_keep_coming_without_the_broker(stack):
    stack.broker.stop()
    try:
        for number, report in enumerate(reports(360, "steady")):
            assert stack.call("POST", "/api/v1/feedback/", report)[0] == 201
            if number % 20 == 19:
                status, facts = stack.call("GET", "/readyz")
                assert status == 200, facts
            time.sleep(0.05)
        assert stack.number(UNTRIAGED) < 180, "triage went on meanwhile"
    finally:
        stack.broker.start()
    until(lambda: stack.number(UNTRIAGED) == 0, what="all triaged")


def test_worker_outlives_a_broker_that_comes_and_goes_in_mid_task(stack):
    workers = [worker.pid for worker in stack.children("worker")]
    for flap in range(12):
        until(lambda: stack.number(UNTRIAGED) == 0, what="the worker works")
        post(stack, 60, f"flap{flap}")
        stack.broker.stop()
        time.sleep(0.5)
        stack.broker.start()
    until(lambda: stack.number(UNTRIAGED) == 0, what="all triaged")
    assert [worker.pid for worker in stack.children("worker")] == workers, "a worker died of the broker's return"


def test_worker_that_starts_without_the_broker_triages(stack):
    stack.broker.stop()
    try:
        for worker in stack.children("worker"):
            worker.kill()
        numbers = [
            int(stack.call("POST", "/api/v1/feedback/", report)[1]["id"].removeprefix("HC-"))
            for report in reports(5, "alone")
        ]
        assert_each_triaged_once(stack, numbers)
    finally:
        stack.broker.start()


def test_readiness_names_the_missing_broker_and_stays_ready(stack):
    stack.broker.stop()
    try:
        until(lambda: stack.call("GET", "/readyz")[1].get("degraded") == ["broker"], seconds=10, what="degraded")
        assert stack.call("GET", "/readyz")[0] == 200
    finally:
        stack.broker.start()
    until(lambda: stack.call("GET", "/readyz")[1].get("degraded") == [], seconds=10, what="whole again")


def test_dropped_database_connections_lose_nothing_that_was_accepted(stack):
    numbers = post(stack, 600, "dropped")
    for _round in range(5):
        stack.query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        time.sleep(0.3)
    status, answer = stack.call("POST", "/api/v1/feedback/", reports(1, "after")[0])
    if status != 201:  # the very first request may meet a dead connection; the next must not
        status, answer = stack.call("POST", "/api/v1/feedback/", reports(1, "after")[0])
    assert status in (200, 201)
    assert_each_triaged_once(stack, [*numbers, int(answer["id"].removeprefix("HC-"))])


@pytest.fixture
def second_worker(stack):
    environment = stack.children("worker")[0].environ()
    command = [
        sys.executable,
        "-m",
        "celery",
        "-A",
        "hypercare.celery",
        "worker",
        "--pool=threads",
        "--concurrency=2",
        "-n",
        "second",
    ]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    yield process
    process.terminate()
    process.wait(30)


def test_two_racing_workers_triage_each_report_once(stack, second_worker):
    until(
        lambda: stack.number("SELECT count(*) FROM core_workerbeat WHERE beat_at > now() - interval '10 s'") >= 2,
        what="two workers",
    )
    numbers = []
    for name in ("race-a", "race-b", "race-c"):
        numbers += post(stack, 300, name)
    assert_each_triaged_once(stack, numbers)
