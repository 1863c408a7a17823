"""This module shows what triage decided to administrators; nothing here is changed by hand."""

from django.contrib import admin

from hypercare.core.administration import Shown
from triage.models import (
    Assessment,
    Decision,
    ExitCriterion,
    Issue,
    Label,
    Match,
    ModelVersion,
    StatusReport,
    Training,
)


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

    list_display = ("name", "number", "launch", "standing", "trained_at", "digest")
    list_filter = ("launch", "standing")


@admin.register(Label)
class LabelAdmin(Shown):
    """What people said, as examples to learn from."""

    list_display = ("field", "value", "way", "said_value", "said_by", "actor_name", "labelled_at", "withdrawn_at")
    list_filter = ("launch", "way", "field")


@admin.register(Training)
class TrainingAdmin(Shown):
    """Trainings and what came of them."""

    list_display = ("launch", "asked_name", "asked_at", "ended_at", "outcome", "seconds", "reason")
    list_filter = ("launch", "outcome")


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
