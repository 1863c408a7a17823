"""This module shows what machines said to administrators; nothing here is changed by hand."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from gateway_ingest.models import Alert, AlertChange, Batch, DeadLetter, Source


class Shown(admin.ModelAdmin):  # type: ignore[type-arg]  # generic for mypy only
    """Rows to look at: machines write them, the product's own pages change them."""

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 - the framework's interface
        """Never by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - the framework's interface
        """Never by hand."""
        return False


@admin.register(Source)
class SourceAdmin(Shown):
    """Who may post."""

    list_display = ("name", "launch", "hint", "created_at", "revoked_at", "last_event_at", "repeats")
    list_filter = ("launch",)
    exclude = ("digest", "old_digest")


@admin.register(Alert)
class AlertAdmin(Shown):
    """Alerts and their state."""

    list_display = ("title", "launch", "severity", "status", "count", "episode", "latest_seen_at")
    list_filter = ("launch", "status", "severity")
    search_fields = ("title", "fingerprint")


@admin.register(AlertChange)
class AlertChangeAdmin(Shown):
    """What waits for triage or was followed."""

    list_display = ("alert", "status", "episode", "changed_at", "handled_at")
    list_filter = ("status",)


@admin.register(DeadLetter)
class DeadLetterAdmin(Shown):
    """Bodies that could not become anything."""

    list_display = ("key", "source", "format", "reason", "received_at")
    list_filter = ("source",)


@admin.register(Batch)
class BatchAdmin(Shown):
    """Deliveries of the last day."""

    list_display = ("batch_id", "source", "accepted", "received_at")
