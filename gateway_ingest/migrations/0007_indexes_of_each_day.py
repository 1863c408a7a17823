"""Each day's calls get indexes of their own, so that a day that is over can have smaller ones."""

from django.db import migrations

EACH_DAY = """
DO $$
DECLARE day text;
BEGIN
    FOR day IN SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'gateway_ingest_call'::regclass LOOP
        EXECUTE format('CREATE INDEX %I ON %I USING hash (trace_id) '
            'WHERE trace_id <> ''00000000-0000-0000-0000-000000000000''', day || '_trace', day);
        EXECUTE format('CREATE INDEX %I ON %I USING hash (request_id) '
            'WHERE request_id <> ''00000000-0000-0000-0000-000000000000''', day || '_request', day);
    END LOOP;
END $$;
DROP INDEX gateway_ingest_call_trace;
DROP INDEX gateway_ingest_call_request;
"""
FOR_ALL = """
DO $$
DECLARE day text;
BEGIN
    FOR day IN SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'gateway_ingest_call'::regclass LOOP
        EXECUTE format('DROP INDEX IF EXISTS %I, %I, %I, %I',
            day || '_trace', day || '_request', day || '_trace_closed', day || '_request_closed');
    END LOOP;
END $$;
CREATE INDEX gateway_ingest_call_trace ON gateway_ingest_call USING hash (trace_id)
    WHERE trace_id <> '00000000-0000-0000-0000-000000000000';
CREATE INDEX gateway_ingest_call_request ON gateway_ingest_call USING hash (request_id)
    WHERE request_id <> '00000000-0000-0000-0000-000000000000';
"""


class Migration(migrations.Migration):
    dependencies = [("gateway_ingest", "0006_notes_for_windows")]

    operations = [migrations.RunSQL(EACH_DAY, FOR_ALL)]
