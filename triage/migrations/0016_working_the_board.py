"""A team works its board: orders for many issues with one undo, sleep, saved views, limits of columns."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0010_names_that_components_lost"),
        ("triage", "0015_which_weights_scored_a_pair"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Snooze",
            fields=[
                (
                    "issue",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="snooze",
                        serialize=False,
                        to="triage.issue",
                    ),
                ),
                ("wake_if_worse", models.BooleanField(default=True)),
                ("severity", models.PositiveSmallIntegerField()),
                ("reach", models.PositiveIntegerField()),
                ("reports", models.PositiveIntegerField()),
                ("snoozed_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="BoardChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("action", models.CharField(max_length=12)),
                ("order", models.JSONField(default=dict)),
                ("total", models.PositiveIntegerField(default=0)),
                ("changed", models.PositiveIntegerField(default=0)),
                ("failed", models.PositiveIntegerField(default=0)),
                ("taken_back", models.PositiveIntegerField(default=0)),
                ("told_before", models.PositiveIntegerField(default=0)),
                ("ordered_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                ("undo_asked_at", models.DateTimeField(blank=True, null=True)),
                ("undone_at", models.DateTimeField(blank=True, null=True)),
                (
                    "actor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="board_changes",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "launch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="board_changes", to="core.launch"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ChangedIssue",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("before", models.JSONField(default=dict)),
                ("done_at", models.DateTimeField(blank=True, null=True)),
                ("is_changed", models.BooleanField(default=False)),
                ("detail", models.CharField(blank=True, max_length=500)),
                ("undone_at", models.DateTimeField(blank=True, null=True)),
                ("undo_detail", models.CharField(blank=True, max_length=500)),
                (
                    "change",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="issues", to="triage.boardchange"
                    ),
                ),
                (
                    "issue",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="triage.issue"),
                ),
            ],
        ),
        migrations.CreateModel(
            name="LaneLimit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("status", models.CharField(max_length=12)),
                ("most", models.PositiveSmallIntegerField()),
                (
                    "launch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="lane_limits", to="core.launch"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SavedView",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=60)),
                ("query", models.CharField(blank=True, max_length=1000)),
                (
                    "visibility",
                    models.CharField(
                        choices=[
                            ("private", "Only me"),
                            ("team", "Everyone here"),
                            ("default", "Everyone here, shown first"),
                        ],
                        default="private",
                        max_length=8,
                    ),
                ),
                ("saved_at", models.DateTimeField()),
                (
                    "launch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="saved_views", to="core.launch"
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="saved_views",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="boardchange",
            index=models.Index(
                condition=models.Q(
                    ("finished_at", None),
                    models.Q(("undo_asked_at__isnull", False), ("undone_at", None)),
                    _connector="OR",
                ),
                fields=["id"],
                name="changes_waiting",
            ),
        ),
        migrations.AddIndex(
            model_name="boardchange",
            index=models.Index(fields=["launch", "actor", "-id"], name="changes_of_person"),
        ),
        migrations.AddConstraint(
            model_name="changedissue",
            constraint=models.UniqueConstraint(fields=("change", "issue"), name="one_issue_once_in_a_change"),
        ),
        migrations.AddConstraint(
            model_name="lanelimit",
            constraint=models.UniqueConstraint(fields=("launch", "status"), name="one_limit_per_lane"),
        ),
        migrations.AddConstraint(
            model_name="savedview",
            constraint=models.UniqueConstraint(fields=("launch", "owner", "name"), name="one_view_of_a_name"),
        ),
        migrations.AddConstraint(
            model_name="savedview",
            constraint=models.UniqueConstraint(
                condition=models.Q(("visibility", "default")), fields=("launch",), name="one_default_view"
            ),
        ),
    ]
