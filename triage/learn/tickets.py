"""This module takes in a team's old tickets from CSV as examples: redacted before they are stored, read in the background.

They are no reports: nobody is told of them, no issue opens, they only teach.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, Q
from django.utils.translation import gettext as _

from hypercare.core import rows, wake
from hypercare.core.models import Launch
from hypercare.core.problem import FieldError, Problem, not_found, wrong
from hypercare.core.redaction import redact
from hypercare.core.strict_json import UNSAFE_CHARACTER
from hypercare.core.timeline import Actor, Entry, record
from triage.learn.ticket_words import Mapping, proposed_columns, proposed_words, read_cells
from triage.models import OldTicket, TicketImport

TASK = "triage.tickets"
MOST_TICKETS, MOST_COLUMNS, LONGEST_CELL = 10_000, 60, 20_000
WORDS_SHOWN = 40
READ_AT_ONCE = 500
LONGEST_FILE = 16 * 2**20
_DELIMITERS = ",;\t|"
_NAMED_DELIMITER = re.compile(r"\Asep=.\r?\n", re.IGNORECASE)  # as one spreadsheet begins its files

_WORDS = """
SELECT btrim(cells ->> %s), count(*) FROM triage_oldticket WHERE run_id = %s AND btrim(cells ->> %s) <> ''
GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT %s
"""


@dataclass(frozen=True)
class Table:
    """What stood in the file."""

    columns: list[str]
    lines: list[tuple[int, list[str]]]


def read_csv(content: bytes) -> Table:
    """The columns and rows of a CSV file in any usual encoding and with any usual delimiter; Problem 400 for what is none."""
    text = _NAMED_DELIMITER.sub("", _decoded(content))
    csv.field_size_limit(LONGEST_FILE)  # a pasted log is cut below, and refuses nobody's file
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
        columns = _told_apart([_clean(name)[:80] for name in next(reader, [])])
        told = ((reader.line_num, cells) for cells in reader if any(map(str.strip, cells)))
        lines = list(islice(told, MOST_TICKETS + 1))
    except csv.Error as error:
        raise _unreadable(_("This cannot be read as CSV: %(problem)s.") % {"problem": error}) from error
    if len(columns) < 1 or not any(columns) or not lines:
        raise _unreadable(_("The file needs a line of column names and at least one ticket below it."))
    if len(columns) > MOST_COLUMNS:
        raise _unreadable(
            _("The file has more than %(limit)s columns; leave out what is not needed.") % {"limit": MOST_COLUMNS}
        )
    if text.count('"') % 2 and "\n" in "".join(lines[-1][1]):
        raise _unreadable(
            _("A quotation mark opens near line %(line)s and never closes, so all below it would be one ticket.")
            % {"line": lines[-2][0] + 1 if len(lines) > 1 else 2}
        )
    if len(lines) > MOST_TICKETS:
        raise _unreadable(_("The file has more than %(limit)s tickets; bring in the newest.") % {"limit": MOST_TICKETS})
    return Table(columns, lines)


def _decoded(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    if b"\0" in content[:2]:  # the same without its mark
        return content.decode("utf-16-le" if content[1:2] == b"\0" else "utf-16-be", "replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def _delimiter(text: str) -> str:
    """Whichever stands oftenest in the line of names."""
    counts = Counter(sign for sign in text.split("\n", 1)[0] if sign in _DELIMITERS)
    return counts.most_common(1)[0][0] if counts else ","


def _told_apart(columns: Sequence[str]) -> list[str]:
    """Columns of one name get their number, since people choose them by name."""
    often = Counter(columns)
    return [f"{name} ({at})".strip() if often[name] > 1 else name for at, name in enumerate(columns, 1)]


def _unreadable(detail: str) -> Problem:
    return wrong("/file", detail)


def _clean(text: str) -> str:
    return UNSAFE_CHARACTER.sub(" ", text[:LONGEST_CELL]).strip()


@transaction.atomic
def upload(launch: Launch, table: Table, *, name: str, actor: Actor, now: datetime) -> TicketImport:
    """Stores the tickets redacted, with a proposal of what the columns mean; nothing is learned before it is confirmed."""
    columns = [redact(column).text for column in table.columns]
    run = TicketImport.objects.create(
        launch=launch, name=redact(_clean(name)).text[:120] or "CSV", uploaded_by=actor.user, uploaded_at=now,
        columns=columns, tickets=len(table.lines),
    )  # fmt: skip
    masked = 0
    kept: list[dict[str, Any]] = []
    for line, cells in table.lines:
        redacted = [redact(_clean(cell)) for cell in cells[: len(columns)]]
        masked += sum(sum(one.counts.values()) for one in redacted)
        kept.append({"run_id": run.pk, "line": line, "cells": [one.text for one in redacted], "title": "", "body": "",
                     "said": {}, "error": "", "is_read": False})  # fmt: skip
    rows.add(OldTicket, kept)
    where = proposed_columns(columns)
    run.mapping = Mapping(
        where, proposed_words({field: dict(words_of(run, at)) for field, at in where.items()})
    ).as_json()
    run.redactions = masked
    run.save(update_fields=["mapping", "redactions"])
    return run


def words_of(run: TicketImport, column: int) -> list[tuple[str, int]]:
    """What stands in a column, the commonest first, with how often."""
    with connection.cursor() as cursor:
        cursor.execute(_WORDS, [column, run.pk, column, WORDS_SHOWN])
        return list(cursor.fetchall())


@transaction.atomic
def start(run: TicketImport, mapping: Mapping, *, actor: Actor, now: datetime) -> None:
    """Has the tickets read as the mapping says; 400 without a text or anything to learn, 409 when it is done already."""
    run = TicketImport.objects.select_for_update().select_related("launch").get(pk=run.pk)
    if run.started_at:
        raise Problem(409, _("These tickets are brought in already."))
    if not {"title", "body"} & mapping.columns.keys():
        raise Problem(400, _("Say which column holds the text."), errors=(FieldError("/columns", _("No text.")),))
    if not any(mapping.words.get(field) for field in mapping.columns):
        detail = _(
            "Say what at least one word of a type, severity or tone column means; else there is nothing to learn."
        )
        raise wrong("/words", detail)
    run.mapping, run.started_at = mapping.as_json(), now
    run.save(update_fields=["mapping", "started_at"])
    data = {"import": run.pk, "name": run.name, "tickets": run.tickets}
    record(run.launch, [Entry("model", "tickets.imported", data)], actor=actor, now=now)
    wake.worker_after_commit(TASK)


def find(launch: Launch, pk: int) -> TicketImport:
    """A launch's import by its number; 404 where there is none."""
    run = TicketImport.objects.filter(launch=launch, pk=pk).first()
    if run is None:
        raise not_found(_("There is nothing by this number in this launch."))
    return run


