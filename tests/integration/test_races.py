"""Two who do something at the same moment: one comes first, nothing is lost, nothing is doubled, and nobody waits forever."""

import random
import re
import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from feedback import intake, quarantine
from feedback.channels import widget
from feedback.models import Feedback, Quarantined, Reporter
from feedback.report import Report, read_report
from gateway_ingest.models import AlertChange, AlertStatus
from hypercare.core import delivery, messages
from hypercare.core.messages import queue_mail
from hypercare.core.models import IdempotencyRecord, Message, TimelineEntry
from hypercare.core.problem import Problem
from hypercare.core.timeline import SYSTEM
from tests.conftest import bearer
from tests.integration.doors import API, post, report
from tests.integration.rows import make_alert, make_issue
from triage import alert_changes, lifecycle, merging, overrides, pipeline, tree
from triage.board import feed
from triage.models import BoardCounter, Decision, Issue, Match, StatusReport
from triage.reports.draft import draft_of_launch

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]


@pytest.fixture(autouse=True)
def no_deadlock(transactional_db):
    """Fails the test when PostgreSQL had to break a deadlock, whoever swallowed the error."""
    before = _deadlocks()
    yield
    assert _deadlocks() == before


def _deadlocks() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush(), pg_stat_clear_snapshot()")
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return int(cursor.fetchone()[0])


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """Runs each in its own thread with its own connection, from one starting shot; answers or refusals in their order."""
    answers: list[Any] = [None] * len(works)
    shot = threading.Barrier(len(works))

    def run(number: int, work: Callable[[], Any]) -> None:
        try:
            connection.ensure_connection()
            shot.wait()
            answers[number] = work()
        except Exception as error:  # noqa: BLE001 - handed to the test
            answers[number] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(200)  # longer than the longest storm, or the first thread would be left in its last change
    assert not any(thread.is_alive() for thread in threads)
    return answers


def defects(answers: list[Any]) -> list[Exception]:
    """What went wrong beyond a refusal."""
    return [answer for answer in answers if isinstance(answer, Exception) and not isinstance(answer, Problem)]


@pytest.fixture
def signal(launch, now):
    """Puts an alert's report through the door; reports of one name belong to one issue."""
    numbers = iter(range(1_000_000))

    def put(name: str, **more: Any) -> int:
        said = {"fingerprint": name, "severity": "warning", "suggested_severity": 4}
        data = {
            "channel": "alert",
            "title": f"{name} fires",
            "context": {"alert": said},
            "external_id": f"{next(numbers)}",
        }
        return intake.accept(launch, read_report(data | more, source="token:1")[0], actor=SYSTEM, now=now).feedback_id

    return put


@pytest.fixture
def triage(now):
    """Triages what waits."""
    return lambda: pipeline.triage_waiting(clock=lambda: now)


@pytest.fixture
def issue_of(signal, triage):
    """Opens an issue by a signal of its name."""

    def put(name: str) -> Issue:
        number = signal(name)
        triage()
        return Issue.objects.get(matches__feedback_id=number)

    return put


# --- at the door --------------------------------------------------------------------------------------------


def test_one_external_id_sent_at_once_is_one_report(people, now):
    clients = [bearer(people["lead"], scopes=["admin"], now=now)] * 6
    sent = report(external_id="same", reporter={"email": "New@Example.org"})

    answers = at_once(*[lambda client=client: post(client, f"{API}feedback/", sent) for client in clients])

    assert not defects(answers)
    assert Counter(answer.status_code for answer in answers) == {201: 1, 200: 5}
    assert len({(answer.json()["id"], answer.json()["status_url"]) for answer in answers}) == 1
    assert (Feedback.objects.count(), Reporter.objects.count()) == (1, 1)
    assert TimelineEntry.objects.filter(kind="feedback.received").count() == 1


