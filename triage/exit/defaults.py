"""This module holds the exit criteria every new launch begins with."""

from django.utils.translation import gettext_noop

from hypercare.core.models import Launch
from triage.models import Comparator, ExitCriterion


def _beginnings(launch: Launch) -> list[ExitCriterion]:
    return [
        ExitCriterion(
            launch=launch,
            code="E1",
            name=gettext_noop("No critical problems open"),
            metric="open_sev1_sev2",
            comparator=Comparator.EQUAL,
            threshold=0,
            hold_days=5,
            signer=gettext_noop("Tech lead"),
            position=1,
        ),
        ExitCriterion(
            launch=launch,
            code="E5",
            name=gettext_noop("No error alerts"),
            metric="error_alerts",
            comparator=Comparator.EQUAL,
            threshold=0,
            hold_days=1,
            signer=gettext_noop("Ops lead"),
            position=5,
        ),
        ExitCriterion(
            launch=launch,
            code="E6",
            name=gettext_noop("Inflow back to normal"),
            metric="inflow",
            comparator=Comparator.AT_MOST,
            threshold=1.2,
            hold_days=7,
            signer=gettext_noop("Service desk"),
            position=6,
        ),
    ]


def ensure_criteria(launch: Launch) -> None:
    """Gives a launch without criteria the three it begins with; two at once make them once."""
    if not ExitCriterion.objects.filter(launch=launch).exists():
        ExitCriterion.objects.bulk_create(_beginnings(launch), ignore_conflicts=True)
