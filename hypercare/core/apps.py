"""This module registers the core app, and the administration that only superusers may open."""

from django.apps import AppConfig
from django.contrib.admin import apps as admin


class CoreConfig(AppConfig):
    """Launches, people, rights, time, messages: what every other package stands on."""

    name = "hypercare.core"
    label = "core"
    default = True

    def ready(self) -> None:
        """Makes the schema know how callers prove who they are."""
        from hypercare.core.api import security_schemes  # noqa: F401, PLC0415 - it registers itself when it is read


class AdministrationConfig(admin.AdminConfig):
    """Django's admin with our own door."""

    default = False
    default_site = "hypercare.core.administration.Administration"
