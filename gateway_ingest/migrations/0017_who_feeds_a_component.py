"""What says which source feeds a component, and hours of the week that are known from a heartbeat's first day on."""

import django.db.models.deletion
from django.db import migrations, models

# Until now hours were noted only once a long silence had ended; who is known without one was heard in all of them.
HEARD = "UPDATE gateway_ingest_heartbeat SET hours = repeat('h', 168) WHERE hours = '' AND NOT declared AND gaps >= 20"


class Migration(migrations.Migration):
    dependencies = [
        ("gateway_ingest", "0016_one_index_for_each_beginning"),
    ]

    operations = [
        migrations.CreateModel(
            name="Feed",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "source", "kind", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("latest_at", models.DateTimeField()),
                (
                    "kind",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="feeds",
                        to="gateway_ingest.callkind",
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="feeds",
                        to="gateway_ingest.source",
                    ),
                ),
            ],
        ),
        migrations.RunSQL(HEARD, migrations.RunSQL.noop),
    ]