def test_one_idempotency_key_sent_at_once_is_one_report(people, now):
    client = bearer(people["lead"], scopes=["admin"], now=now)

    answers = at_once(*[lambda: post(client, f"{API}feedback/", report(), **{"Idempotency-Key": "k"})] * 6)

    assert not defects(answers)
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.json()["id"] for answer in answers if answer.status_code == 201}) == 1
    assert (Feedback.objects.count(), IdempotencyRecord.objects.count()) == (1, 1)


def test_bulks_of_the_same_ids_in_opposite_order_wait_for_one_another(people, now):
    client = bearer(people["lead"], scopes=["admin"], now=now)
    rows = [report(external_id=f"x{number}", reporter={"external_id": f"p{number}"}) for number in range(300)]
    shuffled = random.Random(7).sample(rows, len(rows))

    answers = at_once(
        lambda: post(client, f"{API}feedback/bulk/", rows),
        lambda: post(client, f"{API}feedback/bulk/", rows[::-1]),
        lambda: post(client, f"{API}feedback/bulk/", shuffled, **{"Idempotency-Key": "k"}),
        lambda: [post(client, f"{API}feedback/", row) for row in rows[::30]],
    )

    assert not defects(answers)
    results = [row for answer in answers[:3] for row in answer.json()["results"]] + [one.json() for one in answers[3]]
    assert {row.get("status", 200) for row in results} <= {200, 201}
    assert (Feedback.objects.count(), Reporter.objects.count()) == (300, 300)
    first_of = {answer["id"] for answer in answers[0].json()["results"]}
    assert all({row["id"] for row in answer.json()["results"]} == first_of for answer in answers[:3])


def test_rows_go_in_by_their_ids_whatever_the_order_they_came_in(people, now):
    client = bearer(people["lead"], scopes=["admin"], now=now)
    names = ["m", "a", "z", "k", "b"]
    rows = [report(external_id=f"id-{name}", reporter={"external_id": f"who-{name}"}) for name in names]

    with CaptureQueriesContext(connection) as captured:
        answer = post(client, f"{API}feedback/bulk/", rows).json()

    for table, prefix in (("feedback_feedback", "id"), ("feedback_reporter", "who")):
        asked = [query["sql"].replace('"', "") for query in captured.captured_queries]
        (insert,) = [sql for sql in asked if sql.startswith(f"INSERT INTO {table} ")]
        assert re.findall(rf"\b{prefix}-(\w)\b", insert) == sorted(names)
    stored = Feedback.objects.in_bulk([int(row["id"][3:]) for row in answer["results"]])
    assert [row.external_id for row in sorted(stored.values(), key=lambda row: row.pk)] == [
        f"id-{name}" for name in names
    ]


def test_a_report_let_in_from_quarantine_while_its_sender_tries_again_is_one_report(launch, now):
    key = launch.keys.get()
    sent = Report(channel="widget", source=f"key:{key.pk}", title="It broke", body="It broke", external_id="a")

    for turn in range(5):
        again = Report(**vars(sent) | {"external_id": str(turn)})
        quarantine.keep(launch, again, reason="over_rate", files_left_out=0, now=now)
        number = Quarantined.objects.latest("pk").pk
        answers = at_once(
            lambda number=number: quarantine.release(launch, number, actor=SYSTEM, now=now),
            lambda again=again: widget.receive(key, again, now=now),
        )
        assert not defects(answers)
        assert Feedback.objects.filter(external_id=str(turn)).count() == 1
        assert not quarantine.waiting_in(launch).exists()


# --- on an issue --------------------------------------------------------------------------------------------


def test_two_moves_of_one_version_leave_one_and_a_conflict_that_names_it(people, launch, now):
    issue = make_issue(launch, now=now)
    clients = [bearer(people[role], scopes=["triage:write"], now=now) for role in ("lead", "agent")]
    path = f"{API}issues/{issue.key}/transition/"

    first, second = sorted(
        at_once(
            lambda: post(clients[0], path, {"to": "triaged", "version": 1}),
            lambda: post(clients[1], path, {"to": "in_progress", "version": 1}),
        ),
        key=lambda answer: answer.status_code,
    )

    assert (first.status_code, second.status_code) == (200, 409)
    conflict = second.json()
    assert conflict["changed_by"] in {"Alice Lead", "Agent Person"}
    assert conflict["changes"]["new"] == first.json()["status"]
    assert TimelineEntry.objects.filter(kind="issue.status").count() == 1