@transaction.atomic
def remove(run: TicketImport, *, actor: Actor, now: datetime) -> None:
    """Forgets the tickets; what was learned of them stays in the versions that learned it."""
    data = {"import": run.pk, "name": run.name, "tickets": run.tickets}
    record(run.launch, [Entry("model", "tickets.removed", data)], actor=actor, now=now)
    run.delete()


def read_waiting(*, clock: Callable[[], datetime]) -> None:
    """Reads whatever was confirmed, some hundred tickets a transaction, so that the progress shows."""
    for pk in TicketImport.objects.filter(started_at__isnull=False, ended_at=None).values_list("pk", flat=True):
        while _read_some(pk, now=clock()):
            pass


@transaction.atomic
def _read_some(pk: int, *, now: datetime) -> bool:
    run = TicketImport.objects.select_for_update(skip_locked=True).filter(pk=pk, ended_at=None).first()
    if run is None:
        return False
    mapping = Mapping.of(run.mapping)
    some = list(OldTicket.objects.filter(run=run, is_read=False).order_by("line")[:READ_AT_ONCE])
    for ticket in some:
        found = read_cells(ticket.cells, mapping, now=now)
        ticket.title, ticket.body, ticket.said = found.title, found.body, found.said
        ticket.happened_at, ticket.error = found.happened_at, found.error[:200]
        ticket.cells, ticket.is_read = [], True
    OldTicket.objects.bulk_update(
        some, ["title", "body", "said", "happened_at", "error", "cells", "is_read"], batch_size=100
    )
    if not some:
        TicketImport.objects.filter(pk=pk).update(ended_at=now)
    return bool(some)


def preview(run: TicketImport, mapping: Mapping, *, count: int = 5, now: datetime) -> Iterator[tuple[int, Any]]:
    """What would come of the first tickets: their line and how they read."""
    for ticket in OldTicket.objects.filter(run=run).order_by("line")[:count]:
        yield ticket.line, read_cells(ticket.cells, mapping, now=now)


@dataclass(frozen=True)
class Progress:
    """How far an import is."""

    total: int
    read: int
    refused: int

    @property
    def taken(self) -> int:
        """How many teach."""
        return self.read - self.refused

    @property
    def percent(self) -> int:
        """For the bar."""
        return round(100 * self.read / self.total) if self.total else 100


def progress_of(*runs: TicketImport) -> list[Progress]:
    """Of each run, counted from its rows, all with one query."""
    read = OldTicket.objects.filter(run__in=runs, is_read=True).order_by().values_list("run")
    counted = {
        run: counts for run, *counts in read.annotate(read=Count("id"), refused=Count("id", filter=~Q(error="")))
    }
    return [Progress(run.tickets, *counted.get(run.pk, (0, 0))) for run in runs]


def errors_of(run: TicketImport, *, count: int = 50) -> Sequence[OldTicket]:
    """The first tickets that could not be used, each with its reason."""
    return list(OldTicket.objects.filter(run=run).exclude(error="").order_by("line")[:count])
