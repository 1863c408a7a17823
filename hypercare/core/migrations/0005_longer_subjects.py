"""This migration gives a timeline entry's subject room for the longest address of a launch."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("core", "0004_cache_table")]

    operations = [
        migrations.AlterField(model_name="timelineentry", name="subject", field=models.CharField(max_length=64)),
    ]
