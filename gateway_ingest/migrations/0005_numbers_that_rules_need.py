"""What rules and findings need of traffic; what a window has none of becomes null, which takes no room."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0005_longer_subjects"),
        ("gateway_ingest", "0004_calls_and_windows"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="callkind",
            name="call_kind_once",
        ),
        migrations.AddField(
            model_name="callkind",
            name="error_format",
            field=models.CharField(blank=True, max_length=7),
        ),
        migrations.AddField(
            model_name="callkind",
            name="scheme",
            field=models.CharField(blank=True, max_length=5),
        ),
        migrations.AddField(
            model_name="window",
            name="forgot",
            field=models.IntegerField(null=True),
        ),
        migrations.AddField(
            model_name="window",
            name="helpful",
            field=models.IntegerField(null=True),
        ),
        migrations.AddField(
            model_name="window",
            name="malformed",
            field=models.IntegerField(null=True),
        ),
        migrations.AddField(
            model_name="window",
            name="provider_errors",
            field=models.IntegerField(null=True),
        ),
        migrations.AddField(
            model_name="window",
            name="unavailable",
            field=models.IntegerField(null=True),
        ),
        migrations.AddField(
            model_name="window",
            name="unhelpful",
            field=models.IntegerField(null=True),
        ),
        migrations.AlterField(
            model_name="window",
            name="calls",
            field=models.IntegerField(null=True),
        ),
        migrations.AlterField(
            model_name="window",
            name="consumers",
            field=models.BinaryField(null=True),
        ),
        migrations.AlterField(
            model_name="window",
            name="cost",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AlterField(
            model_name="window",
            name="duration_sum",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AlterField(
            model_name="window",
            name="errors",
            field=models.IntegerField(null=True),
        ),
        migrations.AlterField(
            model_name="window",
            name="first_bytes",
            field=models.BinaryField(null=True),
        ),
        migrations.AlterField(
            model_name="window",
            name="flagged",
            field=models.IntegerField(null=True),
        ),
        migrations.AlterField(
            model_name="window",
            name="input_tokens",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AlterField(
            model_name="window",
            name="latencies",
            field=models.BinaryField(null=True),
        ),
        migrations.AlterField(
            model_name="window",
            name="limited",
            field=models.IntegerField(null=True),
        ),
        migrations.AlterField(
            model_name="window",
            name="output_tokens",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AlterField(
            model_name="window",
            name="refused",
            field=models.IntegerField(null=True),
        ),
        migrations.AddConstraint(
            model_name="callkind",
            constraint=models.UniqueConstraint(
                fields=(
                    "launch",
                    "hint",
                    "method",
                    "route",
                    "status_class",
                    "release",
                    "consumer_class",
                    "provider",
                    "model",
                    "prompt_version",
                    "scheme",
                    "error_format",
                ),
                name="call_kind_once",
            ),
        ),
    ]
