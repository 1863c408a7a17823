"""Makes votes, and keeps with each issue when it was first heard of."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

FIRST_HEARD = """
WITH RECURSIVE tree(root, id) AS (
    SELECT id, id FROM triage_issue
    UNION ALL
    SELECT tree.root, child.id FROM tree JOIN triage_issue child ON child.merged_into_id = tree.id
), told AS (
    SELECT tree.root, min(feedback.received_at) AS heard,
           min(feedback.occurred_at) FILTER (WHERE feedback.channel IN ('alert', 'gateway_rule')) AS machine,
           min(feedback.occurred_at) FILTER (WHERE feedback.channel NOT IN ('alert', 'gateway_rule')) AS person
    FROM tree JOIN triage_match match ON match.issue_id = tree.id AND match.ended_at IS NULL
    JOIN feedback_feedback feedback ON feedback.id = match.feedback_id GROUP BY tree.root
)
UPDATE triage_issue SET heard_at = told.heard, machine_at = told.machine, person_at = told.person
FROM told WHERE told.root = triage_issue.id
"""


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0015_entries_of_work"),
        ("triage", "0023_rules_of_a_launch"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="issue",
            name="heard_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="issue",
            name="machine_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="issue",
            name="person_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.CreateModel(
            name="VotingRound",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("question", models.CharField(max_length=200)),
                ("method", models.CharField(choices=[("points", "100 points"), ("dots", "Dots")], max_length=8)),
                ("each", models.PositiveSmallIntegerField()),
                ("is_hidden", models.BooleanField(default=True)),
                ("opened_at", models.DateTimeField()),
                ("opened_by_name", models.CharField(max_length=160)),
                ("closes_at", models.DateTimeField()),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                ("invited", models.PositiveIntegerField(blank=True, null=True)),
                (
                    "launch",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="voting_rounds",
                        to="core.launch",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Candidate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveSmallIntegerField()),
                ("applied_at", models.DateTimeField(blank=True, null=True)),
                ("applied_by_name", models.CharField(blank=True, max_length=160)),
                ("applied_value", models.FloatField(blank=True, null=True)),
                (
                    "issue",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="candidacies", to="triage.issue"
                    ),
                ),
                (
                    "round",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="candidates",
                        to="triage.votinground",
                    ),
                ),
            ],
            options={
                "ordering": ("position",),
            },
        ),
        migrations.CreateModel(
            name="Ballot",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("voter_name", models.CharField(max_length=160)),
                ("given", models.JSONField()),
                ("cast_at", models.DateTimeField()),
                (
                    "voter",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "round",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="ballots",
                        to="triage.votinground",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="votinground",
            index=models.Index(fields=["launch", "-id"], name="voting_rounds_newest"),
        ),
        migrations.AddIndex(
            model_name="votinground",
            index=models.Index(
                condition=models.Q(("closed_at", None)), fields=["closes_at"], name="voting_rounds_open"
            ),
        ),
        migrations.AddConstraint(
            model_name="votinground",
            constraint=models.CheckConstraint(
                condition=models.Q(("closes_at__gt", models.F("opened_at"))), name="round_ends_after_it_opens"
            ),
        ),
        migrations.AddConstraint(
            model_name="votinground",
            constraint=models.CheckConstraint(
                condition=models.Q(("each__gte", 1)), name="round_gives_something_to_each"
            ),
        ),
        migrations.AddConstraint(
            model_name="candidate",
            constraint=models.UniqueConstraint(fields=("round", "issue"), name="candidate_once_per_round"),
        ),
        migrations.AddConstraint(
            model_name="ballot",
            constraint=models.UniqueConstraint(fields=("round", "voter"), name="one_ballot_per_voter"),
        ),
        migrations.RunSQL(FIRST_HEARD, migrations.RunSQL.noop),
    ]
