"""Gives reports room for spam and noise, AI failures and governance, and counts what is not looked at without what is set aside."""

from django.db import migrations, models

_NOT_ASIDE = models.Q(set_aside=False)


def _word(length: int) -> models.CharField:
    return models.CharField(blank=True, default="", db_default="", max_length=length)


class Migration(migrations.Migration):
    dependencies = [("feedback", "0006_known_issues")]

    operations = [
        migrations.AddField("feedback", "spam", _word(8)),
        migrations.AddField("feedback", "set_aside", models.BooleanField(default=False, db_default=False)),
        migrations.AddField("feedback", "returns_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddField("feedback", "ai_failure", _word(20)),
        migrations.AddField("feedback", "governance", _word(20)),
        migrations.RemoveIndex("feedback", "feedback_not_looked_at"),
        migrations.AddIndex(
            "feedback",
            models.Index(
                fields=["launch"],
                name="feedback_not_looked_at",
                condition=models.Q(reply_status="received", set_aside=False),
            ),
        ),
        migrations.AddIndex(
            "feedback",
            models.Index(fields=["launch", "-id"], name="feedback_set_aside", condition=models.Q(set_aside=True)),
        ),
        migrations.AddIndex(
            "feedback",
            models.Index(
                fields=["launch", "-id"], name="feedback_suspected", condition=~models.Q(spam="") & _NOT_ASIDE
            ),
        ),
        migrations.AddIndex(
            "feedback",
            models.Index(
                fields=["launch", "ai_failure", "-id"],
                name="feedback_by_ai_failure",
                condition=~models.Q(ai_failure=""),
            ),
        ),
        migrations.AddIndex(
            "feedback",
            models.Index(
                fields=["launch", "governance", "-id"],
                name="feedback_by_governance",
                condition=~models.Q(governance=""),
            ),
        ),
    ]
