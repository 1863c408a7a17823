"""Every page counts the reports that nobody has looked at; an index of just those makes it cheap."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Reversible."""

    dependencies = [("feedback", "0001_first_tables")]
    operations = [
        migrations.AddIndex(
            model_name="feedback",
            index=models.Index(
                fields=["launch"], name="feedback_not_looked_at", condition=models.Q(reply_status="received")
            ),
        ),
    ]
