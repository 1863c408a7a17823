"""This module trains a launch's model anew and lets it meet the one that decides; the better one decides from then on."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from hypercare.core.models import Component, Launch
from triage.classify import corpus
from triage.classify.classify import load_model
from triage.classify.shelf import store
from triage.classify.text_model import TextModel
from triage.classify.train import encoder
from triage.classify.versions import FIELDS, champion_of
from triage.learn import champions
from triage.learn.champions import decided_meanwhile
from triage.learn.contest import Contest, meet
from triage.learn.examples import Example, examples_of
from triage.learn.recent import FEWEST_HELD, FEWEST_LEARNED, Split, TooFew, split
from triage.learn.teach import teach
from triage.locks import lock_launch
from triage.models import ModelVersion

PROMOTED, KEPT, ABSTAINED = "promoted", "kept", "abstained"


@dataclass(frozen=True)
class Outcome:
    """What a training came to, and why."""

    name: str
    reason: str
    version: ModelVersion | None = None


def retrain(launch: Launch, *, now: datetime, folder: Path = corpus.FOLDER) -> Outcome:
    """Learns what people decided, holds the newest of it out to judge by, and promotes what is better for sure."""
    with override(launch.language):
        champion = champion_of(launch.pk)
        found = split(examples_of(launch), seen_until=champion.learned_until if champion else None)
        if isinstance(found, TooFew):
            return Outcome(ABSTAINED, _too_few(found))
        components = list(Component.objects.filter(launch=launch))
        taught = teach(
            found.learned,
            seed=corpus.read_corpus(folder),
            components=[component.slug for component in components],
            semantic=bool(encoder()),
        )
        ruling = load_model(now=now, launch_id=launch.pk, corpus=folder)
        contest = meet(ruling, taught.model, found.held, fields=(*FIELDS, "component"), components=components)
        figures = taught.figures | {
            "corpus": corpus.corpus_digest(folder),
            "contest": _told(contest, found, ruling.number),
        }
        return settle(launch, taught.model, figures, contest, found, met=champion, now=now)


@transaction.atomic
def settle(
    launch: Launch,
    model: TextModel,
    figures: dict[str, Any],
    contest: Contest,
    found: Split[Example],
    *,
    met: ModelVersion | None,
    now: datetime,
) -> Outcome:
    """Keeps the version with its file, and promotes it where nothing speaks against it; `met` decided as it began."""
    lock_launch(launch.pk)
    why_not, won = _against(launch, contest, found, met=met), _won(contest)
    keep = partial(store, model, figures, now=now, learned_until=found.learned_until)
    version = champions.enter(launch, keep, why_not=why_not, won=won, now=now)
    return Outcome(KEPT if why_not else PROMOTED, why_not or won, version)


def _against(launch: Launch, contest: Contest, found: Split[Example], *, met: ModelVersion | None) -> str:
    """Why it may not decide by itself; empty where it may."""
    gained = {"gained": contest.whole.gained, "lost": contest.whole.lost, "p": _chance(contest)}
    worse = [field for field, meeting in contest.fields.items() if meeting.is_worse]
    if contest.whole.is_better and worse:
        return _("Better in all, but clearly worse in %(fields)s.") % {"fields": ", ".join(worse)}
    if not contest.is_won:
        return _(
            "Not better for sure on the held-out decisions: right where the other was wrong %(gained)s times, "
            "wrong where it was right %(lost)s times (%(p)s)."
        ) % gained  # fmt: skip
    if found.by_tickets:
        return _(
            "Better on old tickets, but too few decisions here could judge it. Promote it by hand if reports are like them."
        )
    if found.one_voice:
        return _(
            "Better, but nearly all decisions that judged it are one person's. Promote it by hand if you trust them."
        )
    return decided_meanwhile(launch, met=met)


def _won(contest: Contest) -> str:
    return _(
        "Better on the held-out decisions: right where the other was wrong %(gained)s times, "
        "wrong where it was right %(lost)s times (%(p)s)."
    ) % {"gained": contest.whole.gained, "lost": contest.whole.lost, "p": _chance(contest)}


def _chance(contest: Contest) -> str:
    return "p < 0.001" if contest.whole.chance < 0.001 else f"p = {contest.whole.chance:.3f}"


def _too_few(found: TooFew) -> str:
    return _(
        "Too few decisions so far: %(learned)s to learn from (%(fewest)s are needed) and %(unseen)s that the present "
        "model has not seen (%(held)s are needed to judge by)."
    ) % {
        "learned": found.learned, "fewest": FEWEST_LEARNED, "unseen": found.unseen, "held": FEWEST_HELD
    }  # fmt: skip


def _told(contest: Contest, found: Split[Example], against: int) -> dict[str, Any]:
    meetings = {"whole": contest.whole, **contest.fields}
    return {
        "against": against,
        "texts": len(found.held),
        "from": found.held[0].at.isoformat(),
        "to": found.held[-1].at.isoformat(),
        "tickets": sum(one.is_ticket for one in found.held),
        "one_voice": found.one_voice,
        "meetings": {
            name: {"gained": one.gained, "lost": one.lost, "p": round(one.chance, 5)} for name, one in meetings.items()
        },
        "champion": contest.champion,
        "challenger": contest.challenger,
    }
