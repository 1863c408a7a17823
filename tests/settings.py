"""This module is the product's settings on services and a database of this run's own, with cheap password hashing."""

import atexit
import os
import shutil
from pathlib import Path

from hypercare import embedded

_HOME = Path(__file__).resolve().parents[1] / "var" / "test"
os.environ["HYPERCARE_HOME"] = str(_HOME)
os.environ.setdefault("HYPERCARE_TEST_RUN", str(os.getpid()))
_RUN = f"{os.environ['HYPERCARE_TEST_RUN']}{os.environ.get('PYTEST_XDIST_WORKER', '')}"
# One broker serves every run on this machine; what one tells is heard only in it and by the server it starts.
os.environ["HYPERCARE_CHANNEL_PREFIX"] = os.environ.get("HYPERCARE_HEARD_BY") or f"hc_{_RUN}"
embedded.attach(_HOME, durable=False)  # the addresses must be known before the product's settings read them

from hypercare.settings import *  # noqa: E402, F403
from hypercare.settings import DATABASES, MODELS_HOME  # noqa: E402

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
DATABASES["default"]["ENGINE"] = "tests.database"
DATABASES["default"]["TEST"] = {"NAME": f"test_{os.environ['HYPERCARE_TEST_RUN']}"}
# A model's number is its database's, so runs side by side must not share the files.
MODELS_HOME = MODELS_HOME / _RUN
atexit.register(shutil.rmtree, MODELS_HOME, ignore_errors=True)
