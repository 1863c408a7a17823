"""This module shows what triage decided to administrators; nothing here is changed by hand."""

from django.contrib import admin

from hypercare.core.administration import Shown
from triage.models import Assessment, Decision, ExitCriterion, Issue, Match, ModelVersion, StatusReport


@admin.register(Issue)
class IssueAdmin(Shown):
    """Issues as they are stored."""

    list_display = ("key", "launch", "title", "status", "severity", "feedback_count", "opened_at", "version")
    list_filter = ("launch", "status", "severity")
    list_select_related = ("launch",)
    search_fields = ("title",)
    exclude = ("search",)


@admin.register(Decision)
class DecisionAdmin(Shown):
    """Every value somebody or something chose."""

    list_display = ("field", "value", "applied", "origin", "decider", "confidence", "decided_at", "ended_at")
    list_filter = ("origin", "field")


@admin.register(Match)
class MatchAdmin(Shown):
    """Which issue a report belongs to, now and before."""

    list_display = ("__str__", "origin", "confidence", "reason", "matched_at", "ended_at")
    list_filter = ("origin",)


@admin.register(ModelVersion)
class ModelVersionAdmin(Shown):
    """Trained models and what they scored."""

    list_display = ("name", "number", "trained_at", "digest")


@admin.register(ExitCriterion)
class ExitCriterionAdmin(Shown):
    """Promises about metrics."""

    list_display = ("code", "name", "launch", "metric", "comparator", "threshold", "hold_days", "must")
    list_filter = ("launch",)


@admin.register(Assessment)
class AssessmentAdmin(Shown):
    """What a criterion was at a moment."""

    list_display = ("criterion", "assessed_at", "value", "satisfied", "state")


@admin.register(StatusReport)
class StatusReportAdmin(Shown):
    """Daily reports."""

    list_display = ("subject", "launch", "day", "drafted_at", "sent_at", "sent_by")
    list_filter = ("launch",)
