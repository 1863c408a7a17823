"""An old key works on for a while, repeated deliveries are counted, and an alert knows when its end was heard."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("gateway_ingest", "0001_first_tables")]

    operations = [
        migrations.AddField(
            "source",
            "old_digest",
            models.CharField(blank=True, db_index=True, default="", max_length=64),
            preserve_default=False,
        ),
        migrations.AddField("source", "old_until", models.DateTimeField(blank=True, null=True)),
        migrations.AddField("source", "repeats", models.PositiveIntegerField(default=0)),
        migrations.AddField("alert", "resolved_at", models.DateTimeField(blank=True, null=True)),
    ]
