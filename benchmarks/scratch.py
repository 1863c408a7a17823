"""This module lends a benchmark a home and a database of its own, gone when the process ends."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from hypercare import embedded


def temporary_home() -> Path:
    """A folder that is removed at the end of the process, after the services in it have stopped."""
    home = Path(tempfile.mkdtemp(prefix="hypercare-benchmark-"))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    return home


def set_up_product() -> None:
    """Starts durable services of this process's own and prepares Django on an empty, migrated database."""
    for name in ("DATABASE_URL", "REDIS_URL"):
        os.environ.pop(name, None)
    embedded.attach(temporary_home())
    os.environ["DJANGO_SETTINGS_MODULE"] = "hypercare.settings"
    os.environ.setdefault("HYPERCARE_LOG_LEVEL", "WARNING")
    # The settings read the addresses when they are first imported.
    import django  # noqa: PLC0415
    from django.core.management import call_command  # noqa: PLC0415

    django.setup()
    call_command("migrate", verbosity=0, interactive=False)
