"""Keeps labels of issues, who reads which view by mail and what they were told, and when sleepers were looked at."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0016_replies_and_news_of_views"),
        ("triage", "0024_votes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="SeenInView",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("entered_at", models.DateTimeField()),
                ("told_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="ViewReader",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "often",
                    models.CharField(
                        choices=[("hourly", "Every hour at most"), ("daily", "Once a day at most")], max_length=8
                    ),
                ),
                ("secret", models.CharField(max_length=43, unique=True)),
                ("seen_version", models.PositiveBigIntegerField()),
                ("looked_at", models.DateTimeField()),
                ("mailed_at", models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name="issue",
            name="labels",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=40), blank=True, db_default=[], default=list, size=None
            ),
        ),
        migrations.AddField(
            model_name="snooze",
            name="looked_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name="label",
            name="issue",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="lessons",
                to="triage.issue",
            ),
        ),
        migrations.AddIndex(
            model_name="issue",
            index=django.contrib.postgres.indexes.GinIndex(fields=["labels"], name="issue_labels"),
        ),
        migrations.AddIndex(
            model_name="issue",
            index=models.Index(
                condition=models.Q(("labels", []), _negated=True), fields=["launch"], name="issues_with_labels"
            ),
        ),
        migrations.AddField(
            model_name="seeninview",
            name="issue",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="triage.issue"),
        ),
        migrations.AddField(
            model_name="viewreader",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="views_read", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="viewreader",
            name="view",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="readers", to="triage.savedview"
            ),
        ),
        migrations.AddField(
            model_name="seeninview",
            name="reader",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="seen", to="triage.viewreader"
            ),
        ),
        migrations.AddIndex(
            model_name="viewreader",
            index=models.Index(fields=["looked_at"], name="readers_looked_at"),
        ),
        migrations.AddConstraint(
            model_name="viewreader",
            constraint=models.UniqueConstraint(fields=("view", "user"), name="one_reader_of_a_view_per_person"),
        ),
        migrations.AddIndex(
            model_name="seeninview",
            index=models.Index(condition=models.Q(("told_at", None)), fields=["reader"], name="seen_not_told"),
        ),
        migrations.AddConstraint(
            model_name="seeninview",
            constraint=models.UniqueConstraint(fields=("reader", "issue"), name="one_issue_told_once_to_a_reader"),
        ),
    ]
