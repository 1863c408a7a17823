"""Keeps what teams decide and what people promise, and lets rooms send mail."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0010_names_that_components_lost"),
    ]

    operations = [
        migrations.AlterField(
            model_name="message",
            name="kind",
            field=models.CharField(
                choices=[
                    ("receipt", "Receipt"),
                    ("closed", "Report closed"),
                    ("daily_report", "Daily status report"),
                    ("room_update", "Update of a war room"),
                    ("shift", "Shift handed over"),
                    ("reminder", "Reminder of a promise or an update"),
                    ("invitation", "Invitation"),
                    ("account", "Account"),
                ],
                max_length=16,
            ),
        ),
        migrations.CreateModel(
            name="Commitment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("about", models.CharField(max_length=40)),
                ("what", models.CharField(max_length=500)),
                ("owner_name", models.CharField(max_length=160)),
                ("due_at", models.DateTimeField()),
                ("made_at", models.DateTimeField()),
                ("made_by_name", models.CharField(max_length=160)),
                ("chased_at", models.DateTimeField(blank=True, null=True)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("kept", models.BooleanField(blank=True, null=True)),
                ("reason", models.CharField(blank=True, max_length=500)),
                (
                    "launch",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="commitments",
                        to="core.launch",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="commitments",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["launch", "about", "-id"], name="commitments_about"),
                    models.Index(condition=models.Q(("ended_at", None)), fields=["due_at"], name="commitments_open"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_at", None), ("kept", None)),
                            models.Q(("ended_at__isnull", False), ("kept__isnull", False)),
                            _connector="OR",
                        ),
                        name="commitment_ends_kept_or_not",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="RecordedDecision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("about", models.CharField(max_length=40)),
                ("what", models.CharField(max_length=500)),
                ("why", models.CharField(blank=True, max_length=2000)),
                ("decider_name", models.CharField(max_length=160)),
                ("decided_at", models.DateTimeField()),
                (
                    "decided_by",
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
                        related_name="recorded_decisions",
                        to="core.launch",
                    ),
                ),
                (
                    "supersedes",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="superseded_by",
                        to="core.recordeddecision",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["launch", "about", "-id"], name="decisions_about"),
                    models.Index(fields=["launch", "-decided_at"], name="decisions_newest"),
                ],
            },
        ),
    ]
