"""This module prepares what the issue's page shows of knowledge: runbooks that fit, what was made from it, its review."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from triage.knowledge.suggesting import suggested_for
from triage.models import Article, Issue, Review

# What somebody may say who works by a runbook, as the page's buttons name it.
USE_ORDERS = (("use", _("Use it")), ("worked", _("It worked")), ("failed", _("It did not work")))


def panel(issue: Issue, *, now: datetime) -> dict[str, Any]:
    """A constant number of queries, however many runbooks there are."""
    found = suggested_for(issue, now=now)
    made = Article.objects.filter(issue=issue).exclude(pk__in=[one.runbook.pk for one in found])
    return {
        "runbooks": found,
        "articles": made.order_by("-pk"),
        "review": Review.objects.filter(issue=issue).first(),
        "use_orders": USE_ORDERS,
    }
