"""This module is `manage.py ship_log`: sends a log file's lines to a launch, once each, and goes on where it stopped."""

import signal
from argparse import ArgumentParser
from pathlib import Path
from threading import Event
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from gateway_ingest.formats.calls import CALL_FORMATS
from gateway_ingest.shipping import RefusedError, Shipper, Target


class Command(BaseCommand):
    """Needs no database: it may run on the gateway's machine."""

    help = "Send the lines of a log file to /ingest/calls/, each once; --follow waits for more."

    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Names what can be chosen."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--follow", action="store_true", help="wait for more lines and survive rotation")
        parser.add_argument("--url", required=True, help="the product's address, for example https://hypercare.example")
        parser.add_argument("--key", required=True, help="the source's key")
        parser.add_argument("--format", default="", choices=["", *CALL_FORMATS], help="found by itself without")
        parser.add_argument("--state", type=Path, help="where to remember the place; beside the file without")

    def handle(self, *_args: Any, file: Path, follow: bool, url: str, key: str, **options: Any) -> None:
        """Ships until the end of the file, or until Ctrl-C or SIGTERM."""
        stop = Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        if not follow and not file.exists():
            raise CommandError(_("There is no file %(file)s.") % {"file": file})
        shipper = Shipper(
            file,
            options["state"] or file.with_name(file.name + ".shipped"),
            Target(url, key, options["format"]),
            self.stderr.write,
            sleep=stop.wait,
            is_told_to_stop=stop.is_set,
        )
        try:
            taken = shipper.run(follow=follow)
        except RefusedError as error:
            raise CommandError(_("The server refuses this for good: %(error)s") % {"error": error}) from error
        self.stdout.write(_("%(taken)d calls were taken.") % {"taken": taken})
