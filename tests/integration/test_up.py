"""Tests of the command `up` and of the services' sharing, with real processes in a home of their own."""

import contextlib
import http.client
import json
import os
import pwd
import re
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

import psutil
import psycopg
import pytest

from hypercare import embedded

ROOT = Path(__file__).resolve().parents[2]
OURS = ("DATABASE_URL", "REDIS_URL", "HYPERCARE_HOME", "DJANGO_SETTINGS_MODULE", "PORT", "HYPERCARE_ADMIN_PASSWORD")
PATIENCE = 150
# Starting four copies takes half a minute on two idle cores, and several on busy ones.
pytestmark = pytest.mark.timeout(400)


def surroundings(home, **more):
    """The environment of a newcomer: nothing of this test run, only a home."""
    kept = {name: value for name, value in os.environ.items() if name not in OURS}
    return kept | {"HYPERCARE_HOME": str(home)} | more


def manage(home, *arguments, **more):
    command = [sys.executable, ROOT / "manage.py", *arguments]
    return subprocess.run(
        command, env=surroundings(home, **more), capture_output=True, text=True, timeout=PATIENCE, check=False
    )


class Copy:
    """A running `up`."""

    def __init__(self, home, **more):
        self.home = home
        with tempfile.NamedTemporaryFile(dir=home.parent, delete=False) as output:
            self.output = Path(output.name)
            self.process = subprocess.Popen(
                [sys.executable, ROOT / "manage.py", "up"], env=surroundings(home, **more), stdout=output, stderr=output
            )
        self.address = self._wait_for(r"ready at (http://\S+)/")
        self.family = psutil.Process(self.process.pid).children(recursive=True)

    def _wait_for(self, pattern):
        deadline = time.monotonic() + PATIENCE
        while not (found := re.search(pattern, self.said)):
            assert self.process.poll() is None, self.said
            assert time.monotonic() < deadline, self.said
            time.sleep(0.05)
        return found[1]

    @property
    def said(self):
        return self.output.read_text()

    def child(self, words):
        return next(
            process for process in psutil.Process(self.process.pid).children() if words in " ".join(process.cmdline())
        )

    def get(self, path):
        connection = http.client.HTTPConnection(self.address.removeprefix("http://"), timeout=30)
        with contextlib.closing(connection):
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, json.loads(response.read())

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.process.wait(timeout=30)

    def left_behind(self):
        return [process for process in self.family if process.is_running() and process.status() != psutil.STATUS_ZOMBIE]


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    """The life of one home, told once because each start costs seconds: what happened, for the tests to judge."""
    told = {}
    home = tmp_path_factory.mktemp("copies") / "home"
    with contextlib.ExitStack() as copies:
        first = copies.enter_context(running(home))
        told["refused"] = manage(home, "up")
        first.child("hypercare.management.web").kill()
        told["after the web process was killed"] = first.get("/healthz")[0]
        told["first"], told["first code"] = first, first.end(signal.SIGINT)
        twin = home.with_name("twin")
        subprocess.run(["cp", "-a", home, twin], check=True)

        killed = copies.enter_context(running(home))
        killed.process.kill()
        killed.process.wait()
        told["killed"] = killed

        heir = copies.enter_context(running(home))
        told["heir answers"] = heir.get("/readyz")
        other = copies.enter_context(running(twin))
        told["other answers"], told["other"] = other.get("/readyz"), other
        told["heir"], told["heir code"] = heir, heir.end(signal.SIGTERM)
    return told


@contextlib.contextmanager
def running(home):
    """A copy that is ended at the latest with the story."""
    copy = Copy(home)
    try:
        yield copy
    finally:
        if copy.process.poll() is None:
            copy.end()


@pytest.fixture
def home(story):
    return story["heir"].home


def test_first_start_shows_progress_and_sign_in(story):
    said = story["first"].said

    assert re.search(r"Applying core\.0001\S+ OK", said)
    assert re.search(r"Sign in as admin@localhost with \S{12,}", said)


def test_ctrl_c_ends_everything_cleanly(story):
    assert story["first code"] == 0
    assert story["first"].left_behind() == []


def test_second_up_on_one_home_is_refused(story):
    assert story["refused"].returncode == 1
    assert "already runs on" in story["refused"].stderr


def test_killed_web_process_comes_back_and_refuses_nobody(story):
    assert story["after the web process was killed"] == 200


def test_killed_up_is_recovered_from(story):
    children = [process for process in story["killed"].left_behind() if "hypercare." in " ".join(process.cmdline())]

    assert story["heir answers"][0] == 200
    assert story["heir answers"][1]["degraded"] == []
    assert children == []


def test_later_start_tells_no_password(story):
    assert "Sign in as" not in story["heir"].said


def test_sigterm_leaves_no_process(story):
    assert story["heir code"] == 0
    assert story["heir"].left_behind() == []


