"""A person may change or switch off the keys of the pages."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0010_names_that_components_lost"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="key_choices",
            field=models.JSONField(blank=True, default=dict),
        ),
    ]
