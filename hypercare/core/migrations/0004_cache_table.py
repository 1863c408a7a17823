"""A table for Django's cache: counters of sign-in attempts that all web processes share and that need no broker."""

from django.db import migrations

FORWARD = """
CREATE UNLOGGED TABLE core_cache (
    cache_key varchar(255) PRIMARY KEY,
    value text NOT NULL,
    expires timestamp with time zone NOT NULL
);
CREATE INDEX core_cache_expires ON core_cache (expires);
"""

BACKWARD = "DROP TABLE core_cache;"


class Migration(migrations.Migration):
    """Reversible; unlogged, since a lost counter harms nobody."""

    dependencies = [("core", "0003_hard_end_after_planned")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
