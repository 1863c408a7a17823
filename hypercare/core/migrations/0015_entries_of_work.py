"""Finds the entries by which issues are taken up and move on, without reading those of every report that joined one."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0014_webhooks_and_what_they_wait_for"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="timelineentry",
            index=models.Index(
                condition=models.Q(
                    (
                        "kind__in",
                        (
                            "issue.status",
                            "issue.field",
                            "issue.note",
                            "issue.merged",
                            "room.opened",
                            "alert.acknowledged",
                            "alert.ended",
                        ),
                    )
                ),
                fields=["launch", "subject"],
                name="timeline_of_work",
            ),
        ),
    ]
