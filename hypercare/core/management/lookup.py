"""This module finds for commands what their arguments name."""

from django.core.management.base import CommandError
from django.utils.translation import gettext as _

from hypercare.core.models import Launch


def launch_named(slug: str) -> Launch:
    """The launch; raises CommandError that lists those there are."""
    launch = Launch.objects.filter(slug=slug).first()
    if launch is None:
        known = ", ".join(Launch.objects.order_by("slug").values_list("slug", flat=True)[:20]) or _("none yet")
        raise CommandError(_("There is no launch “%(slug)s”. There are: %(known)s.") % {"slug": slug, "known": known})
    return launch
