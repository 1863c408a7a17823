"""Keeps what people find out about causes: an analysis with whys and fishbone for an issue, and the risks of a launch."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0013_issues_that_deployments_name"),
        ("triage", "0020_proof_of_fixes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="RootCause",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("symptom", models.TextField()),
                ("cause", models.TextField(blank=True)),
                ("factors", models.JSONField(default=list)),
                (
                    "code",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("code_defect", "Code defect"),
                            ("configuration", "Configuration"),
                            ("gateway_routing", "Gateway routing"),
                            ("rate_limit", "Rate limit"),
                            ("auth_certificate", "Authorisation or certificate"),
                            ("capacity", "Capacity"),
                            ("dependency", "Dependency or third party"),
                            ("data_migration", "Data migration"),
                            ("data_contract", "Data contract"),
                            ("prompt", "Prompt"),
                            ("model_provider", "Model or provider"),
                            ("retrieval_context", "Retrieval or context"),
                            ("training", "Training"),
                            ("process", "Process"),
                            ("documentation", "Documentation"),
                            ("monitoring_gap", "Monitoring gap"),
                            ("release_cutover", "Release or cutover"),
                            ("unknown", "Unknown"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "missed",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("not_tested", "Not tested"),
                            ("clean_data", "Tested with clean data"),
                            ("environment", "Environment differed"),
                            ("load", "Load not simulated"),
                            ("requirement", "Requirement missing"),
                            ("monitoring", "Monitoring absent"),
                        ],
                        max_length=12,
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1)),
                ("begun_at", models.DateTimeField()),
                ("begun_by_name", models.CharField(max_length=160)),
                ("changed_at", models.DateTimeField()),
                (
                    "issue",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="root_cause", to="triage.issue"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Why",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("place", models.PositiveIntegerField()),
                ("version", models.PositiveIntegerField(default=1)),
                ("removed_at", models.DateTimeField(blank=True, null=True)),
                ("removal", models.BigIntegerField(blank=True, null=True)),
                ("text", models.CharField(max_length=500)),
                (
                    "sureness",
                    models.CharField(
                        blank=True, choices=[("low", "Low"), ("medium", "Medium"), ("high", "High")], max_length=6
                    ),
                ),
                ("verified_by_name", models.CharField(blank=True, max_length=160)),
                ("verified_at", models.DateTimeField(blank=True, null=True)),
                (
                    "code",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("code_defect", "Code defect"),
                            ("configuration", "Configuration"),
                            ("gateway_routing", "Gateway routing"),
                            ("rate_limit", "Rate limit"),
                            ("auth_certificate", "Authorisation or certificate"),
                            ("capacity", "Capacity"),
                            ("dependency", "Dependency or third party"),
                            ("data_migration", "Data migration"),
                            ("data_contract", "Data contract"),
                            ("prompt", "Prompt"),
                            ("model_provider", "Model or provider"),
                            ("retrieval_context", "Retrieval or context"),
                            ("training", "Training"),
                            ("process", "Process"),
                            ("documentation", "Documentation"),
                            ("monitoring_gap", "Monitoring gap"),
                            ("release_cutover", "Release or cutover"),
                            ("unknown", "Unknown"),
                        ],
                        max_length=20,
                    ),
                ),
                ("action", models.CharField(blank=True, max_length=300)),
                ("evidence", models.JSONField(default=list)),
                (
                    "analysis",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="whys",
                        to="triage.rootcause",
                    ),
                ),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="below",
                        to="triage.why",
                    ),
                ),
                (
                    "verified_by",
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
            name="Bone",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("place", models.PositiveIntegerField()),
                ("version", models.PositiveIntegerField(default=1)),
                ("removed_at", models.DateTimeField(blank=True, null=True)),
                ("removal", models.BigIntegerField(blank=True, null=True)),
                ("text", models.CharField(max_length=200)),
                (
                    "standing",
                    models.CharField(
                        blank=True, choices=[("likely", "Likely"), ("ruled_out", "Ruled out")], max_length=10
                    ),
                ),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="below",
                        to="triage.bone",
                    ),
                ),
                (
                    "analysis",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="bones",
                        to="triage.rootcause",
                    ),
                ),
                (
                    "why",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="triage.why",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Risk",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("seed", models.CharField(blank=True, max_length=24)),
                ("failure", models.CharField(max_length=200)),
                ("effect", models.CharField(blank=True, max_length=300)),
                ("controls", models.CharField(blank=True, max_length=300)),
                ("severity", models.PositiveSmallIntegerField()),
                ("occurrence", models.PositiveSmallIntegerField()),
                ("detection", models.PositiveSmallIntegerField()),
                ("action", models.CharField(blank=True, max_length=300)),
                ("due_on", models.DateField(blank=True, null=True)),
                ("severity_after", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("occurrence_after", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("detection_after", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("version", models.PositiveIntegerField(default=1)),
                ("made_at", models.DateTimeField()),
                ("made_by_name", models.CharField(max_length=160)),
                ("removed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "component",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="core.component",
                    ),
                ),
                ("issues", models.ManyToManyField(related_name="risks", to="triage.issue")),
                (
                    "launch",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="risks",
                        to="core.launch",
                    ),
                ),
                (
                    "owner",
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
                "indexes": [models.Index(fields=["launch", "-id"], name="risks_newest")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("severity__range", (1, 10)), ("occurrence__range", (1, 10)), ("detection__range", (1, 10))
                        ),
                        name="risk_from_1_to_10",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("detection_after", None), ("occurrence_after", None), ("severity_after", None)),
                            models.Q(
                                ("severity_after__range", (1, 10)),
                                ("occurrence_after__range", (1, 10)),
                                ("detection_after__range", (1, 10)),
                            ),
                            _connector="OR",
                        ),
                        name="risk_after_from_1_to_10_or_none",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("seed", ""), _negated=True),
                        fields=("launch", "seed"),
                        name="common_risk_once_per_launch",
                    ),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="why",
            index=models.Index(fields=["analysis", "place"], name="whys_of_analysis"),
        ),
        migrations.AddIndex(
            model_name="bone",
            index=models.Index(fields=["analysis", "place"], name="bones_of_analysis"),
        ),
    ]
