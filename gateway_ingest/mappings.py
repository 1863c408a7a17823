"""This module keeps a source's mapping, and runs dead letters through the door again once it is put right."""

from collections.abc import Mapping as Members
from datetime import datetime, tzinfo

from django.db import transaction
from django.utils.translation import gettext as _

from gateway_ingest import mapping as reading
from gateway_ingest.formats import Reading
from gateway_ingest.models import Mapping, Source
from hypercare.core.problem import FieldError, Problem
from hypercare.core.strict_json import JSON
from hypercare.core.timeline import Actor, Entry, record

_FIELDS = (reading.ITEMS, *reading.FACTS, "severity_words", "status_words")


def of(source: Source) -> Mapping | None:
    """The source's mapping, if it has one."""
    return Mapping.objects.filter(source=source).first()


def expressions_of(mapping: Mapping) -> reading.Expressions:
    """The mapping as the reader takes it."""
    return reading.Expressions(**{name: getattr(mapping, name) for name in _FIELDS})


def read(mapping: Mapping, payload: JSON, zone: tzinfo) -> Reading:
    """The alerts a mapping finds in a payload; raises FormatError."""
    return reading.apply(expressions_of(mapping), payload, zone)


def items(mapping: Mapping, payload: JSON) -> list[JSON]:
    """What it reads each alert from, where it names a list; empty where that is the whole body. Raises FormatError."""
    return reading.found_items(expressions_of(mapping), payload) if mapping.items else []


@transaction.atomic
def save(source: Source, expressions: reading.Expressions, *, actor: Actor, now: datetime) -> Mapping:
    """Sets a source's mapping; raises Problem 400 with each field that is wrong."""
    if faults := reading.faults_of(expressions):
        errors = tuple(FieldError(f"/{fault.name}", fault.error) for fault in faults)
        raise Problem(400, _("The mapping was not saved; look at the marked fields."), errors=errors)
    kept = {name: _plain(getattr(expressions, name)) for name in _FIELDS}
    saved, _is_new = Mapping.objects.update_or_create(source=source, defaults={**kept, "changed_at": now})
    record(source.launch, [Entry(f"source:{source.pk}", "source.mapped", {"name": source.name})], actor=actor, now=now)
    return saved


@transaction.atomic
def remove(source: Source, *, actor: Actor, now: datetime) -> None:
    """Forgets a source's mapping: what no format recognises is a dead letter again."""
    removed, _by_model = Mapping.objects.filter(source=source).delete()
    if removed:
        entry = Entry(f"source:{source.pk}", "source.mapped", {"name": source.name, "removed": True})
        record(source.launch, [entry], actor=actor, now=now)


def _plain(value: str | Members[str, str]) -> str | dict[str, str]:
    return value if isinstance(value, str) else dict(value)
