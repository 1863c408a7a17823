"""Keeps which bone of a preset a bone was added as, so that none is added twice, whatever it is called."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("triage", "0026_runs_about_one_issue")]

    operations = [
        migrations.AddField(
            model_name="bone",
            name="seed",
            field=models.CharField(blank=True, db_default="", default="", max_length=16),
        ),
    ]
