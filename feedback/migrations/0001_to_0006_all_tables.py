"""Feedback's tables, with room in each page of reports: a claim rewrites its row in place, and no index has to hear of it."""

import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models

ROOM_FOR_VERDICTS = "ALTER TABLE feedback_feedback SET (fillfactor = 60)"


class Migration(migrations.Migration):
    replaces = [
        ("feedback", "0001_first_tables"),
        ("feedback", "0002_count_not_looked_at"),
        ("feedback", "0003_find_by_trace"),
        ("feedback", "0004_one_index_for_each_beginning"),
        ("feedback", "0005_room_for_verdicts"),
        ("feedback", "0006_known_issues"),
    ]

    initial = True

    dependencies = [
        ("core", "0001_to_0008_all_tables"),
    ]

    operations = [
        migrations.CreateModel(
            name="Feedback",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "channel",
                    models.CharField(
                        choices=[
                            ("widget", "Widget"),
                            ("portal", "Portal"),
                            ("email", "E-mail"),
                            ("chat", "Chat"),
                            ("phone", "Phone"),
                            ("survey", "Survey"),
                            ("ai_answer", "AI answer rating"),
                            ("stakeholder_note", "Stakeholder note"),
                            ("operations_note", "Operations note"),
                            ("alert", "Alert"),
                            ("gateway_rule", "Gateway rule"),
                            ("import", "Import"),
                            ("api", "API"),
                        ],
                        max_length=20,
                    ),
                ),
                ("source", models.CharField(max_length=60)),
                ("external_id", models.CharField(blank=True, max_length=255, null=True)),
                ("content_digest", models.CharField(max_length=64)),
                ("kind", models.CharField(blank=True, max_length=16)),
                ("title", models.CharField(max_length=300)),
                ("body", models.TextField(blank=True)),
                ("language", models.CharField(default="en", max_length=8)),
                ("context", models.JSONField(default=dict)),
                ("fields", models.JSONField(default=dict)),
                ("trace_id", models.CharField(blank=True, max_length=64)),
                ("redactions", models.PositiveIntegerField(default=0)),
                ("occurred_at", models.DateTimeField()),
                ("received_at", models.DateTimeField()),
                ("category", models.CharField(blank=True, max_length=20)),
                ("severity", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("sentiment", models.CharField(blank=True, max_length=8)),
                (
                    "reply_status",
                    models.CharField(
                        choices=[
                            ("received", "Received"),
                            ("looking", "Looking into it"),
                            ("working", "Working on a fix"),
                            ("fixed_please_check", "Fixed, please check"),
                            ("closed", "Closed"),
                        ],
                        default="received",
                        max_length=20,
                    ),
                ),
                ("issue_key", models.CharField(blank=True, max_length=20)),
                ("triaged_at", models.DateTimeField(blank=True, null=True)),
                ("claimed_by", models.CharField(blank=True, max_length=60)),
                ("claimed_until", models.DateTimeField(blank=True, null=True)),
                ("search", django.contrib.postgres.search.SearchVectorField(null=True)),
                (
                    "component",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="feedback",
                        to="core.component",
                    ),
                ),
                (
                    "launch",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="feedback",
                        to="core.launch",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="feedback",
                        to="core.team",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Attachment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=120)),
                ("content_type", models.CharField(max_length=80)),
                ("size", models.PositiveIntegerField()),
                ("digest", models.CharField(max_length=64)),
                ("file", models.FileField(max_length=200, upload_to="%Y/%m/%d")),
                ("created_at", models.DateTimeField()),
                (
                    "feedback",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="attachments", to="feedback.feedback"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ReceiptLink",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("created_at", models.DateTimeField()),
                (
                    "feedback",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="receipt", to="feedback.feedback"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Reporter",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("email", models.EmailField(blank=True, max_length=254)),
                ("external_id", models.CharField(blank=True, max_length=200)),
                ("name", models.CharField(blank=True, max_length=120)),
                ("language", models.CharField(default="en", max_length=8)),
                ("created_at", models.DateTimeField()),
                (
                    "launch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="reporters", to="core.launch"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("email", ""), _negated=True),
                        fields=("launch", "email"),
                        name="reporter_once_per_email",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("email", ""), models.Q(("external_id", ""), _negated=True)),
                        fields=("launch", "external_id"),
                        name="reporter_once_per_external_id",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("email", ""), ("external_id", ""), _negated=True),
                        name="reporter_can_be_told_apart",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("email", django.db.models.functions.text.Lower("email"))),
                        name="reporter_email_lower_case",
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="feedback",
            name="reporter",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="feedback",
                to="feedback.reporter",
            ),
        ),
        migrations.CreateModel(
            name="KnownIssue",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("issue_key", models.CharField(max_length=20)),
                ("title", models.CharField(max_length=200)),
                ("workaround", models.TextField(blank=True)),
                ("published_at", models.DateTimeField()),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
                (
                    "launch",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="known_issues",
                        to="core.launch",
                    ),
                ),
                (
                    "published_by",
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
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("withdrawn_at", None)),
                        fields=("launch", "issue_key"),
                        name="one_known_issue_per_issue",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Quarantined",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("report", models.JSONField()),
                ("reason", models.CharField(max_length=200)),
                ("received_at", models.DateTimeField()),
                ("handled_at", models.DateTimeField(blank=True, null=True)),
                (
                    "handled_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "launch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="quarantined", to="core.launch"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("handled_at", None)), fields=["launch", "-id"], name="quarantine_waiting"
                    )
                ],
            },
        ),
        migrations.AddIndex(
            model_name="feedback",
            index=models.Index(condition=models.Q(("triaged_at", None)), fields=["id"], name="feedback_untriaged"),
        ),
        migrations.AddIndex(
            model_name="feedback",
            index=models.Index(
                condition=models.Q(("reply_status", "received")), fields=["launch"], name="feedback_not_looked_at"
            ),
        ),
        migrations.AddIndex(
            model_name="feedback",
            index=models.Index(fields=["launch", "-id"], name="feedback_newest"),
        ),
        migrations.AddIndex(
            model_name="feedback",
            index=models.Index(fields=["launch", "issue_key", "-id"], name="feedback_of_issue"),
        ),
        migrations.AddIndex(
            model_name="feedback",
            index=models.Index(fields=["launch", "received_at"], name="feedback_by_time"),
        ),
        migrations.AddIndex(
            model_name="feedback",
            index=models.Index(fields=["launch", "category", "-id"], name="feedback_by_category"),
        ),
        migrations.AddIndex(
            model_name="feedback",
            index=models.Index(fields=["launch", "severity", "-id"], name="feedback_by_severity"),
        ),
        migrations.AddIndex(
            model_name="feedback",
            index=models.Index(fields=["launch", "channel", "-id"], name="feedback_by_channel"),
        ),
        migrations.AddIndex(
            model_name="feedback",
            index=models.Index(fields=["reporter", "-id"], name="feedback_of_reporter"),
        ),
        migrations.AddIndex(
            model_name="feedback",
            index=models.Index(
                condition=models.Q(("trace_id", ""), _negated=True),
                fields=["launch", "trace_id"],
                name="feedback_by_trace",
            ),
        ),
        migrations.AddIndex(
            model_name="feedback",
            index=django.contrib.postgres.indexes.GinIndex(fields=["search"], name="feedback_words"),
        ),
        migrations.AddIndex(
            model_name="feedback",
            index=django.contrib.postgres.indexes.GinIndex(
                fields=["fields"], name="feedback_custom_fields", opclasses=["jsonb_path_ops"]
            ),
        ),
        migrations.AddConstraint(
            model_name="feedback",
            constraint=models.UniqueConstraint(
                fields=("launch", "channel", "source", "external_id"), name="feedback_once_per_external_id"
            ),
        ),
        migrations.AddConstraint(
            model_name="feedback",
            constraint=models.CheckConstraint(
                condition=models.Q(("severity__isnull", True), ("severity__range", (1, 5)), _connector="OR"),
                name="feedback_severity_1_to_5",
            ),
        ),
        migrations.AddConstraint(
            model_name="feedback",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "channel__in",
                        [
                            "widget",
                            "portal",
                            "email",
                            "chat",
                            "phone",
                            "survey",
                            "ai_answer",
                            "stakeholder_note",
                            "operations_note",
                            "alert",
                            "gateway_rule",
                            "import",
                            "api",
                        ],
                    )
                ),
                name="feedback_channel_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="feedback",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("reply_status__in", ["received", "looking", "working", "fixed_please_check", "closed"])
                ),
                name="feedback_reply_status_known",
            ),
        ),
        migrations.RunSQL(ROOM_FOR_VERDICTS, "ALTER TABLE feedback_feedback RESET (fillfactor)"),
    ]
