"""A launch's hard end cannot come before its planned end."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Reversible."""

    dependencies = [("core", "0002_append_only_timeline")]
    operations = [
        migrations.AddConstraint(
            model_name="launch",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("hard_end_on", None), ("hard_end_on__gte", models.F("planned_end_on")), _connector="OR"
                ),
                name="launch_hard_end_after_planned",
            ),
        )
    ]
