"""Keeps which issue a run of a rule was about, and finds what a run caused, so that old runs are quickly deleted."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("triage", "0025_labels_and_readers_of_views")]

    operations = [
        migrations.RemoveIndex(model_name="automationrun", name="runs_about_subject"),
        migrations.AddField(
            model_name="automationrun",
            name="about",
            field=models.CharField(blank=True, db_default="", default="", max_length=64),
        ),
        migrations.AlterField(
            model_name="automationrun",
            name="cause",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="triage.automationrun",
            ),
        ),
        migrations.AddIndex(
            model_name="automationrun",
            index=models.Index(fields=["rule", "about", "-ran_at"], name="runs_about_one"),
        ),
    ]
