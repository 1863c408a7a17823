"""What a delivery adds to windows waits in a table of its own until it is brought in, many deliveries at once."""

import django.db.models.deletion
from django.db import migrations, models

# Rows come and go all the time: a vacuum by their share of the table would come too late.
VACUUM = """
ALTER TABLE gateway_ingest_windowpart
    SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000, autovacuum_analyze_scale_factor = 0)
"""


class Migration(migrations.Migration):
    dependencies = [
        ("gateway_ingest", "0005_numbers_that_rules_need"),
    ]

    operations = [
        migrations.CreateModel(
            name="WindowPart",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("duration_sum", models.BigIntegerField(null=True)),
                ("input_tokens", models.BigIntegerField(null=True)),
                ("output_tokens", models.BigIntegerField(null=True)),
                ("cost", models.BigIntegerField(null=True)),
                ("calls", models.IntegerField(null=True)),
                ("errors", models.IntegerField(null=True)),
                ("unavailable", models.IntegerField(null=True)),
                ("malformed", models.IntegerField(null=True)),
                ("limited", models.IntegerField(null=True)),
                ("refused", models.IntegerField(null=True)),
                ("provider_errors", models.IntegerField(null=True)),
                ("flagged", models.IntegerField(null=True)),
                ("forgot", models.IntegerField(null=True)),
                ("helpful", models.IntegerField(null=True)),
                ("unhelpful", models.IntegerField(null=True)),
                ("latencies", models.BinaryField(null=True)),
                ("first_bytes", models.BinaryField(null=True)),
                ("consumers", models.BinaryField(null=True)),
                (
                    "kind",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="gateway_ingest.callkind",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.RunSQL(VACUUM, migrations.RunSQL.noop),
    ]
