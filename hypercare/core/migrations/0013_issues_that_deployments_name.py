"""A deployment remembers which issues its texts name, until triage has followed them; a fix may be told by mail."""

from django.db import migrations, models


def _followed(apps, schema_editor):
    """Nothing was read of what went live before."""
    deployments = apps.get_model("core", "Deployment").objects.using(schema_editor.connection.alias)
    deployments.update(linked_at=models.F("deployed_at"))


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0012_keys_of_people"),
    ]

    operations = [
        migrations.AddField(
            model_name="deployment",
            name="named_issues",
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name="deployment",
            name="linked_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.RunPython(_followed, migrations.RunPython.noop, elidable=True),
        migrations.AddIndex(
            model_name="deployment",
            index=models.Index(condition=models.Q(("linked_at", None)), fields=["id"], name="deployments_to_link"),
        ),
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
                    ("invitation", "Invitation"),
                    ("account", "Account"),
                ],
                max_length=16,
            ),
        ),
    ]
