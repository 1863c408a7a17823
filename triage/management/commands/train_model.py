"""This module is the command that trains the text model and prints how good it is on texts it had not seen."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from hypercare.core import clock
from triage.classify.corpus import FOLDER
from triage.classify.train import ensure_model


class Command(BaseCommand):
    """Trains the text model when it is missing, or again with --force."""

    help = "Trains the text model from the seed corpus and prints its figures."

    def add_arguments(self, parser: CommandParser) -> None:
        """Adds --force and --corpus."""
        parser.add_argument("--force", action="store_true", help="train a new version although a good one is here")
        parser.add_argument("--corpus", type=Path, default=FOLDER, help="a folder with one CSV file for each category")

    def handle(self, **options: Any) -> None:
        """Trains or finds the model."""
        version = ensure_model(now=clock.now(), force=options["force"], corpus=options["corpus"], say=self.stdout.write)
        if not version.path:
            raise CommandError(
                f"Text model {version.number} is learned, and its file cannot be written: {version.reason}."
            )
        self.stdout.write(f"Text model {version.number} is ready.")
        self.stdout.write(json.dumps(version.figures))
