"""Sources feed several launches, check who sends, and know how they are; a batch knows what was rejected and how late it was."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("gateway_ingest", "0008_evidence_from_traffic"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="SourceRoute",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "field",
                    models.CharField(
                        choices=[
                            ("component", "Component"),
                            ("host", "Host"),
                            ("path", "Path begins with"),
                            ("label", "Label"),
                            ("anything", "Everything else"),
                        ],
                        max_length=10,
                    ),
                ),
                ("name", models.CharField(blank=True, max_length=80)),
                ("value", models.CharField(blank=True, max_length=200)),
                ("made_at", models.DateTimeField()),
            ],
            options={
                "ordering": ["pk"],
            },
        ),
        migrations.RemoveConstraint(
            model_name="alert",
            name="alert_once_per_fingerprint",
        ),
        migrations.AddField(
            model_name="batch",
            name="lag",
            field=models.BigIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="batch",
            name="rejected",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="source",
            name="allowed_networks",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=50), blank=True, default=list, size=None
            ),
        ),
        migrations.AddField(
            model_name="source",
            name="letters",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="source",
            name="limited",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="source",
            name="program",
            field=models.CharField(blank=True, db_default="", default="", max_length=30),
        ),
        migrations.AddField(
            model_name="source",
            name="refused",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="source",
            name="rows_a_second",
            field=models.PositiveIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="source",
            name="signature_header",
            field=models.CharField(blank=True, db_default="", default="", max_length=80),
        ),
        migrations.AddField(
            model_name="source",
            name="zone",
            field=models.CharField(blank=True, db_default="", default="", max_length=64),
        ),
        migrations.AddConstraint(
            model_name="alert",
            constraint=models.UniqueConstraint(
                fields=("source", "launch", "fingerprint"), name="alert_once_per_source_and_launch"
            ),
        ),
        migrations.AddField(
            model_name="sourceroute",
            name="launch",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="routes_here", to="core.launch"
            ),
        ),
        migrations.AddField(
            model_name="sourceroute",
            name="made_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="sourceroute",
            name="source",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="routes", to="gateway_ingest.source"
            ),
        ),
        migrations.AddConstraint(
            model_name="sourceroute",
            constraint=models.UniqueConstraint(fields=("source", "field", "name", "value"), name="source_route_once"),
        ),
        migrations.AddConstraint(
            model_name="sourceroute",
            constraint=models.CheckConstraint(
                condition=models.Q(("field__in", ["component", "host", "path", "label", "anything"])),
                name="source_route_field_known",
            ),
        ),
    ]
