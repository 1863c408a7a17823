"""A launch's own rules and their runs, what rules hold, and a trigger that hands over changes of scores to who waits."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

_TELL = """
CREATE FUNCTION tell_of_scores() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO core_happening (launch_id, listener, kind, subject, data, actor_name, by_person, occurred_at, recorded_at,
        cause, attempts, not_before)
    SELECT issue.launch_id, wish.listener, wish.kind, 'IS-' || issue.id,
        jsonb_build_object('moved', said.moved, 'severity', said.severity, 'moscow', said.moscow), 'Hypercare', false,
        said.scored_at, said.scored_at, nullif(current_setting('hypercare.cause', true), '')::bigint, 0, said.scored_at
    FROM said JOIN triage_issue issue ON issue.id = said.issue_id
        JOIN core_wish wish ON wish.launch_id = issue.launch_id AND wish.kind = 'issue.scored'
    WHERE said.moved <> '{}'::jsonb
    ORDER BY said.id;
    RETURN NULL;
END $$;
CREATE TRIGGER scores_are_told AFTER INSERT ON triage_score REFERENCING NEW TABLE AS said
    FOR EACH STATEMENT EXECUTE FUNCTION tell_of_scores();
"""
_BE_SILENT = """
DROP TRIGGER scores_are_told ON triage_score;
DROP FUNCTION tell_of_scores();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0014_webhooks_and_what_they_wait_for"),
        ("triage", "0022_reviews_and_knowledge"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="decision",
            name="holds",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.CreateModel(
            name="AutomationRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=80)),
                ("event", models.CharField(max_length=40)),
                (
                    "matching",
                    models.CharField(
                        choices=[("all", "All of them"), ("any", "At least one")], default="all", max_length=3
                    ),
                ),
                ("conditions", models.JSONField(default=list)),
                ("actions", models.JSONField(default=list)),
                ("place", models.PositiveSmallIntegerField(default=1)),
                ("is_on", models.BooleanField(default=False)),
                ("off_why", models.CharField(blank=True, max_length=12)),
                ("owner_name", models.CharField(max_length=160)),
                ("version", models.PositiveIntegerField(default=1)),
                ("created_at", models.DateTimeField()),
                (
                    "launch",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="automation_rules",
                        to="core.launch",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="AutomationRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("happening", models.BigIntegerField()),
                ("event", models.CharField(max_length=40)),
                ("subject", models.CharField(max_length=64)),
                ("by_name", models.CharField(max_length=160)),
                ("occurred_at", models.DateTimeField()),
                ("ran_at", models.DateTimeField()),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("done", "Done"),
                            ("partly", "Partly done"),
                            ("nothing", "Nothing to do"),
                            ("not_met", "Conditions not met"),
                            ("failed", "Not done"),
                            ("held", "Held back"),
                        ],
                        max_length=8,
                    ),
                ),
                ("guarded", models.BooleanField(default=False)),
                ("why", models.CharField(blank=True, max_length=500)),
                ("results", models.JSONField(default=list)),
                ("chain", models.JSONField(default=list)),
                (
                    "cause",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="triage.automationrun",
                    ),
                ),
                (
                    "rule",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="runs",
                        to="triage.automationrule",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="automationrule",
            constraint=models.UniqueConstraint(fields=("launch", "name"), name="one_automation_of_a_name"),
        ),
        migrations.AddConstraint(
            model_name="automationrule",
            constraint=models.CheckConstraint(
                condition=models.Q(models.Q(("is_on", True), ("off_why", "")), ("is_on", False), _connector="OR"),
                name="automation_on_or_why_off",
            ),
        ),
        migrations.AddIndex(
            model_name="automationrun",
            index=models.Index(fields=["rule", "-id"], name="runs_newest"),
        ),
        migrations.AddIndex(
            model_name="automationrun",
            index=models.Index(fields=["rule", "subject", "-ran_at"], name="runs_about_subject"),
        ),
        migrations.AddIndex(
            model_name="automationrun",
            index=models.Index(fields=["ran_at"], name="runs_by_time"),
        ),
        migrations.AddConstraint(
            model_name="automationrun",
            constraint=models.UniqueConstraint(fields=("rule", "happening"), name="one_run_of_a_rule_per_happening"),
        ),
        migrations.RunSQL(_TELL, _BE_SILENT),
    ]
