"""This module suggests what reports are: type, severity, tone, component and what words tell, each with a reason."""

import threading
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
from django.utils.translation import gettext as _
from scipy.sparse import csr_matrix

from feedback.models import MACHINE_CHANNELS, Feedback
from hypercare.core.models import Component
from triage.classify import ai_failures, evidence, governance, languages
from triage.classify.calibration import Floats
from triage.classify.corpus import FOLDER
from triage.classify.features import MAX_CHARACTERS
from triage.classify.learner import Head
from triage.classify.naming_components import ComponentFinder
from triage.classify.reasons import Reasons, Wording
from triage.classify.severity_words import floor_of
from triage.classify.shelf import read_whole, write_what_is_held
from triage.classify.spam import suggest_spam
from triage.classify.suggestion import ABSTAIN_UNDER, Suggestion, abstention, suggest
from triage.classify.text_model import TextModel
from triage.classify.train import ensure_model
from triage.classify.versions import champion_of, is_whole, shipped_versions

WORST_FROM_MODEL = 2
LOOK_AGAIN_SECONDS = 10.0
MOST_HELD = 6  # each takes about 20 MB of a worker
_FLOOR_CONFIDENCE = 0.90


@dataclass
class _Held:
    """A model this process holds, the newest version it has seen, and when it looked."""

    model: TextModel | None = None
    seen: tuple[int, str] | None = None
    looked_at: float = 0.0


_held: OrderedDict[int | None, _Held] = OrderedDict()
_lock = threading.Lock()


def load_model(*, now: datetime, launch_id: int | None = None, corpus: Path = FOLDER) -> TextModel:
    """The model that decides in a launch: its champion, else the shipped one, which is trained where there is none.

    It is held in the process, which looks for a newer one every ten seconds. A champion whose file is missing, changed
    or of another format never stops triage: the log and the model's page say so, and the shipped model decides. Nor does
    a folder that cannot be written: then the shipped model lives in the process alone until it can.
    """
    with _lock:
        own = None if launch_id is None else _own(launch_id)
        return own or _shipped(now=now, corpus=corpus)


def _shipped(*, now: datetime, corpus: Path) -> TextModel:
    held = _hold(None)
    if held.model is None or time.monotonic() - held.looked_at >= LOOK_AGAIN_SECONDS:
        write_what_is_held()
        newest = _newest_shipped()
        if held.model is None or (newest is not None and newest != held.seen):
            held.model = read_whole(ensure_model(now=now, corpus=corpus)) or _trained_anew(now=now, corpus=corpus)
            held.seen = _newest_shipped()
        held.looked_at = time.monotonic()
    return held.model


def _trained_anew(*, now: datetime, corpus: Path) -> TextModel:
    """Where the file is what was written and yet cannot be read, as after another version of a library came."""
    found = read_whole(ensure_model(now=now, corpus=corpus, force=True))
    if found is None:
        raise RuntimeError("a model that was just learned is gone")
    return found


def _newest_shipped() -> tuple[int, str] | None:
    return shipped_versions().order_by("-number").values_list("number", "digest").first()


def _own(launch_id: int) -> TextModel | None:
    held = _hold(launch_id)
    if held.looked_at and time.monotonic() - held.looked_at < LOOK_AGAIN_SECONDS:
        return held.model
    champion = champion_of(launch_id)
    seen = (champion.number, champion.digest) if champion else None
    is_back = champion is not None and held.model is None and is_whole(champion)
    if seen != held.seen or is_back:
        held.model, held.seen = (read_whole(champion) if champion else None), seen
    held.looked_at = time.monotonic()
    return held.model


def _hold(launch_id: int | None) -> _Held:
    """The place of a launch's model; the one not asked for longest makes room, never the shipped one."""
    held = _held.setdefault(launch_id, _Held())
    _held.move_to_end(launch_id)
    if len(_held) > MOST_HELD:
        _held.pop(next(each for each in _held if each is not None))
    return held


def classify(rows: Sequence[Feedback], components: Sequence[Component], *, model: TextModel) -> list[list[Suggestion]]:
    """For each row its suggestions; one below the threshold is kept but not applied, and a component may be missing."""
    if not rows:
        return []
    batch = _Batch(rows, components, model)
    return [batch.suggestions(at) for at in range(len(rows))]


