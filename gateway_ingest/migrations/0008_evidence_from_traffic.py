"""Traffic by the hour, error types in kinds, uploaded API descriptions and what was found near reports."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

MARK_WHAT_IS_THERE = """
INSERT INTO gateway_ingest_hourmark (launch_id, at)
SELECT DISTINCT k.launch_id, date_trunc('hour', w.at) FROM gateway_ingest_window w
JOIN gateway_ingest_callkind k ON k.id = w.kind_id
"""


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0005_longer_subjects"),
        ("feedback", "0002_count_not_looked_at"),
        ("gateway_ingest", "0007_indexes_of_each_day"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ApiDescription",
            fields=[
                (
                    "component",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="api_descriptions",
                        to="core.component",
                    ),
                ),
                (
                    "launch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="api_descriptions", to="core.launch"
                    ),
                ),
                (
                    "uploaded_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("title", models.CharField(max_length=200)),
                ("version", models.CharField(blank=True, max_length=80)),
                ("operations", models.JSONField(default=list)),
                ("uploaded_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Hour",
            fields=[
                (
                    "kind",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="hours",
                        to="gateway_ingest.callkind",
                    ),
                ),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "kind", "at", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("at", models.DateTimeField()),
                ("duration_sum", models.BigIntegerField(default=0)),
                ("input_tokens", models.BigIntegerField(default=0)),
                ("output_tokens", models.BigIntegerField(default=0)),
                ("cost", models.BigIntegerField(default=0)),
                ("calls", models.BigIntegerField(default=0)),
                ("errors", models.BigIntegerField(default=0)),
                ("unavailable", models.BigIntegerField(default=0)),
                ("malformed", models.BigIntegerField(default=0)),
                ("limited", models.BigIntegerField(default=0)),
                ("refused", models.BigIntegerField(default=0)),
                ("provider_errors", models.BigIntegerField(default=0)),
                ("flagged", models.BigIntegerField(default=0)),
                ("forgot", models.BigIntegerField(default=0)),
                ("helpful", models.BigIntegerField(default=0)),
                ("unhelpful", models.BigIntegerField(default=0)),
                ("latencies", models.BinaryField(default=b"")),
                ("first_bytes", models.BinaryField(default=b"")),
                ("consumers", models.BinaryField(default=b"")),
            ],
        ),
        migrations.CreateModel(
            name="HourMark",
            fields=[
                (
                    "launch",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="core.launch"
                    ),
                ),
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="MinuteOfLaunch",
            fields=[
                (
                    "launch",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="minutes_of_calls",
                        to="core.launch",
                    ),
                ),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "launch", "at", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("at", models.DateTimeField()),
                ("consumers", models.BinaryField()),
            ],
        ),
        migrations.CreateModel(
            name="HourOfLaunch",
            fields=[
                (
                    "launch",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="hours_of_calls",
                        to="core.launch",
                    ),
                ),
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("calls", models.BigIntegerField(default=0)),
                ("consumers", models.BinaryField(default=b"")),
            ],
        ),
        migrations.CreateModel(
            name="KeptEvidence",
            fields=[
                (
                    "feedback",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="kept_evidence",
                        serialize=False,
                        to="feedback.feedback",
                    ),
                ),
                ("pieces", models.JSONField(default=list)),
                ("sought_at", models.DateTimeField()),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="callkind",
            name="call_kind_once",
        ),
        migrations.AddField(
            model_name="callkind",
            name="error_type",
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddConstraint(
            model_name="callkind",
            constraint=models.UniqueConstraint(
                fields=(
                    "launch",
                    "hint",
                    "method",
                    "route",
                    "status_class",
                    "release",
                    "consumer_class",
                    "provider",
                    "model",
                    "prompt_version",
                    "scheme",
                    "error_format",
                    "error_type",
                ),
                name="call_kind_once",
            ),
        ),
        migrations.AddIndex(
            model_name="hourmark",
            index=models.Index(fields=["launch", "at"], name="hour_marks"),
        ),
        migrations.AddIndex(
            model_name="hourmark",
            index=models.Index(fields=["at"], name="hour_marks_by_age"),
        ),
        migrations.AddConstraint(
            model_name="houroflaunch",
            constraint=models.UniqueConstraint(fields=("launch", "at"), name="hour_once_per_launch"),
        ),
        migrations.RunSQL(MARK_WHAT_IS_THERE, migrations.RunSQL.noop),
    ]
