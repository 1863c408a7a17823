"""This module learns a text model of any labelled fields: the first model, each launch's own, what `evaluate` is given."""

from collections import Counter
from collections.abc import Mapping, Sequence, Set

import numpy as np

from triage.classify.calibration import Calibration, Flags, Floats
from triage.classify.features import MAX_CHARACTERS, lone_word, prepare
from triage.classify.learner import Labels, Unseen, cross_validate, fit_head
from triage.classify.meaning import meanings
from triage.classify.reading import Counted
from triage.classify.text_model import TextModel

ENOUGH_OF_ITS_OWN = 100


def learn(
    texts: Sequence[str],
    fields: Mapping[str, Labels],
    *,
    spread_by: str,
    number: int,
    semantic: bool = False,
    blind_to_opening: Set[str] = frozenset(),
    heed: Mapping[str, Floats] | None = None,
    own: Flags | None = None,
) -> tuple[TextModel, dict[str, Unseen]]:
    """A model with a head for each field, and what models like it say of texts that they had not seen.

    Fields that are blind to the opening learn nothing from what a text is first about, only from its words and pieces.
    Nothing can be held out of labels that come once each, or of one label alone; then confidence is as the margins say.
    `heed` says how much each text counts; confidence is fitted on the `own` texts where there are enough of them, and for
    texts of hardly a word on one word of each.
    """
    read = [*texts, *map(lone_word, texts)]
    meant = meanings([text[:MAX_CHARACTERS] for text in read]) if semantic else None
    counted = Counted([prepare(text) for text in read], meant)
    can_hold_out = _can_be_held_out(fields[spread_by])
    unseen = (
        cross_validate(counted, fields, spread_by=spread_by, blind_to_opening=blind_to_opening, heed=heed)
        if can_hold_out
        else {}
    )
    everything = np.arange(len(texts))
    features, seen = counted.learn(everything, then=everything)
    heads = {}
    for field, labels in fields.items():
        looked_at = features.without_opening(seen) if field in blind_to_opening else seen
        counts = heed[field] if heed else None
        heads[field] = (
            fit_head(looked_at, labels, recipe=held.recipe, calibration=_judged(held, own), heed=counts)
            if (held := unseen.get(field))
            else fit_head(looked_at, labels, heed=counts)
        )
    return TextModel(number, features, {field: head.rounded() for field, head in heads.items()}), unseen


def _judged(unseen: Unseen, own: Flags | None) -> Calibration:
    """Confidence as it came true on the texts that are most like those to come."""
    ours = unseen if own is None else unseen.part(own)
    return (ours if len(ours.rows) >= ENOUGH_OF_ITS_OWN else unseen).calibration()


def _can_be_held_out(labels: Labels) -> bool:
    counts = Counter(label for label in labels if label is not None)
    return len(counts) > 1 and max(counts.values()) > 1
