"""This module registers the entry points as an app, for their commands and so that every process knows the Celery app."""

from django.apps import AppConfig


class HypercareConfig(AppConfig):
    """Names the apps and starts them; holds no logic."""

    name = "hypercare"

    def ready(self) -> None:
        """Makes the Celery app the current one, so that tasks rung by name go to our broker."""
        from hypercare import celery  # noqa: F401, PLC0415 - apps are ready only now
