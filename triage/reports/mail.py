"""This module writes a report as a mail, in HTML and text, in its reader's language."""

import re
from dataclasses import dataclass

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import override

from hypercare.core.models import Subscription
from triage.models import StatusReport
from triage.reports.reading import read, subject_of

_EMPTY_LINES = re.compile(r"\n[ \t]*(?:\n[ \t]*)+\n")


@dataclass(frozen=True)
class Mail:
    """What is sent."""

    subject: str
    html: str
    text: str


def write(report: StatusReport, *, language: str, stop_link: str = "") -> Mail:
    """The mail of a report; without `stop_link` it is the copy for the archive."""
    with override(language):
        reading = read(report.figures)
        context = {
            "report": report,
            "reading": reading,
            "language": language,
            "link": settings.PUBLIC_URL
            + reverse("triage:report_on", args=[report.launch.slug, report.day.isoformat()]),
            "exit_link": settings.PUBLIC_URL + reverse("triage:exit", args=[report.launch.slug]),
            "stop_link": stop_link,
        }
        text = render_to_string("triage/mail/daily_report.txt", context)
        return Mail(
            subject=subject_of(report.figures),
            html=render_to_string("triage/mail/daily_report.html", context),
            text=_EMPTY_LINES.sub("\n\n", text).strip() + "\n",
        )


def stop_link_of(subscription: Subscription) -> str:
    """The address that ends the mail for one reader."""
    return settings.PUBLIC_URL + reverse("core:unsubscribe", args=[subscription.secret])
