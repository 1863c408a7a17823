"""Reports are found by the trace they carry."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("feedback", "0002_count_not_looked_at")]

    operations = [
        migrations.AddIndex(
            model_name="feedback",
            index=models.Index(
                condition=models.Q(("trace_id", ""), _negated=True),
                fields=["launch", "trace_id"],
                name="feedback_by_trace",
            ),
        ),
    ]