def test_merging_each_into_the_other_at_once_leaves_one_root(launch, now):
    for _turn in range(5):
        one, two = make_issue(launch, now=now), make_issue(launch, now=now)
        answers = at_once(
            lambda one=one, two=two: merging.merge(one.pk, into_id=two.pk, actor=SYSTEM, now=now),
            lambda one=one, two=two: merging.merge(two.pk, into_id=one.pk, actor=SYSTEM, now=now),
        )
        assert not defects(answers)
        assert sum(isinstance(answer, Problem) and answer.status == 409 for answer in answers) == 1
        assert len(set(tree.roots_of([one.pk, two.pk]).values())) == 1


def test_merging_two_trees_into_each_other_at_once_makes_no_circle(launch, now):
    for _turn in range(5):
        a, b, c, d = (make_issue(launch, now=now) for _number in range(4))
        merging.merge(b.pk, into_id=c.pk, actor=SYSTEM, now=now)
        merging.merge(d.pk, into_id=a.pk, actor=SYSTEM, now=now)
        answers = at_once(
            lambda a=a, b=b: merging.merge(a.pk, into_id=b.pk, actor=SYSTEM, now=now),
            lambda c=c, d=d: merging.merge(c.pk, into_id=d.pk, actor=SYSTEM, now=now),
        )
        assert not defects(answers)
        assert sum(isinstance(answer, Problem) for answer in answers) == 1
        assert len(set(tree.roots_of([a.pk, b.pk, c.pk, d.pk]).values())) == 1


def test_override_stands_while_triage_writes_the_same_issue(issue_of, signal, triage, now):
    issue = issue_of("cpu")

    for value in ("1", "3", "2"):
        for _number in range(20):
            signal("cpu")
        answers = at_once(
            triage,
            lambda value=value: overrides.override_issue(
                issue.pk, field="severity", value=value, reason="", actor=SYSTEM, now=now
            ),
        )
        assert not defects(answers)
        issue.refresh_from_db()
        assert issue.severity == int(value)

    assert issue.feedback_count == Match.objects.filter(issue=issue, ended_at=None).count() == 61


def test_override_of_a_report_stands_while_its_issue_is_closed(issue_of, signal, triage, now):
    issue = issue_of("cpu")
    rows = [Feedback.objects.get(pk=signal("cpu")) for _number in range(8)]
    triage()

    answers = at_once(
        *[
            lambda row=row: overrides.override_feedback(
                row, field="category", value="bug", reason="", actor=SYSTEM, now=now
            )
            for row in rows
        ],
        lambda: lifecycle.move(issue.pk, to="closed", actor=SYSTEM, now=now),
        lambda: lifecycle.move(issue.pk, to="in_progress", actor=SYSTEM, now=now),
    )

    assert not defects(answers)
    assert Decision.objects.filter(origin="person", ended_at=None).count() == 8
    assert set(Feedback.objects.values_list("reply_status", flat=True)) in ({"closed"}, {"working"})


def test_unmerge_while_reports_arrive_counts_each_once(issue_of, signal, triage, now):
    one, two = issue_of("cpu"), issue_of("disk")
    merging.merge(two.pk, into_id=one.pk, actor=SYSTEM, now=now)
    for name in ("cpu", "disk") * 15:
        signal(name)

    answers = at_once(triage, lambda: merging.unmerge(two.pk, actor=SYSTEM, now=now), triage)

    assert not defects(answers)
    one.refresh_from_db()
    two.refresh_from_db()
    assert (one.feedback_count, two.feedback_count) == (16, 16)
    assert (one.status, two.status) == ("new", "new")


