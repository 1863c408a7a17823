"""This module says how it stands with spam and noise in a launch: the lists, their counts, and what people taught."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from feedback.models import Feedback
from hypercare.core.models import Launch
from triage.classify.spam import FIELD, GENUINE
from triage.models import Label
from triage.sifting.gate import mistrusted_in


@dataclass(frozen=True)
class List:
    """One list of the page: which reports stand in it."""

    word: Promise | str
    which: Q


SHOWN = {
    "waiting": List(_("Set aside"), Q(set_aside=True, returns_at__isnull=False)),
    "suspected": List(_("Looks like it"), Q(set_aside=False) & ~Q(spam="")),
    "confirmed": List(_("Confirmed"), Q(set_aside=True, returns_at__isnull=True)),
}


def counts_of(launch: Launch) -> list[int]:
    """How many reports stand in each list."""
    return [Feedback.objects.filter(one.which, launch=launch).count() for one in SHOWN.values()]


def taught_in(launch: Launch) -> dict[str, Any]:
    """What people said of rules' words: how many they confirmed and took back, and which rules may only mark since."""
    live = Label.objects.filter(launch=launch, field=FIELD, withdrawn_at=None)
    counts = live.aggregate(all=Count("pk"), back=Count("pk", filter=Q(value=GENUINE)))
    return counts | {"mistrusted": sorted(mistrusted_in(launch))}