class _Batch:
    """Rows with their features and probabilities, read together because that is quicker."""

    def __init__(self, rows: Sequence[Feedback], components: Sequence[Component], model: TextModel) -> None:
        self.rows, self.model = rows, model
        self.texts = [f"{row.title}\n{row.body}".strip()[:MAX_CHARACTERS] for row in rows]
        self.features: csr_matrix = model.read(self.texts)
        self.chances: Mapping[str, Floats] = model.chances(self.features)
        self.reasons = Reasons(model.features)
        self.wordings = [Wording(text) for text in self.texts]
        self.finder = ComponentFinder(components)
        self.slugs = {component.slug for component in components}

    def suggestions(self, at: int) -> list[Suggestion]:
        """What is suggested for one row."""
        row = self.rows[at]
        alert = evidence.alert_of(row.context) if row.channel in MACHINE_CHANNELS else None
        ask = {"category": self._category, "severity": self._severity, "sentiment": self._sentiment}
        found = [say(at, row, alert) for field, say in ask.items() if field in self.model.heads]
        more = [self.finder.suggest(row) or self._component(at)]
        if alert is None and row.channel not in MACHINE_CHANNELS:
            sure = next((one.value for one in found if one.field == "category" and one.applied), "")
            more += self._by_words(at, row, category=sure)
        return [*found, *(suggestion for suggestion in more if suggestion)]

    def _by_words(self, at: int, row: Feedback, *, category: str) -> list[Suggestion | None]:
        """What rules tell of a person's words; most reports give them nothing to say."""
        text, wording = self.texts[at], self.wordings[at]
        about_ai = ai_failures.is_about_ai(row, category=category, thoughts=wording.thoughts)
        return [
            ai_failures.suggest_failure(wording.words) if about_ai else None,
            governance.suggest_flag(wording.words),
            languages.suggest_language(text, wording.words, said=row.language),
            suggest_spam(text),
        ]

    def _component(self, at: int) -> Suggestion | None:
        """What the launch's own decisions taught, where no sign is there; never one that it does not have."""
        if "component" not in self.model.heads:
            return None
        learned = self._from_model(at, "component", self.chances["component"][at])
        return learned if learned.value in self.slugs else None

    def _category(self, at: int, row: Feedback, alert: dict[str, object] | None) -> Suggestion:
        told = evidence.category_from_alert(alert, row.title) if alert is not None else None
        if told:
            value, reason = told
            return suggest(
                "category", value, confidence=0.9, reason=reason, origin="rule", decider="rule: alert labels"
            )
        factors = evidence.KIND_FACTORS.get(row.kind)
        if not factors:
            return self._from_model(at, "category", self.chances["category"][at])
        labels = self.model.heads["category"].labels
        chances = self.chances["category"][at] * np.array([factors.get(label, 1.0) for label in labels])
        return self._from_model(
            at, "category", chances / chances.sum(), more=_("reported as “%(kind)s”") % {"kind": row.kind}
        )

    def _severity(self, at: int, _row: Feedback, alert: dict[str, object] | None) -> Suggestion:
        said = evidence.severity_from_alert(alert) if alert is not None else None
        if said is not None and alert is not None:
            reason = _("the alert says “%(word)s”") % {"word": alert.get("severity", "")}
            return suggest(
                "severity", str(said), confidence=1.0, reason=reason, origin="rule", decider="rule: alert severity"
            )
        floor = floor_of(self.texts[at])
        if floor:
            reason = _("because of: “%(words)s”; at least SEV2 until a person checks") % {"words": floor.words}
            return suggest(
                "severity", "2", confidence=_FLOOR_CONFIDENCE, reason=reason, origin="rule", decider=floor.rule
            )
        chances, more = _not_worse_than(self.model.heads["severity"], self.chances["severity"][at])
        return self._from_model(at, "severity", chances, more=more)

    def _sentiment(self, at: int, _row: Feedback, alert: dict[str, object] | None) -> Suggestion:
        if alert is not None:
            reason = _("a machine has no tone")
            return suggest(
                "sentiment", "neutral", confidence=1.0, reason=reason, origin="rule", decider="rule: machine"
            )
        return self._from_model(at, "sentiment", self.chances["sentiment"][at])

    def _from_model(self, at: int, field: str, chances: Floats, *, more: str = "") -> Suggestion:
        head = self.model.heads[field]
        best = int(chances.argmax())
        told = dict(zip(head.labels, chances.tolist(), strict=True))
        unclear = self._unclear(at, head, float(chances[best]))
        if unclear:
            return abstention(
                field, confidence=float(chances[best]), reason=unclear, decider=self.model.name, chances=told
            )
        words = self.reasons.of(self.wordings[at], self.features, at, head.deciding[best])
        reason = "; ".join(part for part in (words, more) if part) or _("no single word decided")
        return suggest(
            field,
            head.labels[best],
            confidence=float(chances[best]),
            reason=reason,
            origin="model",
            decider=self.model.name,
            chances=told,
        )

    def _unclear(self, at: int, head: Head, likeliest: float) -> str:
        """Why nothing is suggested; empty where something is."""
        if len(head.labels) == 1:
            return _("abstained: it learned one answer alone")
        if not self.model.known[self.features.indices[self.features.indptr[at] : self.features.indptr[at + 1]]].any():
            return _("abstained: it holds no word that the model knows")
        if likeliest < ABSTAIN_UNDER:
            return _("abstained: the likeliest of all is only %(chance)s %% likely") % {
                "chance": round(100 * likeliest)}  # fmt: skip
        return ""


def _not_worse_than(head: Head, chances: Floats) -> tuple[Floats, str]:
    """Moves what speaks for SEV1 to SEV2, since only people, measured reach and critical rules say SEV1."""
    if "1" not in head.labels or str(WORST_FROM_MODEL) not in head.labels:
        return chances, ""
    worst, next_worst = head.labels.index("1"), head.labels.index(str(WORST_FROM_MODEL))
    moved = chances.copy()
    moved[next_worst] += moved[worst]
    moved[worst] = 0.0
    capped = chances.argmax() == worst and moved.argmax() == next_worst
    return moved, _("reads like SEV1, which only a person or measured reach can say") if capped else ""
