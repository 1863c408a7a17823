"""The timeline refuses change: a trigger raises on UPDATE and DELETE. Text search extensions come in here too."""

from django.db import migrations

FORWARD = """
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS vector;
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are never changed or deleted', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER timeline_is_append_only BEFORE UPDATE OR DELETE ON core_timelineentry
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""

BACKWARD = """
DROP TRIGGER timeline_is_append_only ON core_timelineentry;
DROP FUNCTION refuse_change();
"""


class Migration(migrations.Migration):
    """Reversible; the extensions stay, since other databases' objects may use them."""

    dependencies = [("core", "0001_first_tables")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
