"""This module shows a launch's rules."""

from django.http import HttpRequest, HttpResponse


def page(request: HttpRequest, slug: str) -> HttpResponse:
    """Stub."""
    return HttpResponse(slug)


def rule(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """Stub."""
    return HttpResponse(slug + name)
