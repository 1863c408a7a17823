"""This module brings a signed-in person to a launch's page: the right is checked, and the shell learns where it is."""

from django.http import HttpRequest

from hypercare.core.access import Principal, access_launch
from hypercare.core.models import Launch
from hypercare.core.roles import Right
from hypercare.core.timeline import Actor


def enter(request: HttpRequest, slug: str, *, right: Right) -> tuple[Launch, Actor]:
    """The launch, and the person as the timeline names them; raises the 404 or 403 Problem of `access_launch`."""
    principal = Principal.of(request)
    launch = access_launch(principal, slug, right=right)
    request.launch = launch  # type: ignore[attr-defined]  # read by hypercare.core.context
    return launch, principal.actor
