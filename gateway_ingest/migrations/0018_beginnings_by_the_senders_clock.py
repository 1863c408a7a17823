"""An alert keeps when it began by its sender's own clock, where that is ahead of ours."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("gateway_ingest", "0017_who_feeds_a_component"),
    ]

    operations = [
        migrations.AddField(
            model_name="alert",
            name="own_starts_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
