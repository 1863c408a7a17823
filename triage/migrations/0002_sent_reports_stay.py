"""A sent report refuses change: a trigger raises on UPDATE and DELETE of a row whose `sent_at` is set."""

from django.db import migrations

FORWARD = """
CREATE TRIGGER sent_report_is_immutable BEFORE UPDATE OR DELETE ON triage_statusreport
    FOR EACH ROW WHEN (OLD.sent_at IS NOT NULL) EXECUTE FUNCTION refuse_change();
"""
BACKWARD = "DROP TRIGGER sent_report_is_immutable ON triage_statusreport;"


class Migration(migrations.Migration):
    """Reversible."""

    dependencies = [("triage", "0001_first_tables"), ("core", "0002_append_only_timeline")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
