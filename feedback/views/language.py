"""This module decides which language a public page speaks: the one asked for, else the report's, else the browser's."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.text import capfirst

from feedback.report import LANGUAGES


def speak(request: HttpRequest, *, otherwise: str = "") -> str:
    """Turns this request's answer to its language and names it."""
    asked = request.POST.get("language") or request.GET.get("lang") or otherwise
    language = asked if asked in LANGUAGES else translation.get_language()
    language = language if language in LANGUAGES else LANGUAGES[0]
    translation.activate(language)
    return language


def choices(language: str) -> list[dict[str, Any]]:
    """The other languages a page can be read in."""
    others = [code for code in LANGUAGES if code != language]
    return [{"code": code, "name": capfirst(translation.get_language_info(code)["name_local"])} for code in others]


def remember(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Keeps a language that was asked for by link."""
    asked = request.GET.get("lang")
    if asked in LANGUAGES:
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            asked,
            max_age=settings.LANGUAGE_COOKIE_AGE,
            samesite="Lax",
            secure=settings.LANGUAGE_COOKIE_SECURE,
        )
    return response
