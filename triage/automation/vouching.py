"""This module says whether anybody known stands behind an issue; else no rule makes it SEV1 or opens its room."""

from django.db.models import Exists, OuterRef, Q

from feedback.models import Feedback
from hypercare.core.models import Membership, TimelineEntry
from triage import tree
from triage.models import Issue
from triage.sifting.gate import SIFTED_CHANNELS

_WORKED_ON = ("issue.status", "issue.field")


def nobody_vouched(issue: Issue) -> bool:
    """Whether all its reports are of strangers, and no person has worked on it."""
    keys = tree.keys_of(issue.pk)
    reports = Feedback.objects.filter(launch=issue.launch_id, issue_key__in=keys)
    members = Membership.objects.filter(launch=issue.launch_id, user__is_active=True).values("user__email")
    elsewhere = Feedback.objects.filter(reporter=OuterRef("reporter"), issue_key__gt="").exclude(issue_key__in=keys)
    is_known = ~Q(channel__in=SIFTED_CHANNELS) | Q(source__startswith="user:") | Q(reporter__email__in=members)
    if not reports.exists() or reports.filter(is_known | Q(Exists(elsewhere))).exists():
        return False
    worked_on = TimelineEntry.objects.filter(launch=issue.launch_id, subject=issue.key, kind__in=_WORKED_ON)
    return not worked_on.filter(actor__isnull=False).exists()
