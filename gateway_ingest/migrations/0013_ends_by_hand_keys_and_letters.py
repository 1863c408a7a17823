"""People end alerts, a source keeps every earlier key until its own end, letters are counted and known as cut, topics are named."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

KEEP_EARLIER_KEYS = """INSERT INTO gateway_ingest_earlierkey (source_id, digest, hint, until)
SELECT id, old_digest, '', old_until FROM gateway_ingest_source WHERE old_digest <> '' AND old_until IS NOT NULL
ON CONFLICT DO NOTHING"""
KEEP_ONE_EARLIER_KEY = """UPDATE gateway_ingest_source AS source SET old_digest = known.digest, old_until = known.until
FROM (SELECT DISTINCT ON (source_id) source_id, digest, until FROM gateway_ingest_earlierkey
      ORDER BY source_id, until DESC) AS known WHERE known.source_id = source.id"""
# A letter that was cut ends in an ellipsis that stands after the longest text that is kept.
MARK_CUT_LETTERS = """UPDATE gateway_ingest_deadletter SET truncated = true
WHERE right(body, 1) = '…' AND length(body) > 60000"""
NAME_CONFIRMED_TOPICS = """UPDATE gateway_ingest_source AS source SET topics = known.topics
FROM (SELECT source_id, array_agg(DISTINCT topic) AS topics FROM gateway_ingest_topicsubscription
      WHERE handled_at IS NOT NULL AND outcome = '' GROUP BY source_id) AS known WHERE known.source_id = source.id"""
# Certificates are fetched anew, since only now it is checked who issued them.
FETCH_CERTIFICATES_ANEW = "DELETE FROM gateway_ingest_signingcertificate"


class Migration(migrations.Migration):
    dependencies = [
        ("gateway_ingest", "0012_absences_and_hours_learned_anew"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="EarlierKey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("hint", models.CharField(max_length=12)),
                ("until", models.DateTimeField()),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="earlier_keys",
                        to="gateway_ingest.source",
                    ),
                ),
            ],
            options={"ordering": ["until"]},
        ),
        migrations.AddField(
            model_name="alertchange",
            name="ended_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="alertchange",
            name="reason",
            field=models.CharField(blank=True, db_default="", default="", max_length=300),
        ),
        migrations.AddField(
            model_name="deadletter",
            name="truncated",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="deadletter",
            name="refusal",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="deadletter",
            name="count",
            field=models.PositiveIntegerField(db_default=1, default=1),
        ),
        migrations.AddField(
            model_name="source",
            name="topics",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=300), blank=True, db_default=[], default=list, size=None
            ),
        ),
        migrations.RunSQL(KEEP_EARLIER_KEYS, KEEP_ONE_EARLIER_KEY),
        migrations.RunSQL(MARK_CUT_LETTERS, migrations.RunSQL.noop),
        migrations.RunSQL(NAME_CONFIRMED_TOPICS, migrations.RunSQL.noop),
        migrations.RunSQL(FETCH_CERTIFICATES_ANEW, migrations.RunSQL.noop),
    ]
