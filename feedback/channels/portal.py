"""This module makes a report of what a person wrote on a launch's portal."""

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from feedback.models import Channel
from feedback.report import Report
from feedback.spoken import fingerprint, title_of
from hypercare.core.models import User

DETAILS: dict[str, Promise] = {
    "trying": _("What were you trying to do?"),
    "steps": _("What did you do, step by step?"),
    "expected": _("What did you expect?"),
    "actual": _("What happened instead?"),
}


def report_of(answers: Mapping[str, Any], *, fields: dict[str, Any], user: User | None, language: str) -> Report:
    """The report behind a form without faults; the same form sent twice has the same external id."""
    text = answers["text"]
    details = [f"{question}\n{answers[name]}" for name, question in DETAILS.items() if answers.get(name)]
    body = "\n\n".join([text, *details])
    email = user.email if user else answers.get("email", "")
    return Report(
        channel=Channel.PORTAL,
        source=f"user:{user.pk}" if user else "guest",
        title=title_of(text),
        body=body,
        kind=answers["kind"],
        fields=fields,
        reporter_email=email.lower(),
        reporter_name=user.name if user else "",
        external_id=fingerprint(answers["form_id"], answers["kind"], body, email.lower(), fields),
        language=language,
    )
