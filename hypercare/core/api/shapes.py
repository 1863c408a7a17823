"""This module holds the shape in which the API answers launches."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from rest_framework import serializers

from hypercare.core.access import Principal
from hypercare.core.api import strict
from hypercare.core.models import Launch, LaunchKey, Phase
from hypercare.core.roles import Role


class LaunchShape(serializers.Serializer[Any]):
    """A launch as answered; `role` is what the caller is in it, `widget_key` the public key for pages."""

    slug = serializers.CharField()
    name = serializers.CharField()
    url = serializers.CharField()
    zone = serializers.CharField()
    language = serializers.ChoiceField(choices=settings.LANGUAGES)
    phase = serializers.ChoiceField(choices=Phase.choices)
    day = serializers.IntegerField(help_text="1 on the day of go-live, 0 or less before")
    days_planned = serializers.IntegerField()
    go_live_on = serializers.DateField()
    planned_end_on = serializers.DateField()
    hard_end_on = serializers.DateField(allow_null=True)
    active_users = serializers.IntegerField(allow_null=True)
    report_at = strict.TimeOfDay()
    report_grace_minutes = serializers.IntegerField()
    transient_minutes = serializers.IntegerField(help_text="what is over within them only came and went; 0 for none")
    transient_quiet_minutes = serializers.IntegerField(help_text="after which it closes by itself")
    transient_times_a_day = serializers.IntegerField(help_text="how often; then a person decides")
    closed_at = serializers.DateTimeField(allow_null=True)
    role = serializers.ChoiceField(choices=Role.choices)
    widget_key = serializers.CharField(allow_null=True)


class LaunchPage(serializers.Serializer[Any]):
    """A page of launches."""

    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    results = LaunchShape(many=True)


def shapes_of(launches: Sequence[Launch], principal: Principal, *, now: datetime) -> list[Any]:
    """The launches as JSON values, with two queries however many there are."""
    user = principal.user
    roles = dict(user.memberships.filter(launch__in=launches).values_list("launch_id", "role"))
    keys = LaunchKey.objects.filter(launch__in=launches, expires_at=None).order_by("pk")
    newest = dict(keys.values_list("launch_id", "key"))
    return [
        LaunchShape(
            {
                "url": settings.PUBLIC_URL + reverse("core:launch", args=[launch.slug]),
                "day": launch.day_on(now),
                "role": Role.ADMIN if user.is_superuser else roles[launch.pk],
                "widget_key": newest.get(launch.pk),
            }
            | {name: getattr(launch, name) for name in _OWN}
        ).data
        for launch in launches
    ]


_OWN = (
    *("slug", "name", "zone", "language", "phase", "days_planned", "go_live_on", "planned_end_on", "hard_end_on"),
    *("active_users", "report_at", "report_grace_minutes", "closed_at"),
    *("transient_minutes", "transient_quiet_minutes", "transient_times_a_day"),
)
