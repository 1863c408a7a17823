"""A source reads its own JSON and checks signatures; topics are confirmed by errands; dead letters are replayed."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("gateway_ingest", "0002_old_keys_and_repeats"),
    ]

    operations = [
        migrations.AddField(
            model_name="deadletter",
            name="handled_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="deadletter",
            name="headers",
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name="source",
            name="signed_only",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="source",
            name="signing_secret",
            field=models.CharField(blank=True, max_length=600),
        ),
        migrations.CreateModel(
            name="Mapping",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("items", models.CharField(blank=True, max_length=200)),
                ("title", models.CharField(max_length=200)),
                ("severity", models.CharField(blank=True, max_length=200)),
                ("status", models.CharField(blank=True, max_length=200)),
                ("key", models.CharField(blank=True, max_length=200)),
                ("component", models.CharField(blank=True, max_length=200)),
                ("time", models.CharField(blank=True, max_length=200)),
                ("link", models.CharField(blank=True, max_length=200)),
                ("severity_words", models.JSONField(blank=True, default=dict)),
                ("status_words", models.JSONField(blank=True, default=dict)),
                ("changed_at", models.DateTimeField()),
                (
                    "source",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="mapping", to="gateway_ingest.source"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SigningCertificate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("asked_at", models.DateTimeField()),
                ("not_before", models.DateTimeField()),
                ("claimed_until", models.DateTimeField(blank=True, null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("handled_at", models.DateTimeField(blank=True, null=True)),
                ("outcome", models.CharField(blank=True, max_length=300)),
                ("url", models.CharField(max_length=300, unique=True)),
                ("pem", models.TextField(blank=True)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("handled_at", None)), fields=["not_before"], name="certificates_wanted"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="TopicSubscription",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("asked_at", models.DateTimeField()),
                ("not_before", models.DateTimeField()),
                ("claimed_until", models.DateTimeField(blank=True, null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("handled_at", models.DateTimeField(blank=True, null=True)),
                ("outcome", models.CharField(blank=True, max_length=300)),
                ("message_id", models.CharField(max_length=100)),
                ("topic", models.CharField(max_length=300)),
                ("message", models.JSONField(blank=True, default=dict)),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="topic_subscriptions",
                        to="gateway_ingest.source",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("handled_at", None)), fields=["not_before"], name="subscriptions_waiting"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("source", "message_id"), name="subscription_once_per_message")
                ],
            },
        ),
    ]
