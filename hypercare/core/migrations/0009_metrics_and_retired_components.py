"""A launch names figures that it takes from outside, and a component may be retired."""

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0008_one_index_for_each_beginning"),
    ]

    operations = [
        migrations.AddField(
            model_name="component",
            name="retired_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.CreateModel(
            name="MetricDefinition",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "name",
                    models.CharField(
                        max_length=50,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[A-Za-z][A-Za-z0-9_./-]*$",
                                "Begin with a letter, then letters, digits and the signs _ . / and -.",
                            )
                        ],
                    ),
                ),
                ("unit", models.CharField(blank=True, max_length=20)),
                (
                    "only",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=80), blank=True, default=list, size=None
                    ),
                ),
                (
                    "launch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="metric_definitions",
                        to="core.launch",
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("launch", "name"), name="metric_once_per_launch")],
            },
        ),
    ]
