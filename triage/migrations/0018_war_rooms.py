"""Makes war rooms, stand-ups and the notes of shifts."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0011_promises_and_decisions"),
        ("triage", "0016_working_the_board"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Standup",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("begun_at", models.DateTimeField()),
                ("begun_by_name", models.CharField(max_length=160)),
                ("block", models.CharField(max_length=20)),
                ("block_begun_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "launch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="standups", to="core.launch"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="StandupNote",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("block", models.CharField(max_length=20)),
                ("text", models.CharField(max_length=1000)),
                ("author_name", models.CharField(max_length=160)),
                ("noted_at", models.DateTimeField()),
                (
                    "standup",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="notes", to="triage.standup"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="WarRoom",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "origin",
                    models.CharField(
                        choices=[("rule", "Rule"), ("model", "Model"), ("person", "Person")], max_length=8
                    ),
                ),
                ("opened_at", models.DateTimeField()),
                ("opened_by_name", models.CharField(max_length=160)),
                ("reason", models.CharField(blank=True, max_length=500)),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                ("closed_by_name", models.CharField(blank=True, max_length=160)),
                ("closing_words", models.CharField(blank=True, max_length=500)),
                (
                    "issue",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="rooms", to="triage.issue"
                    ),
                ),
                (
                    "launch",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rooms",
                        to="core.launch",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RoomUpdate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("conditions", models.CharField(max_length=1000)),
                ("actions", models.CharField(max_length=1000)),
                ("needs", models.CharField(blank=True, max_length=1000)),
                ("author_name", models.CharField(max_length=160)),
                ("told_at", models.DateTimeField()),
                ("audiences", models.JSONField(default=list)),
                ("sent_to", models.JSONField(default=list)),
                (
                    "room",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="updates", to="triage.warroom"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RoomLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(choices=[("chat", "Said"), ("note", "Noted")], max_length=4)),
                ("text", models.TextField()),
                ("author_name", models.CharField(max_length=160)),
                ("said_at", models.DateTimeField()),
                (
                    "author",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "room",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="lines", to="triage.warroom"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Duty",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "role",
                    models.CharField(
                        choices=[("commander", "Command"), ("scribe", "Scribe"), ("comms", "Comms"), ("lead", "Lead")],
                        max_length=10,
                    ),
                ),
                ("area", models.CharField(blank=True, max_length=60)),
                ("user_name", models.CharField(max_length=160)),
                ("taken_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "room",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="duties", to="triage.warroom"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Attendance",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("came_at", models.DateTimeField()),
                ("seen_at", models.DateTimeField()),
                ("left_at", models.DateTimeField(blank=True, null=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "room",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="attendances", to="triage.warroom"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ShiftNote",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("begins_at", models.DateTimeField()),
                ("handed_at", models.DateTimeField()),
                ("giver_name", models.CharField(max_length=160)),
                ("taker_name", models.CharField(max_length=160)),
                ("words", models.TextField(blank=True)),
                ("facts", models.JSONField(default=dict)),
                ("acknowledged_at", models.DateTimeField(blank=True, null=True)),
                (
                    "giver",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "launch",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="shift_notes",
                        to="core.launch",
                    ),
                ),
                (
                    "taker",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["launch", "-id"], name="shift_notes_newest")],
            },
        ),
        migrations.AddConstraint(
            model_name="standup",
            constraint=models.UniqueConstraint(fields=("launch", "day"), name="one_standup_per_day"),
        ),
        migrations.AddIndex(
            model_name="warroom",
            index=models.Index(fields=["launch", "-id"], name="rooms_newest"),
        ),
        migrations.AddConstraint(
            model_name="warroom",
            constraint=models.UniqueConstraint(
                condition=models.Q(("closed_at", None)), fields=("issue",), name="one_live_room_per_issue"
            ),
        ),
        migrations.AddConstraint(
            model_name="warroom",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("closed_at", None), models.Q(("closing_words", ""), _negated=True), _connector="OR"
                ),
                name="room_closed_with_words",
            ),
        ),
        migrations.AddConstraint(
            model_name="duty",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at", None)), fields=("room", "role", "area"), name="one_live_duty_per_role"
            ),
        ),
        migrations.AddConstraint(
            model_name="duty",
            constraint=models.CheckConstraint(
                condition=models.Q(("role", "lead"), ("area", ""), _connector="OR"), name="only_leads_have_an_area"
            ),
        ),
        migrations.AddConstraint(
            model_name="attendance",
            constraint=models.UniqueConstraint(
                condition=models.Q(("left_at", None)), fields=("room", "user"), name="in_a_room_once"
            ),
        ),
    ]
