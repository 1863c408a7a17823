"""Names that led to a component, and until when: nobody waits for what was called by them."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0009_metrics_and_retired_components"),
    ]

    operations = [
        migrations.CreateModel(
            name="FormerName",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=80)),
                ("until", models.DateTimeField()),
                (
                    "launch",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="former_names",
                        to="core.launch",
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("launch", "name"), name="former_name_once_per_launch")],
            },
        ),
    ]
