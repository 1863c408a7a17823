"""This module mails who answers for an issue that fires though it is fixed: once for each way it was seen, daily at most."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from hypercare.core.messages import queue_mail
from hypercare.core.models import MessageKind, User
from triage.models import Issue
from triage.warroom.listeners import still_here


def tell(issue: Issue, *, why: str, reason: str, now: datetime) -> None:
    """Mails its owner, or who steers the launch where it has none that is still there."""
    day = now.astimezone(ZoneInfo(issue.launch.zone)).date()
    for person in still_here(User.objects.filter(pk=issue.owner_id or 0), issue.launch):
        with override(person.language):
            said = {"key": issue.key, "title": issue.title, "launch": issue.launch.name}
            link = settings.PUBLIC_URL + reverse("triage:issue", args=[issue.launch.slug, issue.key])
            parts = [
                _("%(key)s of %(launch)s was fixed, and fires: %(title)s") % said,
                reason,
                _("Its traffic, and what to do: %(link)s") % {"link": link},
            ]
            queue_mail(
                launch=issue.launch,
                kind=MessageKind.FIRES,
                about=issue.key,
                to_address=person.email,
                language=person.language,
                subject=_("%(key)s still fires: %(title)s") % said,
                text="\n\n".join(parts),
                once_key=f"fires:{issue.pk}:{why}:{day}:{person.pk}",
                now=now,
            )
