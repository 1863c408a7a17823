"""This module writes down what a team decided, why, and which earlier decision it takes the place of."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from hypercare.core.models import Launch, RecordedDecision
from hypercare.core.problem import Problem, wrong
from hypercare.core.timeline import Actor, Entry, record
from triage.warroom import words

LONGEST_WHAT, LONGEST_WHY = 500, 2000


@transaction.atomic
def decide(
    launch: Launch, *, about: str, what: str, why: str, actor: Actor, now: datetime, supersedes: str = ""
) -> RecordedDecision:
    """Records a decision; 400 for no such earlier one about the same, 409 where that one was superseded already."""
    kept = {
        "what": words.said(what, "what", longest=LONGEST_WHAT),
        "why": words.said(why, "why", longest=LONGEST_WHY, has_lines=True, may_lack=True),
    }
    before = _earlier(launch, about, supersedes)
    try:
        with transaction.atomic():
            made = RecordedDecision.objects.create(
                launch=launch, about=about, decided_by=actor.user, decider_name=actor.name, decided_at=now,
                supersedes=before, **kept,
            )  # fmt: skip
    except IntegrityError:
        detail = _("%(key)s was superseded already; look at the newest decision.") % {"key": supersedes}
        raise Problem(409, detail) from None
    data = {"decision": made.pk, "supersedes": before.key if before else ""}
    record(launch, [Entry(about, "decision.made", data)], actor=actor, now=now)
    return made


def _earlier(launch: Launch, about: str, key: str) -> RecordedDecision | None:
    if not key.strip():
        return None
    number = key.strip().upper().removeprefix("DE-")
    known = number.isascii() and number.isdecimal() and len(number) < 19
    found = decisions_about(launch, about).filter(pk=int(number)).first() if known else None
    if found is None:
        raise wrong("/supersedes", _("There is no such decision here."))
    return found


def decisions_about(launch: Launch, about: str) -> QuerySet[RecordedDecision]:
    """The decisions about a room or a stand-up, newest first."""
    rows = RecordedDecision.objects.filter(launch=launch, about=about)
    return rows.select_related("superseded_by").order_by("-pk")
