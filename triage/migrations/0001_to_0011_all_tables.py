"""Triage's tables; a sent report refuses change: a trigger raises on UPDATE and DELETE of a row whose `sent_at` is set."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import triage.models.meaning

SENT_REPORTS_STAY = """
CREATE TRIGGER sent_report_is_immutable BEFORE UPDATE OR DELETE ON triage_statusreport
    FOR EACH ROW WHEN (OLD.sent_at IS NOT NULL) EXECUTE FUNCTION refuse_change();
"""
# The signs of the vectors: a sixteenth of their size, and near signs are near vectors.
SIGNS = """
CREATE INDEX meaning_signs ON triage_meaning USING hnsw ((binary_quantize(vector)::bit(384)) bit_hamming_ops)
"""


class Migration(migrations.Migration):
    replaces = [
        ("triage", "0001_first_tables"),
        ("triage", "0002_sent_reports_stay"),
        ("triage", "0003_assessments_by_writing_order"),
        ("triage", "0004_measured_reach"),
        ("triage", "0005_one_index_for_each_beginning"),
        ("triage", "0006_scores"),
        ("triage", "0007_effort_and_blocked_criteria"),
        ("triage", "0008_nature_of_issues"),
        ("triage", "0009_second_opinions"),
        ("triage", "0010_what_people_teach"),
        ("triage", "0011_search_among_all_rows"),
    ]

    initial = True

    dependencies = [
        ("core", "0001_to_0008_all_tables"),
        ("feedback", "0001_to_0006_all_tables"),
    ]

    operations = [
        migrations.CreateModel(
            name="BoardCounter",
            fields=[
                (
                    "launch",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="board_counter",
                        serialize=False,
                        to="core.launch",
                    ),
                ),
                ("version", models.PositiveBigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="Issue",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("title", models.CharField(max_length=300)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("new", "New"),
                            ("triaged", "Triaged"),
                            ("in_progress", "In progress"),
                            ("mitigated", "Mitigated"),
                            ("deployed", "Deployed"),
                            ("verified", "Verified"),
                            ("closed", "Closed"),
                            ("declined", "Declined"),
                            ("duplicate", "Duplicate"),
                        ],
                        default="new",
                        max_length=12,
                    ),
                ),
                ("resolution", models.CharField(blank=True, max_length=24)),
                ("severity", models.PositiveSmallIntegerField()),
                ("category", models.CharField(blank=True, max_length=20)),
                ("status_before_merge", models.CharField(blank=True, max_length=12)),
                ("fingerprint", models.CharField(blank=True, max_length=255, null=True)),
                ("snoozed_until", models.DateTimeField(blank=True, null=True)),
                ("feedback_count", models.PositiveIntegerField(default=0)),
                ("sources", models.JSONField(default=dict)),
                ("reach_value", models.PositiveIntegerField(default=0)),
                ("reach_guests", models.PositiveIntegerField(default=0)),
                ("reach_of", models.PositiveIntegerField(blank=True, null=True)),
                ("reach_method", models.CharField(default="reporters", max_length=24)),
                ("reach_at", models.DateTimeField()),
                ("rice_impact", models.FloatField(default=1)),
                ("rice_confidence", models.FloatField(default=0.5)),
                ("rice_effort", models.FloatField(default=1)),
                ("rice_score", models.FloatField(default=0)),
                ("formula_score", models.FloatField(blank=True, null=True)),
                ("impact_level", models.PositiveSmallIntegerField(default=3)),
                ("urgency", models.PositiveSmallIntegerField(default=3)),
                ("business_value", models.FloatField(default=5)),
                ("rpn_severity", models.PositiveSmallIntegerField(default=4)),
                ("rpn_occurrence", models.PositiveSmallIntegerField(default=2)),
                ("rpn_detection", models.PositiveSmallIntegerField(default=8)),
                ("rpn", models.PositiveSmallIntegerField(default=64)),
                ("blocks_must", models.BooleanField(default=False)),
                ("blocks", models.JSONField(default=list)),
                (
                    "moscow",
                    models.CharField(
                        choices=[
                            ("must", "Must have"),
                            ("should", "Should have"),
                            ("could", "Could have"),
                            ("wont", "Won't for now"),
                        ],
                        default="could",
                        max_length=8,
                    ),
                ),
                ("priority", models.PositiveIntegerField(default=0)),
                ("version", models.PositiveIntegerField(default=1)),
                ("board_version", models.PositiveBigIntegerField(default=0)),
                ("opened_at", models.DateTimeField()),
                ("status_changed_at", models.DateTimeField()),
                ("last_seen_at", models.DateTimeField()),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                ("judged_at", models.DateTimeField(blank=True, null=True)),
                ("worked_seconds", models.PositiveBigIntegerField(default=0)),
                ("search", django.contrib.postgres.search.SearchVectorField(null=True)),
                (
                    "component",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="issues",
                        to="core.component",
                    ),
                ),
                (
                    "launch",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="issues",
                        to="core.launch",
                    ),
                ),
                (
                    "merged_into",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="merged",
                        to="triage.issue",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="issues",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="issues",
                        to="core.team",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["launch", "status", "severity", "-priority", "-id"], name="board_lane"),
                    models.Index(fields=["launch", "board_version"], name="board_changes"),
                    models.Index(fields=["launch", "-opened_at"], name="issues_newest"),
                    models.Index(
                        condition=models.Q(("resolution", "fixed"), ("status", "closed"), ("worked_seconds__gt", 0)),
                        fields=["launch", "-closed_at"],
                        name="issues_fixed",
                    ),
                    django.contrib.postgres.indexes.GinIndex(fields=["search"], name="issue_words"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "status__in",
                                [
                                    "new",
                                    "triaged",
                                    "in_progress",
                                    "mitigated",
                                    "deployed",
                                    "verified",
                                    "closed",
                                    "declined",
                                    "duplicate",
                                ],
                            )
                        ),
                        name="issue_status_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("severity__range", (1, 5))), name="issue_severity_1_to_5"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("moscow__in", ["must", "should", "could", "wont"])),
                        name="issue_moscow_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("merged_into__isnull", True), ("status", "duplicate"), _connector="OR"),
                        name="merged_issue_is_duplicate",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("status__in", ["closed", "declined", "duplicate"]), _negated=True),
                        fields=("launch", "fingerprint"),
                        name="one_open_issue_per_fingerprint",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ScoringRules",
            fields=[
                (
                    "launch",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="scoring_rules",
                        serialize=False,
                        to="core.launch",
                    ),
                ),
                ("matrix", models.JSONField(blank=True, null=True)),
                ("formula", models.CharField(blank=True, max_length=400)),
                ("changed_at", models.DateTimeField()),
                ("rescored_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="SecondOpinion",
            fields=[
                (
                    "feedback",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="second_opinion",
                        serialize=False,
                        to="feedback.feedback",
                    ),
                ),
                ("model", models.CharField(max_length=120)),
                ("answers", models.JSONField(default=dict)),
                ("problem", models.CharField(blank=True, max_length=300)),
                ("tries", models.PositiveSmallIntegerField(default=1)),
                ("asked_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="ThemesRun",
            fields=[
                (
                    "launch",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="themes_run",
                        serialize=False,
                        to="core.launch",
                    ),
                ),
                ("found_at", models.DateTimeField()),
                ("words_read", models.PositiveIntegerField()),
                ("reports", models.PositiveIntegerField()),
                ("first_day", models.DateField()),
                ("tones", models.JSONField(default=dict)),
            ],
        ),
        migrations.CreateModel(
            name="Unread",
            fields=[
                (
                    "feedback",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="feedback.feedback",
                    ),
                ),
                ("claimed_until", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="WordCount",
            fields=[
                ("term", models.IntegerField(primary_key=True, serialize=False)),
                ("reports", models.PositiveIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="WordsInAll",
            fields=[
                (
                    "launch",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="core.launch",
                    ),
                ),
                ("reports", models.PositiveIntegerField()),
                ("title_words", models.PositiveBigIntegerField()),
                ("body_words", models.PositiveBigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="ExitCriterion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=8)),
                ("name", models.CharField(max_length=120)),
                ("metric", models.CharField(max_length=60)),
                (
                    "comparator",
                    models.CharField(choices=[("<=", "≤"), (">=", "≥"), ("<", "<"), ("=", "=")], max_length=2),
                ),
                ("threshold", models.FloatField()),
                ("hold_days", models.PositiveSmallIntegerField(default=0)),
                ("must", models.BooleanField(default=True)),
                ("signer", models.CharField(blank=True, max_length=80)),
                ("position", models.PositiveSmallIntegerField(default=0)),
                (
                    "launch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="exit_criteria", to="core.launch"
                    ),
                ),
            ],
            options={
                "ordering": ["position", "id"],
                "constraints": [models.UniqueConstraint(fields=("launch", "code"), name="criterion_code_per_launch")],
            },
        ),
        migrations.CreateModel(
            name="Assessment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("assessed_at", models.DateTimeField()),
                ("value", models.FloatField(blank=True, null=True)),
                ("satisfied", models.BooleanField()),
                ("satisfied_since", models.DateTimeField(blank=True, null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[("met", "Met"), ("holding", "Holding"), ("failed", "Failed"), ("no_data", "No data")],
                        max_length=8,
                    ),
                ),
                (
                    "criterion",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="assessments",
                        to="triage.exitcriterion",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["criterion", "-id"], name="assessment_written_last")],
            },
        ),
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
        migrations.CreateModel(
            name="Decision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("field", models.CharField(max_length=20)),
                ("value", models.CharField(max_length=120)),
                ("applied", models.BooleanField(default=True)),
                (
                    "origin",
                    models.CharField(
                        choices=[("rule", "Rule"), ("model", "Model"), ("person", "Person")], max_length=8
                    ),
                ),
                ("decider", models.CharField(max_length=160)),
                ("confidence", models.FloatField(blank=True, null=True)),
                ("reason", models.CharField(max_length=500)),
                ("decided_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
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
                    "feedback",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="decisions",
                        to="feedback.feedback",
                    ),
                ),
                (
                    "launch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="decisions", to="core.launch"
                    ),
                ),
                (
                    "issue",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="decisions",
                        to="triage.issue",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("feedback__isnull", False), ("issue__isnull", True)),
                            models.Q(("feedback__isnull", True), ("issue__isnull", False)),
                            _connector="OR",
                        ),
                        name="decision_about_one_thing",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None), ("feedback__isnull", False)),
                        fields=("feedback", "field"),
                        name="one_live_decision_per_feedback_field",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None), ("issue__isnull", False)),
                        fields=("issue", "field"),
                        name="one_live_decision_per_issue_field",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Label",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "way",
                    models.CharField(
                        choices=[
                            ("override", "corrected"),
                            ("accept", "confirmed"),
                            ("let_stand", "let stand"),
                            ("reject", "refused"),
                            ("merge", "merged"),
                            ("unmerge", "taken apart"),
                        ],
                        max_length=12,
                    ),
                ),
                ("field", models.CharField(max_length=20)),
                ("value", models.CharField(max_length=120)),
                ("said_value", models.CharField(blank=True, max_length=120)),
                ("said_by", models.CharField(blank=True, max_length=160)),
                ("said_confidence", models.FloatField(blank=True, null=True)),
                ("actor_name", models.CharField(max_length=160)),
                ("labelled_at", models.DateTimeField()),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
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
                    "feedback",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="labels",
                        to="feedback.feedback",
                    ),
                ),
                (
                    "issue",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="labels",
                        to="triage.issue",
                    ),
                ),
                (
                    "launch",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="labels",
                        to="core.launch",
                    ),
                ),
                (
                    "other",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="triage.issue",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["launch", "labelled_at"], name="labels_of_launch")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("feedback__isnull", False), ("withdrawn_at", None)),
                        fields=("feedback", "field"),
                        name="one_live_label_per_feedback_field",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Match",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "origin",
                    models.CharField(
                        choices=[("rule", "Rule"), ("model", "Model"), ("person", "Person")], max_length=8
                    ),
                ),
                ("confidence", models.FloatField()),
                ("reason", models.CharField(max_length=300)),
                ("matched_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
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
                    "feedback",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="matches", to="feedback.feedback"
                    ),
                ),
                (
                    "issue",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="matches", to="triage.issue"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(condition=models.Q(("ended_at", None)), fields=["issue"], name="live_matches")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None)), fields=("feedback",), name="one_live_match_per_feedback"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("confidence__range", (0, 1))), name="match_confidence_0_to_1"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Meaning",
            fields=[
                (
                    "feedback",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="meaning",
                        serialize=False,
                        to="feedback.feedback",
                    ),
                ),
                ("vector", triage.models.meaning.HalfVector(dimensions=384)),
                (
                    "launch",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="core.launch"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ModelVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=40)),
                ("number", models.PositiveIntegerField()),
                ("path", models.CharField(max_length=300)),
                ("digest", models.CharField(max_length=64)),
                ("figures", models.JSONField(default=dict)),
                ("trained_at", models.DateTimeField()),
                (
                    "standing",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("champion", "decides"),
                            ("challenger", "waits as challenger"),
                            ("retired", "retired"),
                        ],
                        max_length=12,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=500)),
                ("learned_until", models.DateTimeField(blank=True, null=True)),
                ("decided_from", models.DateTimeField(blank=True, null=True)),
                (
                    "launch",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="model_versions",
                        to="core.launch",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("name", "number"), name="model_version_number"),
                    models.UniqueConstraint(
                        condition=models.Q(("standing", "champion")), fields=("launch",), name="one_champion_per_launch"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Pair",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("score", models.FloatField()),
                ("evidence", models.JSONField(default=dict)),
                ("found_at", models.DateTimeField()),
                (
                    "answer",
                    models.CharField(
                        blank=True,
                        choices=[("same", "The same problem"), ("different", "Not the same problem")],
                        max_length=9,
                    ),
                ),
                (
                    "origin",
                    models.CharField(
                        blank=True, choices=[("rule", "Rule"), ("model", "Model"), ("person", "Person")], max_length=8
                    ),
                ),
                ("answered_at", models.DateTimeField(blank=True, null=True)),
                (
                    "answered_by",
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
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="core.launch"
                    ),
                ),
                (
                    "newer",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="triage.issue"),
                ),
                (
                    "older",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="triage.issue"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("answer", "")), fields=["launch", "-score"], name="pairs_unanswered"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("older", "newer"), name="one_row_per_pair_of_issues"),
                    models.CheckConstraint(condition=models.Q(("older__lt", models.F("newer"))), name="pair_in_order"),
                    models.CheckConstraint(condition=models.Q(("score__range", (0, 1))), name="pair_score_0_to_1"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Score",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("scored_at", models.DateTimeField()),
                ("severity", models.PositiveSmallIntegerField()),
                ("moscow", models.CharField(max_length=8)),
                ("reach_value", models.PositiveIntegerField()),
                ("reach_of", models.PositiveIntegerField(blank=True, null=True)),
                ("reach_method", models.CharField(max_length=24)),
                ("rice_impact", models.FloatField()),
                ("rice_confidence", models.FloatField()),
                ("rice_effort", models.FloatField()),
                ("rice_score", models.FloatField()),
                ("formula_score", models.FloatField(blank=True, null=True)),
                ("rpn", models.PositiveSmallIntegerField()),
                ("business_value", models.FloatField()),
                ("moved", models.JSONField(default=dict)),
                (
                    "issue",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="scores",
                        to="triage.issue",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["issue", "-id"], name="scores_newest")],
            },
        ),
        migrations.CreateModel(
            name="StatusReport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("number", models.IntegerField()),
                ("subject", models.CharField(max_length=300)),
                ("figures", models.JSONField()),
                ("note", models.TextField(blank=True)),
                ("drafted_at", models.DateTimeField()),
                ("sends_at", models.DateTimeField(blank=True, null=True)),
                ("sent_at", models.DateTimeField(blank=True, null=True)),
                ("sent_by", models.CharField(blank=True, max_length=160)),
                ("html", models.TextField(blank=True)),
                ("text", models.TextField(blank=True)),
                (
                    "held_by",
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
                        on_delete=django.db.models.deletion.PROTECT, related_name="status_reports", to="core.launch"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("launch", "day"), name="one_report_per_day")],
            },
        ),
        migrations.CreateModel(
            name="Theme",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=120)),
                ("words", models.JSONField(default=list)),
                ("reports", models.PositiveIntegerField()),
                ("days", models.JSONField(default=list)),
                ("tones", models.JSONField(default=list)),
                ("recent", models.PositiveIntegerField()),
                ("expected", models.FloatField()),
                ("chance", models.FloatField()),
                (
                    "course",
                    models.CharField(
                        choices=[("rising", "Rising"), ("steady", "Steady"), ("falling", "Falling")], max_length=8
                    ),
                ),
                ("quotes", models.JSONField(default=list)),
                (
                    "launch",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="themes",
                        to="core.launch",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["launch", "-reports"], name="themes_loudest")],
            },
        ),
        migrations.CreateModel(
            name="ThemeReport",
            fields=[
                (
                    "feedback",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="theme_report",
                        serialize=False,
                        to="feedback.feedback",
                    ),
                ),
                (
                    "theme",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="members", to="triage.theme"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="TicketImport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=120)),
                ("uploaded_at", models.DateTimeField()),
                ("columns", models.JSONField(default=list)),
                ("mapping", models.JSONField(default=dict)),
                ("tickets", models.PositiveIntegerField(default=0)),
                ("redactions", models.PositiveIntegerField(default=0)),
                ("started_at", models.DateTimeField(blank=True, null=True)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "launch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="ticket_imports", to="core.launch"
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
            name="OldTicket",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("line", models.PositiveIntegerField()),
                ("cells", models.JSONField(default=list)),
                ("title", models.CharField(blank=True, max_length=300)),
                ("body", models.TextField(blank=True)),
                ("said", models.JSONField(default=dict)),
                ("happened_at", models.DateTimeField(blank=True, null=True)),
                ("error", models.CharField(blank=True, max_length=200)),
                ("is_read", models.BooleanField(default=False)),
                (
                    "run",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rows",
                        to="triage.ticketimport",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("is_read", False)), fields=["run", "line"], name="old_tickets_unread"
                    )
                ],
                "constraints": [models.UniqueConstraint(fields=("run", "line"), name="old_ticket_line")],
            },
        ),
        migrations.CreateModel(
            name="Training",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("asked_name", models.CharField(max_length=160)),
                ("asked_at", models.DateTimeField()),
                ("begun_at", models.DateTimeField(blank=True, null=True)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("outcome", models.CharField(blank=True, max_length=12)),
                ("reason", models.CharField(blank=True, max_length=500)),
                ("seconds", models.FloatField(blank=True, null=True)),
                (
                    "asked_by",
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
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="trainings",
                        to="core.launch",
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="trainings",
                        to="triage.modelversion",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["launch", "-id"], name="trainings_newest")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None)), fields=("launch",), name="one_training_at_a_time"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Wording",
            fields=[
                (
                    "feedback",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="wording",
                        serialize=False,
                        to="feedback.feedback",
                    ),
                ),
                ("terms", django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), size=None)),
                ("said", models.BinaryField()),
                ("title_words", models.PositiveSmallIntegerField()),
                ("body_words", models.PositiveSmallIntegerField()),
                (
                    "launch",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="core.launch"
                    ),
                ),
            ],
            options={
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(fastupdate=False, fields=["terms"], name="wording_terms")
                ],
            },
        ),
        migrations.RunSQL(SENT_REPORTS_STAY, "DROP TRIGGER sent_report_is_immutable ON triage_statusreport"),
        migrations.RunSQL(SIGNS, "DROP INDEX meaning_signs"),
    ]
