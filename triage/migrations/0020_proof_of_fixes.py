"""Keeps which deployments carry fixes, what was said of them, and what people said of errors in traffic."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0013_issues_that_deployments_name"),
        ("triage", "0018_war_rooms"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ProofRules",
            fields=[
                (
                    "launch",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="proof_rules",
                        serialize=False,
                        to="core.launch",
                    ),
                ),
                (
                    "verifies",
                    models.BooleanField(
                        default=False,
                        verbose_name="Move issues to Verified when live traffic shows that they are fixed",
                    ),
                ),
                ("tells", models.BooleanField(default=False, verbose_name="Tell the reporters then, without asking")),
            ],
        ),
        migrations.CreateModel(
            name="Fix",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "how",
                    models.CharField(
                        choices=[
                            ("fixes", "Its texts say that it fixes this"),
                            ("field", "Named in its fields"),
                            ("said", "Named in its texts"),
                            ("hand", "Linked by hand"),
                        ],
                        max_length=8,
                    ),
                ),
                ("linked_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("looked_at", models.DateTimeField(blank=True, null=True)),
                (
                    "deployment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="fixes", to="core.deployment"
                    ),
                ),
                (
                    "issue",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="fixes",
                        to="triage.issue",
                    ),
                ),
                (
                    "linked_by",
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
            name="FixNotice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("words", models.TextField(blank=True)),
                ("drafted_at", models.DateTimeField()),
                ("sent_at", models.DateTimeField(blank=True, null=True)),
                ("sent_to", models.PositiveIntegerField(default=0)),
                ("dropped_at", models.DateTimeField(blank=True, null=True)),
                (
                    "fix",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="notice", to="triage.fix"
                    ),
                ),
                (
                    "issue",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="fix_notices",
                        to="triage.issue",
                    ),
                ),
                (
                    "sent_by",
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
            name="Verdict",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "word",
                    models.CharField(
                        choices=[
                            ("verified", "Verified"),
                            ("not_fixed", "Not fixed"),
                            ("too_little", "Too little traffic"),
                            ("side_effect", "Side effect"),
                            ("taken_back", "Rolled back"),
                            ("unseen", "Not seen in traffic"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "origin",
                    models.CharField(
                        choices=[("rule", "Rule"), ("model", "Model"), ("person", "Person")], max_length=8
                    ),
                ),
                ("decider", models.CharField(max_length=160)),
                ("confidence", models.FloatField(blank=True, null=True)),
                ("reason", models.CharField(max_length=1000)),
                ("figures", models.JSONField(default=dict)),
                ("decided_at", models.DateTimeField()),
                ("checked_at", models.DateTimeField()),
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
                    "fix",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="verdicts",
                        to="triage.fix",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="EvidenceAnswer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("component", models.CharField(blank=True, max_length=200)),
                ("route", models.CharField(blank=True, max_length=200)),
                ("belongs", models.BooleanField()),
                ("by", models.CharField(max_length=12)),
                ("score", models.FloatField()),
                ("reasons", models.JSONField(default=list)),
                ("actor_name", models.CharField(max_length=160)),
                ("answered_at", models.DateTimeField()),
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
                    "issue",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="evidence_answers",
                        to="triage.issue",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("issue", "component", "route"), name="one_answer_per_evidence_of_an_issue"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Firing",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("why", models.CharField(max_length=16)),
                ("reason", models.CharField(max_length=500)),
                ("figures", models.JSONField(default=dict)),
                ("found_at", models.DateTimeField()),
                ("checked_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "issue",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="firings",
                        to="triage.issue",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None)), fields=("issue",), name="one_live_firing"
                    )
                ],
            },
        ),
        migrations.AddIndex(
            model_name="fix",
            index=models.Index(fields=["issue", "-id"], name="fixes_of_issue"),
        ),
        migrations.AddConstraint(
            model_name="fix",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at", None)),
                fields=("issue", "deployment"),
                name="one_live_fix_per_deployment",
            ),
        ),
        migrations.AddConstraint(
            model_name="fixnotice",
            constraint=models.UniqueConstraint(
                condition=models.Q(("dropped_at", None), ("sent_at", None)),
                fields=("issue",),
                name="one_waiting_notice_per_issue",
            ),
        ),
        migrations.AddIndex(
            model_name="verdict",
            index=models.Index(fields=["fix", "-id"], name="verdicts_of_fix"),
        ),
        migrations.AddConstraint(
            model_name="verdict",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at", None), models.Q(("origin", "person"), _negated=True)),
                fields=("fix",),
                name="one_live_verdict_of_a_machine",
            ),
        ),
        migrations.AddConstraint(
            model_name="verdict",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at", None), ("origin", "person")),
                fields=("fix",),
                name="one_live_verdict_of_a_person",
            ),
        ),
    ]
