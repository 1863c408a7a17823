"""This module gives every launch page what the shell shows, and shows its times in the launch's zone."""

from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest
from django.utils import timezone

from hypercare.core import clock
from hypercare.core.access import Principal, visible_launches
from hypercare.core.models import Launch, User


def launch_context(request: HttpRequest) -> dict[str, Any]:
    """`my_launches`, and with `request.launch` set by the view also `launch`, `launch_day` and `role`."""
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return {}
    principal = Principal(user)
    context: dict[str, Any] = {"my_launches": visible_launches(principal)[:20]}
    launch = getattr(request, "launch", None)
    if isinstance(launch, Launch):
        timezone.activate(ZoneInfo(launch.zone))  # until the request ends, see core.middleware
        context |= {
            "launch": launch,
            "launch_day": launch.day_on(clock.now()),
            "role": principal.role_in(launch),
            "rights": {str(right) for right in principal.rights_in(launch)},
        }
    return context
