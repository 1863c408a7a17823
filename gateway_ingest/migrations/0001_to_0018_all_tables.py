"""The tables of what machines say; calls in daily partitions, whose minute windows stay when the calls are gone."""

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# Each day gets hash indexes of trace and request of its own, so that a day that is over can have smaller ones. The watch
# reads the newest calls of one consumer: a block range index costs calls nothing, as they come in the order of time.
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
CREATE INDEX gateway_ingest_call_consumer ON gateway_ingest_call (consumer) WHERE consumer <> 0;
CREATE INDEX gateway_ingest_call_at ON gateway_ingest_call USING brin (at) WITH (autosummarize = on, pages_per_range = 32);
"""
# The watch reads the newest minutes of all kinds at once. Parts of windows come and go all the time: a vacuum by their
# share of the table would come too late.
WINDOWS = """
ALTER TABLE gateway_ingest_window SET (fillfactor = 80);
CREATE INDEX gateway_ingest_window_at ON gateway_ingest_window (at);
ALTER TABLE gateway_ingest_windowpart
    SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000, autovacuum_analyze_scale_factor = 0);
"""


class Migration(migrations.Migration):
    replaces = [
        ("gateway_ingest", "0001_first_tables"),
        ("gateway_ingest", "0002_old_keys_and_repeats"),
        ("gateway_ingest", "0003_mappings_signatures_and_replays"),
        ("gateway_ingest", "0004_calls_and_windows"),
        ("gateway_ingest", "0005_numbers_that_rules_need"),
        ("gateway_ingest", "0006_notes_for_windows"),
        ("gateway_ingest", "0007_indexes_of_each_day"),
        ("gateway_ingest", "0008_evidence_from_traffic"),
        ("gateway_ingest", "0009_sources_page"),
        ("gateway_ingest", "0010_rule_outcomes"),
        ("gateway_ingest", "0011_rules_and_baselines"),
        ("gateway_ingest", "0012_absences_and_hours_learned_anew"),
        ("gateway_ingest", "0013_ends_by_hand_keys_and_letters"),
        ("gateway_ingest", "0014_one_place_for_earlier_keys"),
        ("gateway_ingest", "0015_waiting_ratings_and_worse_alerts"),
        ("gateway_ingest", "0016_one_index_for_each_beginning"),
        ("gateway_ingest", "0017_who_feeds_a_component"),
        ("gateway_ingest", "0018_beginnings_by_the_senders_clock"),
    ]

    initial = True

    dependencies = [
        ("core", "0001_to_0008_all_tables"),
        ("feedback", "0001_to_0006_all_tables"),
    ]

    operations = [
        migrations.CreateModel(
            name="Source",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=80)),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("hint", models.CharField(max_length=12)),
                ("repeats", models.PositiveIntegerField(default=0)),
                ("signing_secret", models.CharField(blank=True, max_length=600)),
                ("signed_only", models.BooleanField(default=False)),
                ("signature_header", models.CharField(blank=True, db_default="", default="", max_length=80)),
                (
                    "topics",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=300), blank=True, db_default=[], default=list, size=None
                    ),
                ),
                (
                    "allowed_networks",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=50), blank=True, default=list, size=None
                    ),
                ),
                ("rows_a_second", models.PositiveIntegerField(blank=True, null=True)),
                ("program", models.CharField(blank=True, db_default="", default="", max_length=30)),
                ("zone", models.CharField(blank=True, db_default="", default="", max_length=64)),
                ("letters", models.PositiveIntegerField(db_default=0, default=0)),
                ("refused", models.PositiveIntegerField(db_default=0, default=0)),
                ("limited", models.PositiveIntegerField(db_default=0, default=0)),
                ("lost_ratings", models.PositiveIntegerField(db_default=0, default=0)),
                ("created_at", models.DateTimeField()),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                ("first_event_at", models.DateTimeField(blank=True, null=True)),
                ("last_event_at", models.DateTimeField(blank=True, null=True)),
                (
                    "launch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="sources", to="core.launch"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("launch", "name"), name="source_name_per_launch")],
            },
        ),
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
        migrations.CreateModel(
            name="Alert",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("fingerprint", models.CharField(max_length=200)),
                ("title", models.CharField(max_length=300)),
                ("summary", models.TextField(blank=True)),
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
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("firing", "Firing"),
                            ("acknowledged", "Acknowledged"),
                            ("resolved", "Resolved"),
                            ("suppressed", "Suppressed"),
                        ],
                        max_length=14,
                    ),
                ),
                ("labels", models.JSONField(default=dict)),
                ("url", models.CharField(blank=True, max_length=1000)),
                ("count", models.PositiveIntegerField(default=1)),
                ("episode", models.PositiveIntegerField(default=1)),
                ("starts_at", models.DateTimeField()),
                ("own_starts_at", models.DateTimeField(blank=True, null=True)),
                ("ends_at", models.DateTimeField(blank=True, null=True)),
                ("resolved_at", models.DateTimeField(blank=True, null=True)),
                ("first_seen_at", models.DateTimeField()),
                ("latest_seen_at", models.DateTimeField()),
                (
                    "component",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="alerts",
                        to="core.component",
                    ),
                ),
                (
                    "feedback",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="alerts",
                        to="feedback.feedback",
                    ),
                ),
                (
                    "launch",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="alerts",
                        to="core.launch",
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="alerts",
                        to="gateway_ingest.source",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["launch", "status", "severity"], name="alerts_by_state")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("source", "launch", "fingerprint"), name="alert_once_per_source_and_launch"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("severity__in", ["critical", "high", "warning", "info", "low"])),
                        name="alert_severity_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["firing", "acknowledged", "resolved", "suppressed"])),
                        name="alert_status_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ApiDescription",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("title", models.CharField(max_length=200)),
                ("version", models.CharField(blank=True, max_length=80)),
                ("operations", models.JSONField(default=list)),
                ("uploaded_at", models.DateTimeField()),
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
            name="Batch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("batch_id", models.CharField(max_length=200)),
                ("accepted", models.PositiveIntegerField()),
                ("rejected", models.PositiveIntegerField(db_default=0, default=0)),
                ("lag", models.BigIntegerField(blank=True, null=True)),
                ("received_at", models.DateTimeField(db_index=True)),
                (
                    "source",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="batches",
                        to="gateway_ingest.source",
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("source", "batch_id"), name="batch_once_per_source")],
            },
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
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="call_details",
                        to="gateway_ingest.source",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("source", "host", "answered_model", "error_type"), name="call_detail_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="CallKind",
            fields=[
                ("id", models.AutoField(primary_key=True, serialize=False)),
                ("hint", models.CharField(blank=True, max_length=200)),
                ("method", models.CharField(blank=True, max_length=20)),
                ("route", models.CharField(blank=True, max_length=200)),
                ("status_class", models.PositiveSmallIntegerField()),
                ("scheme", models.CharField(blank=True, max_length=5)),
                ("error_format", models.CharField(blank=True, max_length=7)),
                ("error_type", models.CharField(blank=True, max_length=200)),
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
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="call_kinds",
                        to="core.launch",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
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
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="DeadLetter",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("format", models.CharField(max_length=40)),
                ("reason", models.CharField(max_length=500)),
                ("body", models.TextField()),
                ("headers", models.JSONField(blank=True, default=dict)),
                ("truncated", models.BooleanField(db_default=False, default=False)),
                ("refusal", models.BooleanField(db_default=False, default=False)),
                ("count", models.PositiveIntegerField(db_default=1, default=1)),
                ("received_at", models.DateTimeField()),
                ("handled_at", models.DateTimeField(blank=True, null=True)),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="dead_letters",
                        to="gateway_ingest.source",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="EarlierKey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("hint", models.CharField(max_length=12)),
                ("until", models.DateTimeField()),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="earlier_keys",
                        to="gateway_ingest.source",
                    ),
                ),
            ],
            options={
                "ordering": ["until"],
            },
        ),
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
                        on_delete=django.db.models.deletion.CASCADE, related_name="feeds", to="gateway_ingest.callkind"
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
        migrations.CreateModel(
            name="Heartbeat",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(blank=True, max_length=80)),
                ("last_at", models.DateTimeField()),
                ("interval", models.FloatField()),
                ("declared", models.BooleanField(default=False)),
                ("gaps", models.PositiveIntegerField(default=0)),
                ("hours", models.CharField(blank=True, db_default="", default="", max_length=168)),
                ("steady_since", models.DateTimeField(blank=True, null=True)),
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
        migrations.CreateModel(
            name="Hour",
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
                (
                    "kind",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="hours",
                        to="gateway_ingest.callkind",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="HourMark",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                (
                    "launch",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="core.launch"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["launch", "at"], name="hour_marks"),
                    models.Index(fields=["at"], name="hour_marks_by_age"),
                ],
            },
        ),
        migrations.CreateModel(
            name="HourOfLaunch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("calls", models.BigIntegerField(default=0)),
                ("consumers", models.BinaryField(default=b"")),
                (
                    "launch",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="hours_of_calls",
                        to="core.launch",
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("launch", "at"), name="hour_once_per_launch")],
            },
        ),
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
            name="Mapping",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("items", models.CharField(blank=True, max_length=200)),
                ("title", models.CharField(max_length=200)),
                ("severity", models.CharField(blank=True, max_length=200)),
                ("status", models.CharField(blank=True, max_length=200)),
                ("key", models.CharField(blank=True, max_length=200)),
                ("component", models.CharField(blank=True, max_length=200)),
                ("time", models.CharField(blank=True, max_length=200)),
                ("link", models.CharField(blank=True, max_length=200)),
                ("severity_words", models.JSONField(blank=True, default=dict)),
                ("status_words", models.JSONField(blank=True, default=dict)),
                ("changed_at", models.DateTimeField()),
                (
                    "source",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="mapping", to="gateway_ingest.source"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="MinuteOfLaunch",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "launch", "at", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("at", models.DateTimeField()),
                ("consumers", models.BinaryField()),
                (
                    "launch",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="minutes_of_calls",
                        to="core.launch",
                    ),
                ),
            ],
        ),
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
            options={
                "constraints": [models.UniqueConstraint(fields=("launch", "name"), name="rule_once_per_launch")],
            },
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
            options={
                "indexes": [
                    models.Index(fields=["rule", "-began_at"], name="firings_newest"),
                    models.Index(condition=models.Q(("ended_at", None)), fields=["rule", "key"], name="firings_open"),
                ],
                "constraints": [models.UniqueConstraint(fields=("rule", "key", "began_at"), name="firing_once")],
            },
        ),
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
            options={
                "constraints": [models.UniqueConstraint(fields=("rule", "key"), name="state_once_per_key")],
            },
        ),
        migrations.CreateModel(
            name="SeriesMemory",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("component", models.CharField(max_length=200)),
                ("series", models.CharField(max_length=16)),
                ("memory", models.BinaryField()),
                ("until", models.DateTimeField()),
                ("heard_at", models.DateTimeField()),
                ("score", models.FloatField(default=0.0)),
                (
                    "launch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="series_memories", to="core.launch"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("launch", "component", "series"), name="memory_once_per_series")
                ],
            },
        ),
        migrations.CreateModel(
            name="SigningCertificate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("asked_at", models.DateTimeField()),
                ("not_before", models.DateTimeField()),
                ("claimed_until", models.DateTimeField(blank=True, null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("handled_at", models.DateTimeField(blank=True, null=True)),
                ("outcome", models.CharField(blank=True, max_length=300)),
                ("url", models.CharField(max_length=300, unique=True)),
                ("pem", models.TextField(blank=True)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("handled_at", None)), fields=["not_before"], name="certificates_wanted"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SourceRoute",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "field",
                    models.CharField(
                        choices=[
                            ("component", "Component"),
                            ("host", "Host"),
                            ("path", "Path begins with"),
                            ("label", "Label"),
                            ("anything", "Everything else"),
                        ],
                        max_length=10,
                    ),
                ),
                ("name", models.CharField(blank=True, max_length=80)),
                ("value", models.CharField(blank=True, max_length=200)),
                ("made_at", models.DateTimeField()),
                (
                    "launch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="routes_here", to="core.launch"
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="routes", to="gateway_ingest.source"
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "constraints": [
                    models.UniqueConstraint(fields=("source", "field", "name", "value"), name="source_route_once"),
                    models.CheckConstraint(
                        condition=models.Q(("field__in", ["component", "host", "path", "label", "anything"])),
                        name="source_route_field_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TopicSubscription",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("asked_at", models.DateTimeField()),
                ("not_before", models.DateTimeField()),
                ("claimed_until", models.DateTimeField(blank=True, null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("handled_at", models.DateTimeField(blank=True, null=True)),
                ("outcome", models.CharField(blank=True, max_length=300)),
                ("message_id", models.CharField(max_length=100)),
                ("topic", models.CharField(max_length=300)),
                ("message", models.JSONField(blank=True, default=dict)),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="topic_subscriptions",
                        to="gateway_ingest.source",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("handled_at", None)), fields=["not_before"], name="subscriptions_waiting"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("source", "message_id"), name="subscription_once_per_message")
                ],
            },
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
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("launch", "component"), name="target_once_per_component", nulls_distinct=False
                    )
                ],
            },
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
        migrations.CreateModel(
            name="Window",
            fields=[
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
                    "pk",
                    models.CompositePrimaryKey(
                        "kind", "at", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
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
            options={
                "abstract": False,
            },
        ),
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
        migrations.CreateModel(
            name="AlertChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("firing", "Firing"),
                            ("acknowledged", "Acknowledged"),
                            ("resolved", "Resolved"),
                            ("suppressed", "Suppressed"),
                        ],
                        max_length=14,
                    ),
                ),
                ("episode", models.PositiveIntegerField()),
                (
                    "severity",
                    models.CharField(
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
                ("changed_at", models.DateTimeField()),
                ("reason", models.CharField(blank=True, db_default="", default="", max_length=300)),
                ("handled_at", models.DateTimeField(blank=True, null=True)),
                (
                    "alert",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="changes", to="gateway_ingest.alert"
                    ),
                ),
                (
                    "ended_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(condition=models.Q(("handled_at", None)), fields=["id"], name="alert_changes_waiting")
                ],
            },
        ),
        migrations.RunSQL(CALLS, "DROP TABLE gateway_ingest_call"),
        migrations.RunSQL(WINDOWS, migrations.RunSQL.noop),
    ]
