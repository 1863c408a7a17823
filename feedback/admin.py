"""This module shows what people said to administrators; nothing here is changed by hand."""

from django.contrib import admin

from feedback.models import Attachment, Feedback, Quarantined, Reporter
from hypercare.core.administration import Shown


@admin.register(Feedback)
class FeedbackAdmin(Shown):
    """Reports as they are stored."""

    list_display = (
        "key",
        "launch",
        "channel",
        "title",
        "category",
        "severity",
        "issue_key",
        "received_at",
        "triaged_at",
    )
    list_filter = ("launch", "channel")
    list_select_related = ("launch",)
    search_fields = ("title", "issue_key")
    exclude = ("search",)


@admin.register(Reporter)
class ReporterAdmin(Shown):
    """People who can be told apart."""

    list_display = ("email", "external_id", "name", "launch", "language", "created_at")
    list_filter = ("launch",)
    search_fields = ("email", "name")


@admin.register(Attachment)
class AttachmentAdmin(Shown):
    """Files by name and type; their content is had from the report."""

    list_display = ("name", "content_type", "size", "created_at")
    exclude = ("file",)


@admin.register(Quarantined)
class QuarantinedAdmin(Shown):
    """Reports over the rate."""

    list_display = ("reason", "launch", "received_at", "handled_at", "handled_by")
    list_filter = ("launch",)
