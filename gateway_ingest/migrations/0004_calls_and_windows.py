"""Calls in daily partitions, the kinds they share, and minute windows that stay when the calls are gone."""

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models

CALLS = """
CREATE TABLE gateway_ingest_call (
    at timestamptz NOT NULL,
    cost bigint NOT NULL,
    consumer bigint NOT NULL,
    trace_id uuid NOT NULL,
    request_id uuid NOT NULL,
    duration integer NOT NULL,
    upstream integer NOT NULL,
    first_byte integer NOT NULL,
    sent_bytes integer NOT NULL,
    input_tokens integer NOT NULL,
    output_tokens integer NOT NULL,
    kind integer NOT NULL,
    detail integer NOT NULL,
    status smallint NOT NULL,
    flags smallint NOT NULL,
    request_name text NOT NULL
) PARTITION BY RANGE (at);
CREATE INDEX gateway_ingest_call_trace ON gateway_ingest_call USING hash (trace_id)
    WHERE trace_id <> '00000000-0000-0000-0000-000000000000';
CREATE INDEX gateway_ingest_call_request ON gateway_ingest_call USING hash (request_id)
    WHERE request_id <> '00000000-0000-0000-0000-000000000000';
CREATE INDEX gateway_ingest_call_consumer ON gateway_ingest_call (consumer) WHERE consumer <> 0;
ALTER TABLE gateway_ingest_window SET (fillfactor = 80);
"""


class Migration(migrations.Migration):
    dependencies = [("core", "0001_first_tables"), ("gateway_ingest", "0003_mappings_signatures_and_replays")]

    operations = [
        migrations.CreateModel(
            name="CallRetention",
            fields=[
                (
                    "launch",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="call_retention",
                        serialize=False,
                        to="core.launch",
                    ),
                ),
                (
                    "keep_days",
                    models.PositiveSmallIntegerField(
                        default=14,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(400),
                        ],
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Backfill",
            fields=[
                (
                    "source",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="backfill",
                        serialize=False,
                        to="gateway_ingest.source",
                    ),
                ),
                ("until", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="CallKind",
            fields=[
                ("id", models.AutoField(primary_key=True, serialize=False)),
                ("hint", models.CharField(blank=True, max_length=200)),
                ("method", models.CharField(blank=True, max_length=20)),
                ("route", models.CharField(blank=True, max_length=200)),
                ("status_class", models.PositiveSmallIntegerField()),
                ("release", models.CharField(blank=True, max_length=200)),
                ("consumer_class", models.CharField(blank=True, max_length=12)),
                ("provider", models.CharField(blank=True, max_length=200)),
                ("model", models.CharField(blank=True, max_length=200)),
                ("prompt_version", models.CharField(blank=True, max_length=200)),
                (
                    "component",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="call_kinds",
                        to="core.component",
                    ),
                ),
                (
                    "launch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="call_kinds", to="core.launch"
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="callkind",
            constraint=models.UniqueConstraint(
                fields=(
                    *("launch", "hint", "method", "route", "status_class", "release", "consumer_class"),
                    *("provider", "model", "prompt_version"),
                ),
                name="call_kind_once",
            ),
        ),
        migrations.CreateModel(
            name="CallDetail",
            fields=[
                ("id", models.AutoField(primary_key=True, serialize=False)),
                ("host", models.CharField(blank=True, max_length=200)),
                ("answered_model", models.CharField(blank=True, max_length=200)),
                ("error_type", models.CharField(blank=True, max_length=200)),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="call_details",
                        to="gateway_ingest.source",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="calldetail",
            constraint=models.UniqueConstraint(
                fields=("source", "host", "answered_model", "error_type"), name="call_detail_once"
            ),
        ),
        migrations.CreateModel(
            name="Window",
            fields=[
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
                ("calls", models.IntegerField(default=0)),
                ("errors", models.IntegerField(default=0)),
                ("limited", models.IntegerField(default=0)),
                ("refused", models.IntegerField(default=0)),
                ("flagged", models.IntegerField(default=0)),
                ("latencies", models.BinaryField(default=b"")),
                ("first_bytes", models.BinaryField(default=b"")),
                ("consumers", models.BinaryField(default=b"")),
                (
                    "kind",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="windows",
                        to="gateway_ingest.callkind",
                    ),
                ),
            ],
        ),
        migrations.RunSQL(CALLS, "DROP TABLE gateway_ingest_call"),
    ]
