"""Lets a decision keep all of a title and of an address, and gives those in force what was cut off."""

from django.db import migrations, models

WHOLE = """
UPDATE triage_decision decided SET value = issue.title
FROM triage_issue issue
WHERE issue.id = decided.issue_id AND decided.field = 'title' AND decided.origin = 'person' AND decided.ended_at IS NULL
    AND length(decided.value) = 120;

UPDATE triage_decision decided SET value = owner.email
FROM triage_issue issue JOIN core_user owner ON owner.id = issue.owner_id
WHERE issue.id = decided.issue_id AND decided.field = 'owner' AND decided.origin = 'person' AND decided.ended_at IS NULL
    AND length(decided.value) = 120;
"""
CUT = "UPDATE triage_decision SET value = left(value, 120) WHERE length(value) > 120"


class Migration(migrations.Migration):
    dependencies = [("triage", "0027_bones_of_presets")]

    operations = [
        migrations.AlterField(model_name="decision", name="value", field=models.CharField(max_length=300)),
        migrations.RunSQL(WHOLE, CUT),
    ]
