"""Names two more reasons for a mail: a reply to a report, and what is new in a saved view."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0015_entries_of_work"),
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
                    ("reply", "Reply to a report"),
                    ("view", "New in a saved view"),
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
    ]
