"""This module tests that the crowd that benchmarks and deep tests fill a launch with fits the tables as they are."""

import pytest

from benchmarks import crowd
from feedback.models import Feedback
from triage.models import Decision, Issue, Match

pytestmark = pytest.mark.django_db(transaction=True)


def test_crowd_has_an_issue_for_every_fifteen_reports_and_the_models_own_defaults(launch, now):
    crowd.fill(launch, first=1, last=45, now=now)
    assert (Feedback.objects.count(), Match.objects.count(), Issue.objects.count()) == (45, 45, 4)
    assert Decision.objects.count() == 2 * 45 + 4
    assert set(Issue.objects.values_list("impact_level", "rpn")) == {(3, 64)}
