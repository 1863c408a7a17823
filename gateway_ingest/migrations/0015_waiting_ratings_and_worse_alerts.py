"""Ratings wait for their calls, what never came is counted, and an alert's change says how bad it became."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("gateway_ingest", "0014_one_place_for_earlier_keys"),
    ]

    operations = [
        migrations.AddField(
            model_name="alertchange",
            name="severity",
            field=models.CharField(
                blank=True,
                choices=[
                    ("critical", "Critical"),
                    ("high", "High"),
                    ("warning", "Warning"),
                    ("info", "Info"),
                    ("low", "Low"),
                ],
                db_default="",
                default="",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="source",
            name="lost_ratings",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.CreateModel(
            name="WaitingRating",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("response", models.UUIDField()),
                ("flags", models.PositiveSmallIntegerField()),
                ("at", models.DateTimeField()),
                ("delivery", models.CharField(max_length=100)),
                ("received_at", models.DateTimeField()),
                ("look_at", models.DateTimeField()),
                (
                    "source",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="waiting_ratings",
                        to="gateway_ingest.source",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["look_at"], name="waiting_ratings_by_look"),
                    models.Index(fields=["source", "delivery"], name="waiting_ratings_by_delivery"),
                ],
            },
        ),
    ]
