"""This module knows the versions of the text model by their rows and files; it is quick to import, as it reads no model."""

import hashlib
from pathlib import Path

from django.conf import settings
from django.db.models import QuerySet

from triage.models import ModelVersion, Standing

NAME = "text"
FORMAT = 2  # of the file
FIELDS = ("category", "severity", "sentiment")
# How bad something is does not follow from what it is about: learned from openings, it carried over worse to other texts.
BLIND_TO_OPENING = frozenset({"severity"})


def shipped_versions() -> QuerySet[ModelVersion]:
    """Versions of the model that is trained from the seed corpus alone, for every launch without its own."""
    return ModelVersion.objects.filter(name=NAME, launch=None)


def champion_of(launch_id: int, *, name: str = NAME) -> ModelVersion | None:
    """The version that decides in a launch; None where the shipped model does."""
    return ModelVersion.objects.filter(name=name, launch=launch_id, standing=Standing.CHAMPION).first()


def is_in_memory_alone() -> bool:
    """Whether workers hold the shipped model without a file, as the folder of models cannot be written."""
    newest = shipped_versions().order_by("-number").first()
    return newest is not None and not newest.path


def path_of(version: ModelVersion) -> Path:
    """Where the version's file lies on this machine."""
    return Path(settings.MODELS_HOME) / version.path


def is_whole(version: ModelVersion) -> bool:
    """Whether the version's file is there, is what was written, and can be read here; what lies in its row has none."""
    if not version.path:
        return version.name != NAME
    if version.figures.get("format") != FORMAT or (version.figures.get("encoder") and not _reads_meaning()):
        return False
    try:
        return hashlib.sha256(path_of(version).read_bytes()).hexdigest() == version.digest
    except OSError:
        return False


def _reads_meaning() -> bool:
    from triage.classify.meaning import is_installed  # noqa: PLC0415 - it reads NumPy, which few versions need

    return is_installed()
