"""Remembers by which version of matching a suggested pair was scored, so that it is scored again when another decides."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("triage", "0013_spam_set_aside")]

    operations = [
        migrations.AddField("pair", "judged_by", models.PositiveIntegerField(default=0)),
        migrations.RemoveIndex("pair", "pairs_unanswered"),
        migrations.AddIndex(
            "pair",
            models.Index(fields=["launch", "judged_by"], name="pairs_by_judge", condition=models.Q(answer="")),
        ),
    ]
