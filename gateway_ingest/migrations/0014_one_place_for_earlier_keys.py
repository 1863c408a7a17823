"""A source's earlier keys stand in a table of their own only."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("gateway_ingest", "0013_ends_by_hand_keys_and_letters")]

    operations = [
        migrations.RemoveField(model_name="source", name="old_digest"),
        migrations.RemoveField(model_name="source", name="old_until"),
    ]
