"""This module registers the triage app."""

from django.apps import AppConfig


class TriageConfig(AppConfig):
    """Decides and steers: from feedback to issue to board to report."""

    name = "triage"
