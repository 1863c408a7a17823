"""This module is the command that carries out one training that was asked for, in a process with bounds of its own."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from hypercare.core import clock
from triage.learn import apart, bounds


class Command(BaseCommand):
    """Workers start it; by hand it repeats what a worker would do."""

    help = "Carries out one training of a launch's text model."

    def add_arguments(self, parser: CommandParser) -> None:
        """Adds the training's number."""
        parser.add_argument("training", type=int)

    def handle(self, **options: Any) -> None:
        """Trains and prints what came of it."""
        bounds.bound_this_process()
        training = apart.carry_out(options["training"], clock=clock.now)
        self.stdout.write(f"{training.outcome}: {training.reason}")
