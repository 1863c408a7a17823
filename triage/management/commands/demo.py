"""This module is `manage.py demo`: loads the sample launch, or plays its story live beside a running copy."""

import signal
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from hypercare.core import clock
from triage.demo import replay, sign_ins, stage, traffic
from triage.demo.story import read_story

HOUR_SECONDS = 3600.0


class Command(BaseCommand):
    """The sample launch."""

    help = "Load the sample launch (--seed) or play the live part of its story (--replay)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Names what can be chosen."""
        chosen = parser.add_mutually_exclusive_group(required=True)
        chosen.add_argument("--seed", action="store_true", help="load the launch and its past days, once")
        chosen.add_argument("--replay", action="store_true", help="play what happens today, at its own pace")

    def handle(self, *_args: Any, seed: bool, **_options: Any) -> None:
        """Does the one or the other."""
        if seed:
            self._seed()
        else:
            self._replay()

    def _seed(self) -> None:
        story = read_story()
        if stage.find(story) is None:
            # The text model needs seconds to be imported, and only the first start needs it.
            from triage.demo.seed import seed  # noqa: PLC0415

            self._say(_("Loading the sample launch (once; about half a minute)"))
            seed(story, now=clock.now(), say=self._say)
        for line in sign_ins.lines(story, sign_ins.ensure_password(story)):
            self._say(line)

    def _replay(self) -> None:
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        the_stage = stage.find(read_story())
        if the_stage is None:
            raise CommandError(_("The sample launch is not loaded; run manage.py demo --seed first."))
        calls = traffic.LiveTraffic(the_stage)
        try:
            replay.replay(
                the_stage, place=replay.Place.of(the_stage), clock=clock.now, say=self._say, sleep=calls.sleep
            )
            self._say(_("The story has ended; only the traffic of the sample launch goes on."))
            while True:
                calls.sleep(HOUR_SECONDS)
        except KeyboardInterrupt:
            return

    def _say(self, sentence: str) -> None:
        self.stdout.write(sentence)
        self.stdout.flush()
