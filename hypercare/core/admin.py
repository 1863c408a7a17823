"""This module registers core's tables with the administration: accounts may be changed, all else is only read.

What a launch is made of is changed on its own pages, where each change is written to the timeline. Digests, secrets of
links, and the texts of mails are not shown.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.http import HttpRequest

from hypercare.core.administration import Shown
from hypercare.core.forms.fields import LowerEmailField
from hypercare.core.members import rights_changed
from hypercare.core.models import (
    ApiToken,
    Component,
    Delivery,
    Deployment,
    FieldDefinition,
    Launch,
    LaunchKey,
    Measurement,
    Membership,
    Message,
    MetricDefinition,
    Subscription,
    Team,
    TimelineEntry,
    User,
    WorkerBeat,
)


class NewAccountForm(AdminUserCreationForm):  # type: ignore[type-arg]  # it takes no argument at run time
    """An account by address."""

    email = LowerEmailField()

    class Meta:
        model = User
        fields = ("email", "name")


class AccountForm(forms.ModelForm):  # type: ignore[type-arg]  # ModelForm takes no argument at run time
    """What may change of an account."""

    email = LowerEmailField()

    class Meta:
        model = User
        fields = ("email", "name", "language", "is_active", "is_superuser")


@admin.register(User)
class Accounts(UserAdmin):  # type: ignore[type-arg]  # it takes no argument at run time
    """People; passwords are set by their own link."""

    form = AccountForm
    add_form = NewAccountForm
    ordering = ("email",)
    list_display = ("email", "name", "is_active", "is_superuser", "last_login")
    list_filter = ("is_active", "is_superuser")
    search_fields = ("email", "name")
    filter_horizontal = ()
    readonly_fields = ("last_login", "created_at")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "email",
                    "name",
                    "language",
                    "is_active",
                    "is_superuser",
                    "last_login",
                    "created_at",
                )
            },
        ),
    )
    add_fieldsets = ((None, {"fields": ("email", "name", "usable_password", "password1", "password2")}),)

    def save_model(self, request: HttpRequest, obj: User, form: forms.ModelForm[Any], change: bool) -> None:
        """Whoever runs the installation is staff; an account that ends loses its open sockets."""
        obj.is_staff = obj.is_superuser
        super().save_model(request, obj, form, change)
        rights_changed(obj)


def _show(model: type[Any], *columns: str, hidden: tuple[str, ...] = (), filters: tuple[str, ...] = ()) -> None:
    fields = {
        "list_display": columns,
        "exclude": hidden,
        "list_filter": filters,
    }
    admin.site.register(model, type(f"{model.__name__}Admin", (Shown,), fields))


_show(Launch, "name", "slug", "phase", "go_live_on", "planned_end_on", "closed_at", filters=("phase",))
_show(Membership, "user", "launch", "role", filters=("role",))
_show(Team, "name", "launch", "email")
_show(Component, "name", "launch", "kind", "team", "critical", filters=("kind",))
_show(FieldDefinition, "label", "launch", "key", "kind")
_show(LaunchKey, "launch", "created_at", "expires_at", "first_report_at")
_show(
    ApiToken,
    "user",
    "name",
    "launch",
    "created_at",
    "expires_at",
    "last_used_at",
    "revoked_at",
    hidden=("digest",),
)
_show(Deployment, "release", "launch", "environment", "deployed_at", "source")
_show(
    Message,
    "to_address",
    "kind",
    "launch",
    "created_at",
    "sent_at",
    "given_up_at",
    hidden=("text", "html", "headers"),
    filters=("kind",),
)
_show(Delivery, "message", "tried_at", "accepted", "detail")
_show(Subscription, "user", "launch", "ended_at", hidden=("secret",))
_show(MetricDefinition, "name", "launch", "unit")
_show(Measurement, "launch", "metric", "measured_at", "value", filters=("metric",))
_show(TimelineEntry, "recorded_at", "launch", "kind", "subject", "actor_name")
_show(WorkerBeat, "name", "beat_at")
