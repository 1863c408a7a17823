"""This migration keeps how long an issue was worked on, and which exit criteria it holds up."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("triage", "0006_scores"),
    ]

    operations = [
        migrations.AddField(
            model_name="issue",
            name="blocks",
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name="issue",
            name="worked_seconds",
            field=models.PositiveBigIntegerField(default=0),
        ),
        migrations.AddIndex(
            model_name="issue",
            index=models.Index(
                condition=models.Q(("resolution", "fixed"), ("status", "closed"), ("worked_seconds__gt", 0)),
                fields=["launch", "-closed_at"],
                name="issues_fixed",
            ),
        ),
    ]
