from django.db import migrations, models

# An answer about two issues was kept twice, as a pair and as a label; what only the label says becomes a pair.
_LABELS_TO_PAIRS = """
INSERT INTO triage_pair (launch_id, older_id, newer_id, score, evidence, found_at, answer, origin, answered_by_id, answered_at)
SELECT DISTINCT ON (least(issue_id, other_id), greatest(issue_id, other_id))
    launch_id, least(issue_id, other_id), greatest(issue_id, other_id), 0, '{}', labelled_at,
    CASE value WHEN 'yes' THEN 'same' ELSE 'different' END, 'person', actor_id, labelled_at
FROM triage_label WHERE field = 'same_issue' AND issue_id <> other_id
ORDER BY least(issue_id, other_id), greatest(issue_id, other_id), labelled_at DESC
ON CONFLICT DO NOTHING
"""


class Migration(migrations.Migration):
    dependencies = [("triage", "0011_search_among_all_rows")]

    operations = [
        migrations.RunSQL(_LABELS_TO_PAIRS, migrations.RunSQL.noop),
        migrations.RunSQL("DELETE FROM triage_label WHERE field = 'same_issue'", migrations.RunSQL.noop),
        migrations.RemoveField(model_name="label", name="other"),
        migrations.AlterField(
            model_name="label",
            name="way",
            field=models.CharField(
                choices=[
                    ("override", "corrected"),
                    ("accept", "confirmed"),
                    ("let_stand", "let stand"),
                    ("reject", "refused"),
                ],
                max_length=12,
            ),
        ),
        migrations.RemoveConstraint(model_name="modelversion", name="one_champion_per_launch"),
        migrations.AddConstraint(
            model_name="modelversion",
            constraint=models.UniqueConstraint(
                condition=models.Q(("standing", "champion")),
                fields=("launch", "name"),
                name="one_champion_per_launch_and_name",
            ),
        ),
    ]
