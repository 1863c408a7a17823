"""Webhooks with their deliveries, and a trigger that hands over each timeline entry that somebody waits for."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

_TELL = """
CREATE FUNCTION tell_of_entries() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO core_happening (launch_id, listener, kind, subject, data, actor_name, by_person, occurred_at, recorded_at,
        cause, attempts, not_before)
    SELECT said.launch_id, wish.listener, said.kind, said.subject, said.data, said.actor_name, said.actor_id IS NOT NULL,
        said.occurred_at, said.recorded_at, nullif(current_setting('hypercare.cause', true), '')::bigint, 0, said.recorded_at
    FROM said JOIN core_wish wish ON wish.launch_id = said.launch_id AND wish.kind = said.kind
    ORDER BY said.id;
    RETURN NULL;
END $$;
CREATE TRIGGER entries_are_told AFTER INSERT ON core_timelineentry REFERENCING NEW TABLE AS said
    FOR EACH STATEMENT EXECUTE FUNCTION tell_of_entries();
"""
_BE_SILENT = """
DROP TRIGGER entries_are_told ON core_timelineentry;
DROP FUNCTION tell_of_entries();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0013_issues_that_deployments_name"),
    ]

    operations = [
        migrations.AlterField(
            model_name="message",
            name="kind",
            field=models.CharField(
                choices=[
                    ("receipt", "Receipt"),
                    ("closed", "Report closed"),
                    ("fixed", "Fixed and checked"),
                    ("daily_report", "Daily status report"),
                    ("room_update", "Update of a war room"),
                    ("shift", "Shift handed over"),
                    ("reminder", "Reminder of a promise or an update"),
                    ("rule", "Sent by a rule of the launch"),
                    ("switched_off", "Rule or webhook switched off"),
                    ("invitation", "Invitation"),
                    ("account", "Account"),
                ],
                max_length=16,
            ),
        ),
        migrations.CreateModel(
            name="OutgoingWebhook",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=80)),
                ("url", models.CharField(max_length=500)),
                (
                    "events",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40), blank=True, default=list, size=None
                    ),
                ),
                ("sealed", models.TextField()),
                ("sealed_before", models.TextField(blank=True)),
                ("before_until", models.DateTimeField(blank=True, null=True)),
                ("with_people", models.BooleanField(default=False)),
                ("owner_name", models.CharField(max_length=160)),
                ("is_on", models.BooleanField(default=True)),
                ("paused_why", models.CharField(blank=True, max_length=10)),
                ("failing_since", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField()),
                (
                    "launch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="webhooks", to="core.launch"
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="WebhookDelivery",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("host", models.CharField(max_length=255)),
                ("event", models.CharField(max_length=40)),
                ("subject", models.CharField(blank=True, max_length=64)),
                ("body", models.TextField()),
                ("once_key", models.CharField(max_length=80, unique=True)),
                ("created_at", models.DateTimeField()),
                ("next_try_at", models.DateTimeField()),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("claimed_by", models.CharField(blank=True, max_length=60)),
                ("claimed_until", models.DateTimeField(blank=True, null=True)),
                ("done_at", models.DateTimeField(blank=True, null=True)),
                ("given_up_at", models.DateTimeField(blank=True, null=True)),
                (
                    "webhook",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deliveries",
                        to="core.outgoingwebhook",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="WebhookTry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("tried_at", models.DateTimeField()),
                ("status", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("ms", models.PositiveIntegerField()),
                ("answer", models.TextField(blank=True)),
                ("trouble", models.CharField(blank=True, max_length=300)),
                (
                    "delivery",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="log", to="core.webhookdelivery"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Wish",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("listener", models.CharField(choices=[("rules", "Rules"), ("webhooks", "Webhooks")], max_length=10)),
                ("kind", models.CharField(max_length=48)),
                (
                    "launch",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="core.launch"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Happening",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("listener", models.CharField(choices=[("rules", "Rules"), ("webhooks", "Webhooks")], max_length=10)),
                ("kind", models.CharField(max_length=48)),
                ("subject", models.CharField(max_length=64)),
                ("data", models.JSONField(default=dict)),
                ("actor_name", models.CharField(max_length=160)),
                ("by_person", models.BooleanField(default=False)),
                ("occurred_at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField()),
                ("cause", models.BigIntegerField(blank=True, null=True)),
                ("attempts", models.PositiveSmallIntegerField(db_default=0, default=0)),
                ("not_before", models.DateTimeField()),
                (
                    "launch",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="core.launch"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["listener", "id"], name="happenings_waiting")],
            },
        ),
        migrations.AddConstraint(
            model_name="outgoingwebhook",
            constraint=models.UniqueConstraint(fields=("launch", "name"), name="one_webhook_of_a_name"),
        ),
        migrations.AddConstraint(
            model_name="outgoingwebhook",
            constraint=models.CheckConstraint(
                condition=models.Q(models.Q(("is_on", True), ("paused_why", "")), ("is_on", False), _connector="OR"),
                name="webhook_on_or_paused",
            ),
        ),
        migrations.AddIndex(
            model_name="webhookdelivery",
            index=models.Index(fields=["webhook", "-id"], name="deliveries_newest"),
        ),
        migrations.AddIndex(
            model_name="webhookdelivery",
            index=models.Index(
                condition=models.Q(("done_at", None), ("given_up_at", None)),
                fields=["next_try_at"],
                name="deliveries_waiting",
            ),
        ),
        migrations.AddConstraint(
            model_name="webhookdelivery",
            constraint=models.CheckConstraint(
                condition=models.Q(("done_at", None), ("given_up_at", None), _connector="OR"),
                name="delivered_or_given_up",
            ),
        ),
        migrations.AddConstraint(
            model_name="wish",
            constraint=models.UniqueConstraint(fields=("launch", "kind", "listener"), name="one_wish_of_a_kind"),
        ),
        migrations.RunSQL(_TELL, _BE_SILENT),
    ]
