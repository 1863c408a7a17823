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
# What this process has learned itself, by the version's id: one model, with or without a file.
_learned: dict[int, TextModel] = {}


def read_whole(version: ModelVersion) -> TextModel | None:
    """The version's model; None, and a line in the log, where its file is not what was written or cannot be used here."""
    if version.pk in _learned or not version.path:
        return _learned.get(version.pk)
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
    version.path = _file_of(version.number)
    version.digest = text_model.save(model.numbered(version.number), path_of(version))
    version.figures = _described(model, figures)
    version.save(force_insert=True)
    return version


def _described(model: TextModel, figures: dict[str, Any]) -> dict[str, Any]:
    return figures | {"format": FORMAT, "encoder": "" if model.features.middle is None else ENCODER}


def store_shipped(model: TextModel, figures: dict[str, Any], *, now: datetime) -> ModelVersion:
    """Keeps a shipped model; where its file cannot be written, in the memory of this process alone, and says so."""
    try:
        version = store(model, figures, now=now)
    except OSError as problem:
        log.error("the text model is held in memory, as its file cannot be written: %s", problem)  # noqa: TRY400 - no surprise, so no trace
        version = _without_file(_described(model, figures), str(problem.strerror or problem), now=now)
    _learned.clear()
    _learned[version.pk] = model.numbered(version.number)
    return version


@transaction.atomic
def _without_file(figures: dict[str, Any], why: str, *, now: datetime) -> ModelVersion:
    """The version of a model that only processes hold; one for all that learned the same."""
    number = next_number(NAME)
    alike = {"name": NAME, "launch": None, "path": "", "figures__corpus": figures["corpus"]}
    version = ModelVersion.objects.filter(**alike, figures__encoder=figures["encoder"]).first()
    version = version or ModelVersion(name=NAME, number=number, trained_at=now)
    version.figures, version.reason = figures, why[:500]
    version.save()
    return version


@transaction.atomic
def write_what_is_held() -> None:
    """Writes the file of what is held in memory alone, as soon as that is possible."""
    held = ModelVersion.objects.select_for_update().filter(pk__in=_learned, path="").first()
    if held is None:
        return
    held.path = _file_of(held.number)
    try:
        held.digest = text_model.save(_learned[held.pk], path_of(held))
    except OSError:
        return
    held.reason = ""
    held.save(update_fields=["path", "digest", "reason"])
    log.warning("text model %s has its file now", held.number)


def _file_of(number: int) -> str:
    return f"text-model-{number}.skops"
