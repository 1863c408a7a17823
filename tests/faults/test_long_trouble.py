"""Minutes of trouble without a pause: workers die, the broker goes and comes, connections drop, and reports keep coming."""

import random
import time
from contextlib import suppress

import psutil
import pytest

from tests.faults.conftest import until
from tests.faults.test_nothing_is_lost import UNTRIAGED, assert_each_triaged_once, reports

SECONDS = 300
BATCH = 25
DROP = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
)


def kill_workers(stack):
    for worker in stack.children("worker"):
        with suppress(psutil.NoSuchProcess):
            worker.kill()


def restart_broker(stack):
    stack.broker.stop()
    time.sleep(2)
    stack.broker.start()


def drop_connections(stack):
    stack.query(DROP)


def sent(stack, name):
    """The numbers of a batch, sent again with the same ids until it is taken, as a patient sender does."""
    answers = []

    def taken():
        with suppress(OSError):
            status, answer = stack.call("POST", "/api/v1/feedback/bulk/", reports(BATCH, name))
            if status == 200 and answer["accepted"] + answer["replayed"] == BATCH:
                answers.append(answer["results"])
        return bool(answers)

    until(taken, seconds=60, what=f"{name} is taken")
    return [int(row["id"].removeprefix("HC-")) for row in answers[0]]


@pytest.mark.deep
@pytest.mark.timeout(SECONDS + 600)
def test_minutes_of_trouble_lose_and_double_nothing(stack):
    chance, numbers, began = random.Random(7), [], time.monotonic()
    while time.monotonic() - began < SECONDS:
        chance.choice([kill_workers, restart_broker, drop_connections, lambda _stack: None])(stack)
        numbers += sent(stack, f"trouble-{len(numbers)}")
        time.sleep(chance.uniform(0, 2))
    until(lambda: stack.number(UNTRIAGED) == 0, seconds=120, what="everything is triaged")
    assert len(set(numbers)) == len(numbers) >= 20 * BATCH
    assert_each_triaged_once(stack, numbers)
