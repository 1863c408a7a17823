"""This module gives every launch page what the shell shows: the launch, the person's role and their launches."""

from typing import Any

from django.http import HttpRequest

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
        context |= {
            "launch": launch,
            "launch_day": launch.day_on(clock.now()),
            "role": principal.role_in(launch),
            "rights": {str(right) for right in principal.rights_in(launch)},
        }
    return context
