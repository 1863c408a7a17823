"""This module is the product's settings on services and a database of this run's own, with cheap password hashing."""

import os
from pathlib import Path

from hypercare import embedded

_HOME = Path(__file__).resolve().parents[1] / "var" / "test"
os.environ["HYPERCARE_HOME"] = str(_HOME)
os.environ.setdefault("HYPERCARE_TEST_RUN", str(os.getpid()))
embedded.attach(_HOME, durable=False)  # the addresses must be known before the product's settings read them

from hypercare.settings import *  # noqa: E402, F403
from hypercare.settings import DATABASES  # noqa: E402

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
DATABASES["default"]["TEST"] = {"NAME": f"test_{os.environ['HYPERCARE_TEST_RUN']}"}