def test_report_that_arrives_while_its_issue_is_closed_is_never_left_without_a_word(issue_of, signal, triage, now):
    for turn in range(4):
        issue = issue_of(f"cpu{turn}")
        for _number in range(5):
            signal(f"cpu{turn}")
        answers = at_once(triage, lambda issue=issue: lifecycle.move(issue.pk, to="closed", actor=SYSTEM, now=now))
        assert not defects(answers)
        issue.refresh_from_db()
        words = dict(Feedback.objects.filter(issue_key=issue.key).values_list("pk", "reply_status"))
        assert set(words.values()) == {"closed"}
        opened_after = Issue.objects.filter(fingerprint=issue.fingerprint).exclude(pk=issue.pk)
        assert len(words) + sum(opened_after.values_list("feedback_count", flat=True)) == 6


def test_issue_opened_again_while_its_alert_opens_another_keeps_one_open_issue_of_the_key(
    issue_of, signal, triage, now
):
    for turn in range(4):
        issue = issue_of(f"cpu{turn}")
        lifecycle.move(issue.pk, to="closed", actor=SYSTEM, now=now)
        signal(f"cpu{turn}")
        fingerprint = Issue.objects.get(pk=issue.pk).fingerprint
        answers = at_once(triage, lambda issue=issue: lifecycle.move(issue.pk, to="in_progress", actor=SYSTEM, now=now))
        assert not defects(answers)
        assert not Feedback.objects.filter(triaged_at=None).exists()
        still_open = Issue.objects.filter(fingerprint=fingerprint).exclude(status__in=["closed", "duplicate"])
        assert still_open.count() == 1


def test_mail_that_a_worker_takes_while_it_is_withdrawn_counts_as_gone(launch, now):
    queue_mail(
        launch=launch, kind="closed", about="HC-1", to_address="karin@example.org", language="en", subject="Closed",
        text="It works.", once_key="closed:1", now=now,
    )  # fmt: skip
    is_taken, is_withdrawn = threading.Event(), threading.Event()

    def take():
        with transaction.atomic():
            message = delivery._claim(now=now)
            is_taken.set()
            while not is_withdrawn.is_set() and not _somebody_waits():
                pass
            return message

    def withdraw():
        assert is_taken.wait(60)
        with transaction.atomic():
            gone = messages.withdraw(["HC-1"], launch=launch, kind="closed", queued_at=now)
        is_withdrawn.set()
        return gone

    message, gone = at_once(take, withdraw)
    assert (gone, Message.objects.get()) == (1, message)


def _somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND pid <> pg_backend_pid())")
        return bool(cursor.fetchone()[0])


def test_two_drafts_of_one_day_are_one(launch, now):
    moments = [now + timedelta(hours=1, microseconds=number % 2) for number in range(6)]

    answers = at_once(*[lambda moment=moment: draft_of_launch(launch, now=moment) for moment in moments])

    assert not defects(answers)
    assert StatusReport.objects.filter(launch=launch).count() == 1
    assert TimelineEntry.objects.filter(kind="report.drafted").count() == 1


# --- the board ----------------------------------------------------------------------------------------------


def test_board_versions_have_no_gap_and_a_client_misses_nothing_under_eight_writers(launch, people, now):
    issues = [make_issue(launch, now=now) for _number in range(8)]
    client = bearer(people["lead"], scopes=["feedback:read"], now=now)
    ended = threading.Event()
    seen: dict[str, int] = {}
    steps: list[tuple[int, int]] = []

    def follow() -> None:
        since = 0
        while True:
            last = ended.is_set()
            frame = client.get(f"{API}launches/shop/board/", {"since": since}).json()
            assert frame["type"] == "changes"
            if frame["version"] > since:
                assert frame["issues"], "a version without a change"
                steps.append((since, frame["version"]))
            for row in frame["issues"]:
                assert row["version"] >= seen.get(row["id"], 0), "an older state came after a newer"
                seen[row["id"]] = row["version"]
            since = frame["version"]
            if last:
                return

    def write(issue: Issue) -> None:
        for turn in range(12):
            value = str(turn % 5 + 1)
            overrides.override_issue(issue.pk, field="severity", value=value, reason="", actor=SYSTEM, now=now)

    def write_all() -> None:
        try:
            answers = at_once(*[lambda issue=issue: write(issue) for issue in issues])
            assert not defects(answers)
        finally:
            ended.set()

    answers = at_once(follow, write_all)

    assert not defects(answers)
    assert BoardCounter.objects.get(launch=launch).version == 8 * 12
    assert [end for _begin, end in steps[:-1]] == [begin for begin, _end in steps[1:]]
    assert seen == {issue.key: issue.version for issue in Issue.objects.all()}
    assert len(set(Issue.objects.values_list("board_version", flat=True))) == 8


