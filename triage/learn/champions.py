"""This module says which version decides in a launch: promoted by a contest or by hand, and rolled back by one click.

A roll-back is a person's word, so it stands: until somebody promotes a version by hand, contests only propose.
"""

from collections.abc import Callable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from hypercare.core.models import Launch, TimelineEntry
from hypercare.core.problem import Problem, wrong
from hypercare.core.timeline import SYSTEM, Actor, Entry, record
from triage.classify.versions import NAME, champion_of, is_whole
from triage.locks import lock_launch
from triage.match.judge import NAME as MATCHING
from triage.models import ModelVersion, Standing

SUBJECTS = {NAME: "model", MATCHING: "matching"}


@transaction.atomic
def promote(
    launch: Launch, number: int, *, name: str = NAME, actor: Actor, now: datetime, reason: str = ""
) -> ModelVersion:
    """Lets a version decide from now on; 400 for one it does not have, 409 where its file is gone or changed."""
    lock_launch(launch.pk)
    version = ModelVersion.objects.filter(name=name, launch=launch, number=number).first()
    if version is None:
        detail = _("This launch has no version %(number)s.") % {"number": number}
        raise wrong("/version", detail)
    if not is_whole(version):
        detail = _("The file of version %(number)s is missing, changed or of another format, so it cannot decide.")
        raise Problem(409, detail % {"number": number})
    before = champion_of(launch.pk, name=name)
    if before and before.number == number:
        return version
    _retire(before)
    version.standing, version.decided_from = Standing.CHAMPION, now
    version.reason = (reason or _("promoted by %(who)s") % {"who": actor.name})[:500]
    version.save(update_fields=["standing", "decided_from", "reason"])
    data = {"version": number, "before": before.number if before else None, "reason": reason}
    record(launch, [Entry(SUBJECTS[name], "model.promoted", data)], actor=actor, now=now)
    return version


def enter(
    launch: Launch, keep: Callable[..., ModelVersion], *, name: str = NAME, why_not: str, won: str, now: datetime
) -> ModelVersion:
    """Keeps a newcomer in place of any that waits, and promotes it unless something speaks against it.

    The caller holds the launch's lock, so that nobody promotes or rolls back between its look and the promotion.
    """
    waiting = ModelVersion.objects.filter(name=name, launch=launch, standing=Standing.CHALLENGER)
    waiting.update(standing=Standing.RETIRED)
    reason = why_not or won
    version = keep(launch=launch, standing=Standing.CHALLENGER, reason=reason[:500])
    data = {"version": version.number, "reason": reason}
    record(launch, [Entry(SUBJECTS[name], "model.trained", data)], actor=SYSTEM, now=now)
    return version if why_not else promote(launch, version.number, name=name, actor=SYSTEM, now=now, reason=reason)


@transaction.atomic
def roll_back(launch: Launch, *, name: str = NAME, actor: Actor, now: datetime) -> ModelVersion | None:
    """Gives the word back to the version that decided before, or to the shipped model (None); 409 where that decides."""
    lock_launch(launch.pk)
    present = champion_of(launch.pk, name=name)
    if present is None:
        raise Problem(409, _("The shipped model decides; there is nothing to roll back."))
    earlier = ModelVersion.objects.filter(name=name, launch=launch, decided_from__lt=present.decided_from)
    back = next((one for one in earlier.order_by("-decided_from") if is_whole(one)), None)
    # Without the time from which it decided it counts no more among those that decided before another.
    present.decided_from = None
    _retire(present, reason=_("rolled back by %(who)s") % {"who": actor.name})
    if back:
        back.standing = Standing.CHAMPION
        back.save(update_fields=["standing"])
    data = {"version": present.number, "to": back.number if back else None}
    record(launch, [Entry(SUBJECTS[name], "model.rolled_back", data)], actor=actor, now=now)
    return back


def _retire(version: ModelVersion | None, *, reason: str = "") -> None:
    if version is None:
        return
    version.standing = Standing.RETIRED
    version.reason = reason[:500] or version.reason
    version.save(update_fields=["standing", "reason", "decided_from"])


def decided_meanwhile(launch: Launch, *, name: str = NAME, met: ModelVersion | None) -> str:
    """What people decided about versions since a newcomer met the one that decided, against which no contest counts."""
    if is_held_back(launch, name=name):
        return _("Better, but somebody rolled back, and that stands until a version is promoted by hand.")
    if champion_of(launch.pk, name=name) != met:
        return _("Better than the version that decided before, but another came to decide while it was trained.")
    return ""


def is_held_back(launch: Launch, *, name: str = NAME) -> bool:
    """Whether somebody rolled back and nobody promoted since."""
    moves = TimelineEntry.objects.filter(
        launch=launch, subject=SUBJECTS[name], kind__in=("model.promoted", "model.rolled_back")
    )
    last = moves.order_by("-id").values_list("kind", flat=True).first()
    return last == "model.rolled_back"