def test_two_copies_run_side_by_side(story):
    assert story["other answers"][0] == 200
    assert story["other"].address != story["heir"].address


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("DATABASE_URL", "postgresql://me:secret@127.0.0.1:1/hypercare", "PostgreSQL at 127.0.0.1:1 cannot be used"),
        ("DATABASE_URL", "mysql://127.0.0.1/hypercare", "DATABASE_URL cannot be read"),
        ("REDIS_URL", "redis://:secret@127.0.0.1:1/0", "The broker at 127.0.0.1:1 cannot be used"),
        ("REDIS_URL", "amqp://127.0.0.1", "REDIS_URL cannot be read"),
    ],
)
def test_server_that_cannot_be_used_is_said_without_its_password(monkeypatch, variable, value, words):
    monkeypatch.setenv(variable, value)

    with pytest.raises(embedded.ServiceProblem) as problem:
        embedded.check()

    assert words in str(problem.value)
    assert "secret" not in str(problem.value)


@pytest.mark.parametrize("url", ["postgresql://127.0.0.1:1/hypercare", "mysql://127.0.0.1/hypercare"])
def test_up_says_a_wrong_database_url_in_one_sentence(home, url):
    done = manage(home, "up", "--check", DATABASE_URL=url)

    assert done.returncode == 1
    assert "DATABASE_URL" in done.stderr
    assert done.stderr.strip().count("\n") == 0


def test_home_that_is_no_folder_is_said_in_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")

    done = manage(tmp_path / "file", "up", "--check")

    assert done.returncode == 1
    assert done.stderr.strip().count("\n") == 0
    assert "is not a folder" in done.stderr


def test_extension_that_may_not_be_enabled_is_said_with_the_cure(monkeypatch):
    url = os.environ["DATABASE_URL"]
    bare = f"bare_{os.getpid()}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {bare} TEMPLATE template0")
        try:
            monkeypatch.setenv("DATABASE_URL", url.replace("/hypercare?", f"/{bare}?"))
            with pytest.raises(embedded.ServiceProblem, match="run CREATE EXTENSION vector there as a superuser"):
                embedded.check()
        finally:
            connection.execute(f"DROP DATABASE {bare}")


def test_vector_extension_that_is_too_old_is_said_with_the_cure(monkeypatch):
    monkeypatch.setattr("hypercare.embedded.checks.OLDEST_VECTOR", (99, 0))
    with pytest.raises(embedded.ServiceProblem, match=r"needs 99\.0 or newer: upgrade pgvector"):
        embedded.check()


BORROWER = """
import sys
from pathlib import Path
from hypercare import embedded
embedded.attach(Path(sys.argv[1]), durable=False)
print("attached", flush=True)
sys.stdin.read()
"""


@contextlib.contextmanager
def borrower(home):
    """A process that uses the services of a home until its standard input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", BORROWER, home],
        cwd=ROOT,
        env=surroundings(home),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout.readline() == b"attached\n"
    yield process
    process.stdin.close()
    process.stdout.close()
    process.wait(timeout=30)


def postmaster(home):
    return int((home / "postgres" / "data" / "postmaster.pid").read_text().split()[0])


def test_services_end_with_their_last_user(home):
    with borrower(home):
        server = psutil.Process(postmaster(home))
        with borrower(home):
            assert postmaster(home) == server.pid
        assert server.is_running()
    assert not (home / "postgres" / "data" / "postmaster.pid").exists()


def test_services_of_a_killed_user_are_adopted(home):
    with borrower(home) as killed:
        server = postmaster(home)
        killed.kill()
        killed.wait()

    with borrower(home):
        assert postmaster(home) == server
    assert not (home / "postgres" / "data" / "postmaster.pid").exists()


def test_killed_server_leaves_a_file_that_hinders_nobody(home):
    with borrower(home):
        psutil.Process(postmaster(home)).kill()
    stale = (home / "postgres" / "data" / "postmaster.pid").read_text()
    (home / "postgres" / "data" / "postmaster.pid").write_text(stale.replace(stale.split()[0], str(os.getpid()), 1))

    with borrower(home):
        assert postmaster(home) != os.getpid()


def test_data_and_secrets_are_their_owners_alone(home):
    folders = [home, home / "secrets", home / "postgres", home / "postgres" / "data"]

    assert [oct(path.stat().st_mode & 0o077) for path in [*folders, home / "secrets" / "database"]] == ["0o0"] * 5
    assert "trust" not in re.sub(r"#.*", "", (home / "postgres" / "data" / "pg_hba.conf").read_text())


@pytest.mark.skipif(os.geteuid() != 0, reason="every other test already runs as an ordinary user")
def test_ordinary_user_gets_services_too():
    nobody = pwd.getpwnam("nobody")
    with tempfile.TemporaryDirectory() as folder:
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        child = os.fork()
        if not child:
            os._exit(_use_services(Path(folder) / "home", uid=nobody.pw_uid, gid=nobody.pw_gid))

        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def _use_services(home, *, uid, gid):
    """In a fork that gave up its rights: 0 when a user's own services came up and went down."""
    try:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
        for name in OURS:
            os.environ.pop(name, None)
        running = embedded.attach(home, durable=False)
        embedded.check()
        running.release()
        return 0 if (home / "postgres" / "data").stat().st_uid == uid else 1
    except BaseException:  # noqa: BLE001 - a fork must never return into pytest
        traceback.print_exc()
        return 1
