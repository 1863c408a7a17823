"""What tells our own absence, late hours and quiet series from trouble."""

import django.db.models.deletion
from django.db import migrations, models

HEARD = "UPDATE gateway_ingest_seriesmemory SET heard_at = until"


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0006_maintenance_windows"),
        ("gateway_ingest", "0011_rules_and_baselines"),
    ]

    operations = [
        migrations.CreateModel(
            name="LearnedHour",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "launch", "at", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("at", models.DateTimeField()),
                ("calls", models.BigIntegerField()),
                (
                    "launch",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="learned_hours",
                        to="core.launch",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Absence",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("begins_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                (
                    "launch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="absences", to="core.launch"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("ends_at__gt", models.F("begins_at"))), name="absence_ends_after_it_begins"
                    ),
                    models.UniqueConstraint(fields=("launch", "begins_at"), name="absence_once"),
                ],
            },
        ),
        migrations.AddField(
            model_name="heartbeat",
            name="hours",
            field=models.CharField(blank=True, db_default="", default="", max_length=168),
        ),
        migrations.AddField(
            model_name="heartbeat",
            name="steady_since",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="seriesmemory",
            name="heard_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.RunSQL(HEARD, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="seriesmemory",
            name="heard_at",
            field=models.DateTimeField(),
        ),
    ]
