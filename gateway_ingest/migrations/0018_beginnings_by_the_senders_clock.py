"""An alert keeps when it began by its sender's own clock, where that is ahead of ours."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("gateway_ingest", "0016_one_index_for_each_beginning"),
    ]

    operations = [
        migrations.AddField(
            model_name="alert",
            name="own_starts_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
