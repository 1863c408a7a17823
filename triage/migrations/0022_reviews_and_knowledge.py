"""Keeps reviews of issues, articles and runbooks, and how runbooks served."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0013_issues_that_deployments_name"),
        ("triage", "0021_root_causes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Article",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(choices=[("article", "Article"), ("runbook", "Runbook")], max_length=8)),
                (
                    "state",
                    models.CharField(
                        choices=[("draft", "Draft"), ("published", "Published"), ("retired", "Retired")],
                        default="draft",
                        max_length=10,
                    ),
                ),
                ("title", models.CharField(max_length=200)),
                ("body", models.TextField(blank=True)),
                ("steps", models.TextField(blank=True)),
                ("words", models.CharField(blank=True, max_length=500)),
                (
                    "categories",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=20), blank=True, default=list, size=None
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1)),
                ("made_at", models.DateTimeField()),
                ("made_by_name", models.CharField(max_length=160)),
                ("changed_at", models.DateTimeField()),
                ("changed_by_name", models.CharField(max_length=160)),
                ("confirmed_at", models.DateTimeField()),
                ("components", models.ManyToManyField(blank=True, related_name="articles", to="core.component")),
                (
                    "issue",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="articles",
                        to="triage.issue",
                    ),
                ),
                (
                    "launch",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="articles",
                        to="core.launch",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Review",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("begun_at", models.DateTimeField()),
                ("begun_by_name", models.CharField(max_length=160)),
                ("published_at", models.DateTimeField(blank=True, null=True)),
                ("published_by_name", models.CharField(blank=True, max_length=160)),
                (
                    "issue",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="review", to="triage.issue"
                    ),
                ),
                (
                    "launch",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="reviews",
                        to="core.launch",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Passage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("section", models.CharField(max_length=24)),
                ("version", models.PositiveIntegerField()),
                ("text", models.TextField(blank=True)),
                ("facts", models.TextField(blank=True)),
                ("source", models.CharField(blank=True, max_length=500)),
                ("author_name", models.CharField(blank=True, max_length=160)),
                ("written_at", models.DateTimeField()),
                (
                    "author",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "review",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="passages",
                        to="triage.review",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RunbookUse",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("user_name", models.CharField(max_length=160)),
                ("used_at", models.DateTimeField()),
                ("worked", models.BooleanField(blank=True, null=True)),
                ("said_at", models.DateTimeField(blank=True, null=True)),
                (
                    "issue",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="runbook_uses",
                        to="triage.issue",
                    ),
                ),
                (
                    "runbook",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="uses",
                        to="triage.article",
                    ),
                ),
                (
                    "user",
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
        migrations.AddIndex(
            model_name="article",
            index=models.Index(fields=["launch", "kind", "-id"], name="articles_newest"),
        ),
        migrations.AddConstraint(
            model_name="article",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["draft", "published", "retired"])), name="article_state_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="article",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["article", "runbook"])), name="article_kind_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="article",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind", "runbook"), ("steps", ""), _connector="OR"), name="only_runbooks_have_steps"
            ),
        ),
        migrations.AddIndex(
            model_name="review",
            index=models.Index(fields=["launch", "-id"], name="reviews_newest"),
        ),
        migrations.AddConstraint(
            model_name="passage",
            constraint=models.UniqueConstraint(fields=("review", "section", "version"), name="one_passage_per_version"),
        ),
        migrations.AddIndex(
            model_name="runbookuse",
            index=models.Index(fields=["runbook", "-used_at"], name="uses_of_runbook"),
        ),
        migrations.AddConstraint(
            model_name="runbookuse",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("said_at", None), ("worked", None)),
                    models.Q(("said_at__isnull", False), ("worked__isnull", False)),
                    _connector="OR",
                ),
                name="use_told_with_its_time",
            ),
        ),
    ]
