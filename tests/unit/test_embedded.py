"""Tests of what the embedded services decide without a server."""

import contextlib
import errno
import os
import signal
import socket
import stat

import pytest

from hypercare.embedded import ServiceProblem, explained, home_folder
from hypercare.embedded.account import Account, keeper_of, program
from hypercare.embedded.checks import _address
from hypercare.embedded.place import Place, free_port, is_free, last_line
from hypercare.management.address import listen
from hypercare.management.child import LONGEST_PAUSE, Child, shorten
from hypercare.management.stopping import Stopping


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_secret_is_kept_for_its_owner_only(tmp_path):
    place = Place(tmp_path / "home")

    secret = place.secret("database")

    assert place.secret("database") == secret
    assert mode(tmp_path / "home" / "secrets" / "database") == 0o600
    assert mode(tmp_path / "home" / "secrets") == 0o700


def test_secrets_of_two_homes_differ(tmp_path):
    assert Place(tmp_path / "one").secret("broker") != Place(tmp_path / "two").secret("broker")


def test_folder_changes_nothing_above_the_home(tmp_path):
    tmp_path.chmod(0o750)

    Place(tmp_path / "home").folder("run")

    assert mode(tmp_path) == 0o750


def test_port_is_remembered_while_it_is_free(tmp_path):
    place = Place(tmp_path)

    port = place.choose_port("postgres")

    assert place.choose_port("postgres") == place.port("postgres") == port


def test_port_taken_by_a_stranger_is_replaced(tmp_path):
    place = Place(tmp_path)
    port = place.choose_port("postgres")

    with socket.create_server(("127.0.0.1", port)):
        assert place.choose_port("postgres") != port


def test_port_file_that_was_damaged_is_ignored(tmp_path):
    place = Place(tmp_path)
    (place.folder("run") / "valkey.json").write_text("{")

    assert place.port("valkey") is None


def test_free_port_is_free():
    assert is_free(free_port())


def test_last_line_prefers_the_one_about_the_failure(tmp_path):
    log = tmp_path / "log"
    log.write_text("starting\nFATAL: could not bind\nshut down\n")

    assert last_line(log) == "FATAL: could not bind"


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "is full: free some space"),
        (errno.EROFS, "cannot be written by this user: make it writable"),
        (errno.EACCES, "cannot be written by this user: make it writable"),
        (errno.ENOTDIR, "is not a folder: move it away"),
        (errno.EIO, "set HYPERCARE_HOME to another folder"),
    ],
)
def test_error_of_the_disk_is_one_sentence_with_the_cure(tmp_path, number, words):
    with pytest.raises(ServiceProblem, match=words), explained(tmp_path):
        raise OSError(number, os.strerror(number))


def test_home_is_what_the_environment_says(tmp_path, monkeypatch):
    monkeypatch.setenv("HYPERCARE_HOME", str(tmp_path))

    assert home_folder() == tmp_path


def test_server_runs_as_the_owner_of_its_data(tmp_path):
    account = keeper_of(tmp_path / "data")

    assert account == (Account(61000) if os.geteuid() == 0 else Account())


def test_account_without_uid_changes_no_user():
    assert Account().popen == {}
    assert Account().here == "."


def test_missing_wheel_asks_for_servers_of_ones_own():
    with pytest.raises(ServiceProblem, match="set DATABASE_URL and REDIS_URL"):
        program("no_such_wheel/bin/server", account=Account())


def test_address_shows_no_password():
    assert _address("postgresql://me:secret@db.example.org:5433/hypercare") == "db.example.org:5433"
    assert _address("redis://:secret@[broken") == "that address"


def test_wanted_port_is_served():
    port = free_port()

    with listen(str(port)) as listener:
        assert listener.getsockname() == ("127.0.0.1", port)


def test_wanted_port_in_use_is_said_with_the_cure():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(ServiceProblem, match=f"Port {port} is in use or not allowed: set PORT"):
            listen(str(port))


@pytest.mark.parametrize("wanted", ["eighty", "70000", "-1"])
def test_port_that_is_no_port_is_refused(wanted):
    with pytest.raises(ServiceProblem, match="write a number up to 65535"):
        listen(wanted)


def test_no_wish_gets_a_port_even_when_the_usual_one_is_taken():
    with listen(""), listen("") as second:
        assert second.getsockname()[1] > 0


def test_pause_grows_while_a_child_keeps_dying(tmp_path):
    child = Child("web", ["true"], tmp_path / "web.log")
    child.start()

    pauses = [child.pause() for _ in range(9)]

    child.stop(seconds=1)
    assert pauses[:4] == [0.5, 1.0, 2.0, 4.0]
    assert pauses[-1] == LONGEST_PAUSE


def test_child_shows_only_new_lines_about_errors(tmp_path):
    log = tmp_path / "web.log"
    child = Child("web", ["true"], log)
    log.write_text("INFO fine\nERROR broken\n")

    assert list(child.troubles()) == ["ERROR broken"]
    assert list(child.troubles()) == []


def test_long_log_begins_anew_and_keeps_its_predecessor(tmp_path, monkeypatch):
    monkeypatch.setattr("hypercare.management.child.LOG_LIMIT", 10)
    log = tmp_path / "web.log"
    log.write_text("more than ten letters")

    shorten(log)

    assert log.read_text() == ""
    assert (tmp_path / "web.log.1").read_text() == "more than ten letters"


def test_wish_to_stop_outlives_a_swallowed_interruption():
    stopping = Stopping()
    stopping.check()
    with contextlib.suppress(KeyboardInterrupt):
        stopping(signal.SIGTERM, None)

    with pytest.raises(KeyboardInterrupt):
        stopping.check()
    assert stopping.exit_code == 143
