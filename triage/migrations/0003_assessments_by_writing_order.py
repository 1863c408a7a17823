"""The newest assessment is the one written last, not the one with the greatest time: a clock may be set back."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Reversible."""

    dependencies = [("triage", "0002_sent_reports_stay")]
    operations = [
        migrations.RemoveIndex(model_name="assessment", name="assessment_newest"),
        migrations.AddIndex(
            model_name="assessment", index=models.Index(fields=["criterion", "-id"], name="assessment_written_last")
        ),
    ]
