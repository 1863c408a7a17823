"""How short an alert is that only came and went, as each launch sets it."""

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("core", "0006_maintenance_windows")]

    operations = [
        migrations.AddField(
            model_name="launch",
            name="transient_minutes",
            field=models.PositiveSmallIntegerField(
                db_default=10,
                default=10,
                validators=[django.core.validators.MaxValueValidator(240)],
                verbose_name="minutes within which an alert only came and went",
            ),
        ),
        migrations.AddField(
            model_name="launch",
            name="transient_quiet_minutes",
            field=models.PositiveSmallIntegerField(
                db_default=5,
                default=5,
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(240),
                ],
                verbose_name="quiet minutes before it closes by itself",
            ),
        ),
        migrations.AddField(
            model_name="launch",
            name="transient_times_a_day",
            field=models.PositiveSmallIntegerField(
                db_default=3,
                default=3,
                validators=[django.core.validators.MaxValueValidator(50)],
                verbose_name="how often a day it may close by itself",
            ),
        ),
    ]
