"""This module learns a text model of any labelled fields: the product's first model, and whatever `evaluate` is given."""

from collections import Counter
from collections.abc import Mapping, Sequence, Set

import numpy as np

from triage.classify.features import MAX_CHARACTERS, prepare
from triage.classify.learner import Unseen, cross_validate, fit_head
from triage.classify.meaning import meanings
from triage.classify.reading import Counted
from triage.classify.text_model import TextModel


def learn(
    texts: Sequence[str],
    fields: Mapping[str, Sequence[str]],
    *,
    spread_by: str,
    number: int,
    semantic: bool = False,
    blind_to_opening: Set[str] = frozenset(),
) -> tuple[TextModel, dict[str, Unseen]]:
    """A model with a head for each field, and what models like it say of texts that they had not seen.

    Fields that are blind to the opening learn nothing from what a text is first about, only from its words and pieces.
    Nothing can be held out of labels that come once each, or of one label alone; then confidence is as the margins say.
    """
    meant = meanings([text[:MAX_CHARACTERS] for text in texts]) if semantic else None
    counted = Counted([prepare(text) for text in texts], meant)
    unseen = (
        cross_validate(counted, fields, spread_by=spread_by, blind_to_opening=blind_to_opening)
        if _can_be_held_out(fields[spread_by])
        else {}
    )
    everything = np.arange(len(texts))
    features, seen = counted.learn(everything, then=everything)
    looked_at = {field: features.without_opening(seen) if field in blind_to_opening else seen for field in fields}
    heads = {
        field: fit_head(looked_at[field], labels, recipe=unseen[field].recipe, calibration=unseen[field].calibration())
        if field in unseen
        else fit_head(looked_at[field], labels)
        for field, labels in fields.items()
    }
    return TextModel(number, features, {field: head.rounded() for field, head in heads.items()}), unseen


def _can_be_held_out(labels: Sequence[str]) -> bool:
    counts = Counter(labels)
    return len(counts) > 1 and max(counts.values()) > 1
