"""This module tests that migrations are complete, named by hand and reversible."""

import re
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

from gateway_ingest import call_kinds, feeds

ROOT = Path(__file__).resolve().parents[2]
APPS = ("core", "feedback", "gateway_ingest", "triage")


@pytest.mark.django_db
def test_no_change_of_a_model_lacks_its_migration():
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)


def test_migrations_are_named_in_words():
    loader = MigrationLoader(None)
    names = [name for app, name in loader.disk_migrations if app in APPS]
    assert names
    assert [name for name in names if re.search(r"_auto_|_initial$|\d{8}", name)] == []


def test_every_operation_can_be_undone():
    loader = MigrationLoader(None)
    stuck = [
        f"{app}.{name}"
        for (app, name), migration in loader.disk_migrations.items()
        if app in APPS and not all(operation.reversible for operation in migration.operations)
    ]
    assert stuck == []


def test_joined_migrations_make_the_same_tables_as_those_they_replace():
    """A copy that stopped between two of the old ones goes on with them; all others take one step."""
    short, long = MigrationLoader(None), MigrationLoader(None, replace_migrations=False)
    joined = {key: migration for key, migration in short.disk_migrations.items() if migration.replaces}
    assert {app for app, _name in joined} == set(APPS)
    left = {key for key in long.disk_migrations if key[0] in APPS and key not in joined}
    for migration in joined.values():
        last = migration.replaces[-1]
        assert set(migration.replaces) == {key for key in left if key[0] == last[0] and key[1] <= last[1]}
    old = long.project_state([migration.replaces[-1] for migration in joined.values()])
    new = short.project_state(list(joined))
    assert MigrationAutodetector(old, new).changes(graph=short.graph) == {}


@pytest.mark.timeout(900)  # stopped half way it would leave all others without tables
@pytest.mark.django_db(transaction=True)
def test_migrating_down_to_nothing_and_up_again_works():
    executor = MigrationExecutor(connection)
    ours = [key for key in executor.loader.graph.leaf_nodes() if key[0] in ("triage", "gateway_ingest", "feedback")]
    try:
        executor.migrate([(app, None) for app, _name in ours])
        tables = connection.introspection.table_names()
        assert [name for name in tables if name.startswith(("triage_", "gateway_ingest_", "feedback_"))] == []
    finally:
        executor = MigrationExecutor(connection)
        executor.migrate(executor.loader.graph.leaf_nodes())
        call_kinds.forget()  # sources are numbered from one again
        feeds.forget()
