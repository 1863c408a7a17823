"""This module gives each report its secret page and mails the receipt to people who left an address."""

from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from feedback.models import PUBLIC_CHANNELS, Feedback, ReceiptLink
from hypercare.core.messages import queue_mail
from hypercare.core.models import MessageKind
from hypercare.core.problem import not_found
from hypercare.core.secrets import derived, digest


def secret_of(feedback_id: int) -> str:
    """The 128-bit secret of a report's page; stored only as a hash, derived again for a true repeat."""
    return derived("receipt", str(feedback_id))


def path_of(feedback: Feedback) -> str:
    """The path of a report's page on this host."""
    return reverse("feedback:receipt", args=[secret_of(feedback.pk)])


def link_of(feedback: Feedback) -> str:
    """The full address of a report's page."""
    return settings.PUBLIC_URL + path_of(feedback)


def reason_line(feedback: Feedback) -> str:
    """Why a person gets mail about a report, in the language now active."""
    return _("You get this mail because you left your address with report %(key)s for %(launch)s.") % {
        "key": feedback.key, "launch": feedback.launch.name}  # fmt: skip


def feedback_of(secret: str) -> Feedback:
    """The report behind a secret link; 404 for anything else."""
    receipt = (
        ReceiptLink.objects.select_related("feedback__launch", "feedback__reporter")
        .filter(digest=digest(secret))
        .first()
    )
    if receipt is None:
        raise not_found(_("This link does not open a report. Check that it is whole, or ask for a new one."))
    return receipt.feedback


def send_receipt(feedback: Feedback, *, now: datetime) -> None:
    """Queues the receipt mail of a person's report, in their language, in the caller's transaction."""
    reporter = feedback.reporter
    if feedback.channel not in PUBLIC_CHANNELS or reporter is None or not reporter.email:
        return
    with override(feedback.language):
        subject = _("We have your report %(key)s") % {"key": feedback.key}
        lines = [
            _("Thank you. A person reads every report."),
            _("You wrote: %(title)s") % {"title": feedback.title},
            _("Follow it here: %(link)s") % {"link": link_of(feedback)},
            reason_line(feedback),
        ]
    queue_mail(
        launch=feedback.launch,
        kind=MessageKind.RECEIPT,
        about=feedback.key,
        to_address=reporter.email,
        language=feedback.language,
        subject=subject,
        text="\n\n".join(lines),
        once_key=f"receipt:{feedback.pk}",
        now=now,
    )
