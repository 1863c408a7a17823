"""This module registers the core app."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    """Launches, people, rights, time, messages: what every other package stands on."""

    name = "hypercare.core"
    label = "core"
