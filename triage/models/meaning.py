"""This module holds what reports mean as vectors of half precision, where the semantic extra reads them."""

from collections.abc import Sequence
from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from feedback.models import Feedback
from hypercare.core.models import Launch

DIMENSIONS = 384


class HalfVector(models.Field):  # type: ignore[type-arg]  # the class itself takes none at run time
    """A column of pgvector's type for vectors of half precision, written and read as text."""

    def __init__(self, *, dimensions: int, **options: Any) -> None:
        super().__init__(**options)
        self.dimensions = dimensions

    def deconstruct(self) -> Any:
        """What a migration needs to make it again."""
        name, path, arguments, options = super().deconstruct()
        return name, path, arguments, options | {"dimensions": self.dimensions}

    def db_type(self, connection: BaseDatabaseWrapper) -> str:  # noqa: ARG002 - the framework's interface
        """The type's name."""
        return f"halfvec({self.dimensions})"

    def get_prep_value(self, value: Sequence[float] | str | None) -> str | None:
        """The vector as pgvector reads it."""
        return value if value is None or isinstance(value, str) else written(value)


def written(vector: Sequence[float]) -> str:
    """A vector as pgvector reads it."""
    return f"[{','.join(f'{number:.5g}' for number in vector)}]"


class Meaning(models.Model):
    """What one report means: the direction of its title and of its beginning together."""

    feedback = models.OneToOneField(Feedback, models.CASCADE, primary_key=True, related_name="meaning")
    launch = models.ForeignKey(Launch, models.CASCADE, related_name="+", db_index=False)
    vector = HalfVector(dimensions=DIMENSIONS)

    def __str__(self) -> str:
        return f"meaning of HC-{self.feedback_id}"
