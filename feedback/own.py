"""This module decides which reports are a signed-in person's own."""

from allauth.account.models import EmailAddress
from django.db.models import QuerySet

from feedback.models import MACHINE_CHANNELS, Feedback
from hypercare.core.models import User


def owns_address(user: User) -> bool:
    """Whether the account's address is the person's: given by an administrator, or changed and then confirmed."""
    rows = EmailAddress.objects.filter(user=user, email__iexact=user.email)
    return not rows.exists() or rows.filter(verified=True).exists()


def reports_of(user: User) -> QuerySet[Feedback]:
    """What was reported with the person's address over all launches, newest first; nothing while the address is unproven."""
    if not owns_address(user):
        return Feedback.objects.none()
    own = Feedback.objects.filter(reporter__email=user.email.lower()).exclude(channel__in=MACHINE_CHANNELS)
    return own.select_related("launch").order_by("-id")
