"""How many consumers an issue reached, measured in traffic."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("triage", "0003_assessments_by_writing_order"),
    ]

    operations = [
        migrations.CreateModel(
            name="MeasuredReach",
            fields=[
                (
                    "issue",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="measured_reach",
                        serialize=False,
                        to="triage.issue",
                    ),
                ),
                ("value", models.PositiveIntegerField()),
                ("of", models.PositiveIntegerField()),
                ("method", models.CharField(max_length=24)),
                ("error", models.FloatField(default=0)),
                ("calls", models.PositiveBigIntegerField(default=0)),
                ("signatures", models.JSONField(default=list)),
                ("begins", models.DateTimeField()),
                ("ends", models.DateTimeField()),
                ("measured_at", models.DateTimeField()),
            ],
        ),
    ]
