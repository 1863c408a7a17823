"""This module keeps trained models on the shelf: each gets a number and a file, and is read back only if it is whole."""

import logging
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Max

from triage.classify import text_model
from triage.classify.meaning import ENCODER, is_installed
from triage.classify.text_model import ModelFileProblem, TextModel
from triage.classify.versions import FORMAT, NAME, path_of
from triage.models import ModelVersion

log = logging.getLogger(__name__)

_NUMBERING_LOCK = 0x4843564E


def read_whole(version: ModelVersion) -> TextModel | None:
    """The version's model; None, and a line in the log, where its file is not what was written or cannot be used here."""
    if version.figures.get("encoder") and not is_installed():
        log.error("text model %s needs the encoder %s, which is not here", version.number, version.figures["encoder"])
        return None
    try:
        return text_model.load(path_of(version), digest=version.digest)
    except ModelFileProblem as problem:
        log.error("text model %s of launch %s is not used: %s", version.number, version.launch_id, problem)  # noqa: TRY400 - no surprise, so no trace
        return None
    except Exception:  # another version of a library may not read what an earlier one wrote, and triage goes on
        log.exception("text model %s of launch %s cannot be read", version.number, version.launch_id)
        return None


def next_number(name: str) -> int:
    """The number of the next version in the installation; nobody else gets it before this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_NUMBERING_LOCK])
    highest: int | None = ModelVersion.objects.filter(name=name).aggregate(highest=Max("number"))["highest"]
    return (highest or 0) + 1


@transaction.atomic
def store(model: TextModel, figures: dict[str, Any], *, now: datetime, **more: Any) -> ModelVersion:
    """Gives a trained model the next number of the installation and keeps its file and its row."""
    version = ModelVersion(name=NAME, number=next_number(NAME), trained_at=now, **more)
    version.path = f"text-model-{version.number}.skops"
    version.digest = text_model.save(model.numbered(version.number), path_of(version))
    encoder = "" if model.features.meant is None else ENCODER
    version.figures = figures | {"format": FORMAT, "encoder": encoder}
    version.save(force_insert=True)
    return version