def test_committed_version_never_shows_before_a_smaller_one(launch, now):
    issues = [make_issue(launch, now=now) for _number in range(4)]
    ended = threading.Event()

    def watch() -> int:
        looks, newest = 0, 0
        while not ended.is_set():
            frame = feed.catch_up(launch.pk, since=0, now=now)
            stamped = sorted(
                Issue.objects.filter(board_version__lte=frame["version"]).values_list("board_version", flat=True)
            )
            assert frame["version"] >= newest
            assert not stamped or stamped[-1] <= frame["version"]
            looks, newest = looks + 1, frame["version"]
        return looks

    def write(issue: Issue) -> None:
        for turn in range(15):
            lifecycle.move(issue.pk, to="triaged" if turn % 2 else "in_progress", actor=SYSTEM, now=now)

    def write_all() -> None:
        try:
            assert not defects(at_once(*[lambda issue=issue: write(issue) for issue in issues]))
        finally:
            ended.set()

    answers = at_once(watch, write_all)

    assert not defects(answers)
    assert answers[0] > 0


# --- locks --------------------------------------------------------------------------------------------------

# The order in which every transaction of triage takes its locks; see triage/locks.py.
RANKS = [
    (0, re.compile(r"pg_advisory_xact_lock\(")),
    (1, re.compile(r'FROM "triage_issue".*FOR UPDATE|UPDATE "?triage_issue')),
    (2, re.compile(r'UPDATE "?feedback_feedback.* SET .*reply_status|FROM "feedback_feedback".*FOR UPDATE')),
    (3, re.compile(r"INSERT INTO triage_boardcounter")),
]


def _first_takings(work: Callable[[], Any]) -> list[int]:
    """Which kinds of locks the work takes, in the order in which it takes the first of each."""
    with CaptureQueriesContext(connection) as captured:
        work()
    ranks: list[int] = []
    for query in captured.captured_queries:
        for rank, pattern in RANKS:
            if pattern.search(query["sql"].replace("\n", " ")) and rank not in ranks:
                ranks.append(rank)
    return ranks


def test_every_change_takes_its_locks_in_one_order(issue_of, signal, triage, launch, now):
    one, two, three = issue_of("cpu"), issue_of("disk"), issue_of("net")
    row = Feedback.objects.earliest("pk")
    by = {"actor": SYSTEM, "now": now}
    works: dict[str, Callable[[], Any]] = {
        "move": lambda: lifecycle.move(one.pk, to="triaged", **by),
        "merge": lambda: merging.merge(two.pk, into_id=one.pk, **by),
        "merge deeper": lambda: merging.merge(three.pk, into_id=two.pk, **by),
        "unmerge": lambda: merging.unmerge(two.pk, **by),
        "override": lambda: overrides.override_issue(one.pk, field="severity", value="3", reason="", **by),
        "release": lambda: overrides.release_issue(one.pk, field="severity", **by),
        "verdict": lambda: overrides.override_feedback(row, field="category", value="bug", reason="", **by),
        "follow": lambda: alert_changes.follow(clock=lambda: now),
    }
    alert = make_alert(launch, now=now, feedback=row)
    AlertChange.objects.create(alert=alert, status=AlertStatus.RESOLVED, episode=1, changed_at=now)

    for name, work in works.items():
        taken = _first_takings(work)
        assert taken == sorted(taken), name
        assert {0, 1, 3} <= set(taken), name


