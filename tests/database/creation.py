"""This module migrates once for each state of the migrations; every test run begins with a copy of that database."""

import hashlib
from pathlib import Path

from django.core.management import call_command
from django.db.backends.postgresql import creation

ROOT = Path(__file__).resolve().parents[2]
_LOCK = 20260528  # whoever comes while one migrates waits for it
_UNFINISHED = "being_migrated"


class DatabaseCreation(creation.DatabaseCreation):
    """Django's, with a template that holds the tables already."""

    def _create_test_db(self, verbosity, autoclobber, keepdb=False):
        self.connection.settings_dict["TEST"]["TEMPLATE"] = self._migrated()
        return super()._create_test_db(verbosity, autoclobber, keepdb)

    def _migrated(self):
        name = f"migrated_{_state_of_migrations()}"
        with self._nodb_cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
            cursor.execute("SELECT datname FROM pg_database WHERE datname ~ '^migrated_|^being_migrated$'")
            found = {row[0] for row in cursor.fetchall()}
            if name not in found:
                for old in found:
                    cursor.execute(f"DROP DATABASE {old}")
                cursor.execute(f"CREATE DATABASE {_UNFINISHED}")
                self._migrate(_UNFINISHED)
                cursor.execute(f"ALTER DATABASE {_UNFINISHED} RENAME TO {name}")
        return name

    def _migrate(self, name):
        place = self.connection.settings_dict
        before = place["NAME"]
        self.connection.close()
        place["NAME"] = name
        try:
            call_command("migrate", verbosity=0, interactive=False)
        finally:
            self.connection.close()
            place["NAME"] = before


def _state_of_migrations():
    files = [
        ROOT / "requirements.txt",
        *sorted(ROOT.glob("*/migrations/*.py")),
        *sorted(ROOT.glob("hypercare/*/migrations/*.py")),
    ]
    return hashlib.sha256(b"".join(hashlib.sha256(file.read_bytes()).digest() for file in files)).hexdigest()[:16]
