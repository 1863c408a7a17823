"""A person may change or switch off the keys of the pages."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0011_promises_and_decisions"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="key_choices",
            field=models.JSONField(blank=True, default=dict),
        ),
    ]
