"""Flags are known by when they were heard, sources by where they stand, and what no JSON is by that."""

import json

import django.db.models.deletion
from django.db import migrations, models


def find_what_is_no_json(apps, _schema_editor):
    letters = apps.get_model("gateway_ingest", "DeadLetter").objects.exclude(body="")
    numbers = [number for number, body in letters.values_list("pk", "body").iterator(200) if not _is_json(body)]
    letters.filter(pk__in=numbers).update(is_json=False)


def _is_json(body):
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        return False
    return True


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0009_metrics_and_retired_components"),
        ("gateway_ingest", "0018_beginnings_by_the_senders_clock"),
    ]

    operations = [
        migrations.AddField(model_name="alert", name="early_end_at", field=models.DateTimeField(blank=True, null=True)),
        migrations.AddField(
            model_name="deadletter", name="is_json", field=models.BooleanField(db_default=True, default=True)
        ),
        migrations.RunPython(find_what_is_no_json, migrations.RunPython.noop),
        migrations.AddField(
            model_name="seriesmemory",
            name="zone",
            field=models.CharField(db_default="UTC", default="UTC", max_length=64),
        ),
        migrations.AddField(
            model_name="source",
            name="environment",
            field=models.CharField(blank=True, db_default="", default="", max_length=40),
        ),
        migrations.CreateModel(
            name="HeardFlag",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("heard_at", models.DateTimeField()),
                ("flagged", models.PositiveIntegerField()),
                (
                    "kind",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="gateway_ingest.callkind",
                    ),
                ),
                (
                    "launch",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="core.launch"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["launch", "heard_at"], name="heard_flags_lately")],
            },
        ),
    ]
