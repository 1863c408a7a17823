"""This module shows what machines said to administrators; nothing here is changed by hand."""

from django.contrib import admin

from gateway_ingest.models import Alert, AlertChange, Batch, DeadLetter, Source
from hypercare.core.administration import Shown


@admin.register(Source)
class SourceAdmin(Shown):
    """Who may post."""

    list_display = ("name", "launch", "hint", "created_at", "revoked_at", "last_event_at", "repeats")
    list_filter = ("launch",)
    exclude = ("digest", "signing_secret")


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
