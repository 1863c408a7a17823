"""Rules as rows of each launch, where their keys stand, what they found, and what is usual."""

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models

# The watch reads the newest minutes of all kinds at once, and the newest calls of one consumer: a block range index
# costs calls nothing, as they come in the order of time.
INDEXES = """
CREATE INDEX gateway_ingest_window_at ON gateway_ingest_window (at);
CREATE INDEX gateway_ingest_call_at ON gateway_ingest_call USING brin (at) WITH (autosummarize = on, pages_per_range = 32);
"""
NO_INDEXES = "DROP INDEX gateway_ingest_window_at; DROP INDEX gateway_ingest_call_at"


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0006_maintenance_windows"),
        ("gateway_ingest", "0010_rule_outcomes"),
    ]

    operations = [
        migrations.CreateModel(
            name="Rule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=40)),
                ("armed", models.BooleanField(default=True)),
                ("steps", models.JSONField()),
                ("minutes", models.PositiveIntegerField()),
                ("least", models.PositiveIntegerField()),
                ("clear_at", models.FloatField()),
                ("clear_minutes", models.PositiveIntegerField()),
                ("version", models.PositiveIntegerField(default=1)),
                ("changed_at", models.DateTimeField()),
                (
                    "launch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="rules", to="core.launch"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Firing",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=640)),
                ("began_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "severity",
                    models.CharField(
                        choices=[
                            ("critical", "Critical"),
                            ("high", "High"),
                            ("warning", "Warning"),
                            ("info", "Info"),
                            ("low", "Low"),
                        ],
                        max_length=10,
                    ),
                ),
                ("value", models.FloatField()),
                ("limit", models.FloatField()),
                ("usual", models.FloatField(blank=True, null=True)),
                ("suppressed", models.BooleanField(default=False)),
                (
                    "alert",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="firings",
                        to="gateway_ingest.alert",
                    ),
                ),
                (
                    "rule",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="firings", to="gateway_ingest.rule"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RuleState",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=640)),
                ("state", models.JSONField()),
                ("firing", models.BooleanField()),
                (
                    "rule",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="states", to="gateway_ingest.rule"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SeriesMemory",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("component", models.CharField(max_length=200)),
                ("series", models.CharField(max_length=16)),
                ("memory", models.BinaryField()),
                ("until", models.DateTimeField()),
                ("score", models.FloatField(default=0.0)),
                (
                    "launch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="series_memories", to="core.launch"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="TrafficTarget",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "p95_ms",
                    models.FloatField(
                        blank=True,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(1)],
                        verbose_name="95th percentile in milliseconds",
                    ),
                ),
                (
                    "daily_budget",
                    models.FloatField(
                        blank=True,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(0.01)],
                        verbose_name="budget a day",
                    ),
                ),
                (
                    "component",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="traffic_targets",
                        to="core.component",
                    ),
                ),
                (
                    "launch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="traffic_targets", to="core.launch"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="TrafficWatch",
            fields=[
                (
                    "launch",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="traffic_watch",
                        serialize=False,
                        to="core.launch",
                    ),
                ),
                ("looked_until", models.DateTimeField()),
                ("learned_until", models.DateTimeField(blank=True, null=True)),
                (
                    "source",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="traffic_watch",
                        to="gateway_ingest.source",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Baseline",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "launch", "per", "key", "hour", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("per", models.CharField(max_length=16)),
                ("key", models.CharField(max_length=640)),
                ("hour", models.DateTimeField()),
                ("calls", models.FloatField()),
                ("malformed", models.FloatField()),
                ("refused", models.FloatField()),
                ("tokens_a_call", models.FloatField(null=True)),
                ("p95_ms", models.FloatField(null=True)),
                (
                    "launch",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="baselines",
                        to="core.launch",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["launch", "hour"], name="baselines_by_hour")],
            },
        ),
        migrations.CreateModel(
            name="Heartbeat",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(blank=True, max_length=80)),
                ("last_at", models.DateTimeField()),
                ("interval", models.FloatField()),
                ("declared", models.BooleanField(default=False)),
                ("gaps", models.PositiveIntegerField(default=0)),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="heartbeats",
                        to="gateway_ingest.source",
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("source", "name"), name="heartbeat_once_per_name")],
            },
        ),
        migrations.AddConstraint(
            model_name="rule",
            constraint=models.UniqueConstraint(fields=("launch", "name"), name="rule_once_per_launch"),
        ),
        migrations.AddIndex(
            model_name="firing",
            index=models.Index(fields=["rule", "-began_at"], name="firings_newest"),
        ),
        migrations.AddIndex(
            model_name="firing",
            index=models.Index(condition=models.Q(("ended_at", None)), fields=["rule", "key"], name="firings_open"),
        ),
        migrations.AddConstraint(
            model_name="firing",
            constraint=models.UniqueConstraint(fields=("rule", "key", "began_at"), name="firing_once"),
        ),
        migrations.AddConstraint(
            model_name="rulestate",
            constraint=models.UniqueConstraint(fields=("rule", "key"), name="state_once_per_key"),
        ),
        migrations.AddConstraint(
            model_name="seriesmemory",
            constraint=models.UniqueConstraint(fields=("launch", "component", "series"), name="memory_once_per_series"),
        ),
        migrations.AddConstraint(
            model_name="traffictarget",
            constraint=models.UniqueConstraint(
                fields=("launch", "component"), name="target_once_per_component", nulls_distinct=False
            ),
        ),
        migrations.RunSQL(INDEXES, NO_INDEXES),
    ]
