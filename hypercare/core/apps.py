"""This module registers the core app, and the administration that only superusers may open."""

from django.apps import AppConfig
from django.contrib.admin import apps as admin


class CoreConfig(AppConfig):
    """Launches, people, rights, time, messages: what every other package stands on."""

    name = "hypercare.core"
    label = "core"
    default = True


class AdministrationConfig(admin.AdminConfig):
    """Django's admin with our own door."""

    default = False
    default_site = "hypercare.core.administration.Administration"
