"""Which firings were noise, and why."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("gateway_ingest", "0009_sources_page"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="RuleOutcome",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("episode", models.PositiveIntegerField()),
                ("rule", models.CharField(blank=True, max_length=300)),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("known", "Known already"),
                            ("duplicate", "Said twice"),
                            ("flapping", "Comes and goes"),
                            ("not_actionable", "Nothing to be done"),
                            ("false_positive", "Nothing was wrong"),
                            ("too_tight", "Threshold too tight"),
                            ("poor_details", "Does not say enough"),
                            ("test", "Only a test"),
                            ("transient", "Went away by itself"),
                        ],
                        max_length=16,
                    ),
                ),
                ("at", models.DateTimeField()),
                (
                    "actor",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "alert",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="outcomes", to="gateway_ingest.alert"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("alert", "episode"), name="outcome_once_per_episode"),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "reason__in",
                                [
                                    "known",
                                    "duplicate",
                                    "flapping",
                                    "not_actionable",
                                    "false_positive",
                                    "too_tight",
                                    "poor_details",
                                    "test",
                                    "transient",
                                ],
                            )
                        ),
                        name="outcome_reason_known",
                    ),
                ],
            },
        ),
    ]
