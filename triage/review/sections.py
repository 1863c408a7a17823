"""This module lists the sections of a review, in their order, with what each of them is for."""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from hypercare.core.problem import wrong

TITLES = {
    "overview": _("Overview"),
    "what_happened": _("What happened"),
    "contributing_factors": _("Contributing factors"),
    "resolution": _("Resolution"),
    "impact": _("Impact"),
    "responders": _("Responders"),
    "timeline": _("Timeline"),
    "went_well": _("What went well"),
    "went_less_well": _("What went less well"),
    "internal_message": _("Message to colleagues"),
    "external_message": _("Message to the people concerned"),
}
ASKS = {
    "overview": _("Two or three sentences that somebody who was not there understands."),
    "what_happened": _("The course of it: what people saw, and what turned out to be behind it."),
    "contributing_factors": _("All that had to come together. Name conditions, not people."),
    "resolution": _("What ended it for now, and what ends it for good."),
    "impact": _("How long, how many, and what it cost."),
    "responders": _("Who worked on it, and as what."),
    "timeline": _("From the cause to the end, with the actions that counted."),
    "went_well": _("What helped, so that it is kept."),
    "went_less_well": _("What cost time or trust."),
    "internal_message": _("What all colleagues should know of it."),
    "external_message": _("What the people it struck are told, in their words."),
}
# A review is read with these where they stand in the list; the actions come between the lessons and the messages.
ACTIONS_AFTER = "went_less_well"


def known(name: str) -> str:
    """The name of a section; Problem 400 for any other."""
    if name not in TITLES:
        raise wrong("/section", gettext("Use one of %(known)s.") % {"known": ", ".join(TITLES)})
    return name
