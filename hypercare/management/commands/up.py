"""This module is `manage.py up`: services, migrations, an administrator, then web, worker and beat until stopped."""

import os
import secrets
import signal
import subprocess
import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import gettext as _

from hypercare import embedded
from hypercare.core.models import User
from hypercare.embedded.place import Place
from hypercare.management.address import listen
from hypercare.management.child import Child
from hypercare.management.stopping import stopping
from hypercare.management.supervisor import OnlyOne, Supervisor


class Command(BaseCommand):
    """Sets up everything this copy needs and serves it."""

    help = "Start everything: database, broker, migrations, web, worker and clock; Ctrl-C stops it all."

    # They load every address and half the product; the web process does so beside us.
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Names what can be chosen."""
        parser.add_argument("--demo", action="store_true", help="load the sample launch and replay its story")
        parser.add_argument(
            "--port", default=os.environ.get("PORT", ""), help="port to serve on (PORT; 8000 or a free one)"
        )
        parser.add_argument("--check", action="store_true", help="only say whether database and broker can be used")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Runs until Ctrl-C, SIGTERM or a closed terminal."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, stopping)
        if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # which is what nohup asks for
            signal.signal(signal.SIGHUP, stopping)
        try:
            self._run(**options)
        except KeyboardInterrupt:
            self._say(_("Stopped."))
        except embedded.ServiceProblem as problem:
            raise CommandError(str(problem)) from problem

    def _run(self, *, demo: bool, port: str, check: bool, **_options: Any) -> None:
        began_at = time.monotonic()
        running = embedded.attach()
        embedded.check(ours={service.variable for service in running.services})
        if check:
            self._say(_("Database and broker can be used."))
            return
        with embedded.explained(running.home):
            Place(running.home).folder("run")
            only_one = OnlyOne(running.home)
            listener = listen(port)
        chosen = listener.getsockname()[1]
        if not port and chosen != 8000:
            self._say(_("Port 8000 is taken, so this copy uses %(port)s; PORT chooses another.") % {"port": chosen})
        os.environ["PORT"] = str(chosen)
        self._migrate()
        self._ensure_administrator()
        if demo:
            self._manage("demo", "--seed")
        connection.close()
        stopping.check()
        children = self._children(Place(running.home), descriptor=listener.fileno(), demo=demo)
        supervisor = Supervisor(children, running=running, only_one=only_one, say=self._say)
        try:
            # The clock is not needed to be ready, and two cores are busy enough with the other two.
            supervisor.start("web", "worker")
            supervisor.wait_until_ready(chosen, host=_host())
            self._say(
                _("Hypercare is ready at http://127.0.0.1:%(port)s/ (after %(seconds).1f s). Ctrl-C stops it.")
                % {"port": chosen, "seconds": time.monotonic() - began_at}
            )
            supervisor.start("beat", "replay")
            supervisor.watch()
        finally:
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
            listener.close()
            supervisor.stop()
            running.release()

    def _children(self, place: Place, *, descriptor: int, demo: bool) -> list[Child]:
        python, celery = sys.executable, [sys.executable, "-m", "celery", "-A", "hypercare.celery", "--quiet"]
        worker = [
            "worker",
            "--pool=threads",
            "--concurrency=2",
            "--without-mingle",
            "--without-gossip",
            "--loglevel=INFO",
        ]
        clock = ["beat", f"--schedule={place.folder('run') / 'beat'}", "--pidfile=", "--loglevel=INFO"]
        children = [
            Child(
                "web",
                [python, "-m", "hypercare.management.web", str(descriptor)],
                place.log("web"),
                descriptors=(descriptor,),
            ),
            Child("worker", celery + worker, place.log("worker")),
            Child("beat", celery + clock, place.log("beat")),
        ]
        if demo:
            command = [python, str(_manage_py()), "demo", "--replay"]
            children.append(Child("replay", command, place.log("replay"), may_finish=True))
        return children

    def _migrate(self) -> None:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            call_command("migrate", interactive=False)

    def _ensure_administrator(self) -> None:
        if User.objects.filter(is_superuser=True).exists():
            return
        email = os.environ.get("HYPERCARE_ADMIN_EMAIL") or "admin@localhost"
        given = os.environ.get("HYPERCARE_ADMIN_PASSWORD")
        password = given or secrets.token_urlsafe(12)
        User.objects.create_superuser(email=email, password=password)
        shown = _("the password in HYPERCARE_ADMIN_PASSWORD") if given else password
        self._say(
            _("Sign in as %(email)s with %(password)s (shown only this once).") % {"email": email, "password": shown}
        )

    def _manage(self, *arguments: str) -> None:
        """A command in a process of its own, where the settings know the chosen port."""
        command = [sys.executable, str(_manage_py()), *arguments]
        if subprocess.call(command):  # noqa: S603 - our own command, no shell
            raise CommandError(_("%(command)s did not succeed.") % {"command": " ".join(arguments)})

    def _say(self, sentence: str) -> None:
        self.stdout.write(sentence)
        self.stdout.flush()


def _manage_py() -> Path:
    return Path(settings.BASE_DIR) / "manage.py"


def _host() -> str:
    """A name the site answers to."""
    name = str(settings.ALLOWED_HOSTS[0]).lstrip("*.")
    return name or "127.0.0.1"