def test_issues_are_locked_in_one_statement_by_id(issue_of, signal, triage, now):
    one, two, three = issue_of("cpu"), issue_of("disk"), issue_of("net")
    by = {"actor": SYSTEM, "now": now}
    merging.merge(two.pk, into_id=one.pk, **by)

    for work in (
        lambda: merging.merge(three.pk, into_id=two.pk, **by),
        lambda: merging.unmerge(three.pk, **by),
        lambda: (signal("disk"), triage()),
    ):
        with CaptureQueriesContext(connection) as captured:
            work()
        locking = [
            q["sql"]
            for q in captured.captured_queries
            if 'FROM "triage_issue"' in q["sql"] and "FOR UPDATE" in q["sql"]
        ]
        assert 'ORDER BY "triage_issue"."id" ASC' in locking[0]
        assert str(one.pk) in locking[0]
        held = set(re.findall(r"\d+", locking[0].partition(" IN ")[2]))
        assert all(set(re.findall(r'"id" = (\d+)', later)) <= held for later in locking[1:])


@pytest.mark.parametrize("seconds", [4, pytest.param(120, marks=[pytest.mark.deep, pytest.mark.timeout(400)])])
def test_a_storm_of_changes_ends_with_every_count_right(issue_of, signal, triage, launch, now, seconds):
    issues = [issue_of(f"alert{number}").pk for number in range(5)]
    rows = list(Feedback.objects.all())
    ended = threading.Event()
    threading.Timer(seconds, ended.set).start()
    by = {"actor": SYSTEM, "now": now}

    def stir(seed: int) -> Counter[str]:
        dice, done = random.Random(seed), Counter()
        while not ended.is_set():
            issue, into = dice.sample(issues, 2)
            name, work = dice.choice([
                ("move", lambda: lifecycle.move(issue, to=dice.choice(["triaged", "in_progress", "closed", "verified"]), **by)),
                ("merge", lambda: merging.merge(issue, into_id=into, **by)),
                ("unmerge", lambda: merging.unmerge(issue, **by)),
                ("override", lambda: overrides.override_issue(issue, field="severity", value=dice.choice("12345"), reason="", **by)),
                ("release", lambda: overrides.release_issue(issue, field="severity", **by)),
                ("verdict", lambda: overrides.override_feedback(
                    dice.choice(rows), field="category", value="bug", reason="", **by)),
                ("signal", lambda: signal(f"alert{dice.randrange(5)}")),
                ("triage", triage),
            ])  # fmt: skip
            try:
                work()
            except Problem as refused:
                done[f"{name} {refused.status}"] += 1
            else:
                done[name] += 1
        return done

    answers = at_once(*[lambda seed=seed: stir(seed) for seed in range(6)])
    triage()

    assert not defects(answers)
    total: Counter[str] = sum(answers, Counter())
    assert {"move", "merge", "unmerge", "override", "verdict", "signal", "triage"} <= total.keys(), total
    assert not [key for key in total if key.endswith(" 500")]
    _assert_consistent(launch)


def _assert_consistent(launch: Any) -> None:
    """Every report is in one issue, every root counts its tree, and the board's version is what was stamped last."""
    assert not Feedback.objects.filter(triaged_at=None).exists()
    live = Counter(Match.objects.filter(ended_at=None).values_list("issue_id", flat=True))
    assert live.total() == Feedback.objects.count()
    roots = Issue.objects.filter(merged_into=None)
    members = tree.members_of(roots.values_list("pk", flat=True))
    assert sum(map(len, members.values())) == Issue.objects.count(), "a circle"
    for root in roots:
        assert root.feedback_count == sum(live[member] for member in members[root.pk]), root.key
    version = BoardCounter.objects.get(launch=launch).version
    assert max(Issue.objects.values_list("board_version", flat=True)) == version
    still_open = roots.exclude(status__in=["closed", "declined"]).exclude(fingerprint=None)
    assert max(Counter(still_open.values_list("fingerprint", flat=True)).values(), default=1) == 1
