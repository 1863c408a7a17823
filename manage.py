#!/usr/bin/env python
"""This module runs one management command, with the services of this copy found or started for its duration."""

import os
import signal
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

from hypercare import embedded
from hypercare.management.stopping import stopping

# Commands that look at code only.
NEED_NOTHING = {
    "help",
    "version",
    "diffsettings",
    "makemessages",
    "compilemessages",
    "collectstatic",
    "findstatic",
    "ship_log",
}
ASK_FOR_HELP = {"-h", "--help", "--version"}


def main(arguments: list[str]) -> None:
    """Prepares the environment that the settings read, then hands over to Django."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hypercare.settings")
    # So that a command that is told to end still gives back the services it started.
    signal.signal(signal.SIGTERM, stopping)
    command = arguments[1] if len(arguments) > 1 else "help"
    try:
        if command not in NEED_NOTHING and not ASK_FOR_HELP.intersection(arguments):
            embedded.attach()
        execute_from_command_line(arguments)
    except (embedded.ServiceProblem, ImproperlyConfigured) as problem:
        sys.exit(f"Error: {problem}")
    except KeyboardInterrupt:
        sys.exit(stopping.exit_code)


if __name__ == "__main__":
    main(sys.argv)
