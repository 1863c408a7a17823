"""This module is the one door for every signal: it checks against the launch, redacts, stores and gives a receipt."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from feedback import attachments, custom_fields, receipts
from feedback.models import FORMLESS_CHANNELS, PUBLIC_CHANNELS, Feedback, ReceiptLink, Reporter
from feedback.report import MAX_NAME, Report
from hypercare.core import prepared, rows, wake
from hypercare.core.clock import FIRST_DAY, local_day
from hypercare.core.models import Component, Launch
from hypercare.core.problem import FieldError, Problem
from hypercare.core.redaction import redact, redact_value, without_secret
from hypercare.core.secrets import digest
from hypercare.core.timeline import SYSTEM, Actor, Entry, record

TRIAGE_TASK = "triage.waiting"
_AHEAD = timedelta(days=1)


@dataclass(frozen=True)
class Receipt:
    """What the sender gets: the report's name and its secret page; None where a repeat may not see it."""

    feedback_id: int
    status_path: str | None
    replayed: bool

    @property
    def key(self) -> str:
        """For example HC-12."""
        return f"HC-{self.feedback_id}"


@dataclass(frozen=True)
class Refusal:
    """Why one report of a batch was not taken."""

    errors: tuple[FieldError, ...]


def accept(launch: Launch, report: Report, *, actor: Actor, now: datetime) -> Receipt:
    """Stores one report; raises Problem 400 (bad for this launch) or 409 (launch closed)."""
    answer = accept_many(launch, [report], actor=actor, now=now)[0]
    if isinstance(answer, Refusal):
        raise Problem(400, answer.errors[0].detail, errors=answer.errors)
    return answer


def accept_many(
    launch: Launch, reports: Sequence[Report], *, actor: Actor | Sequence[Actor], now: datetime, linked: bool = True
) -> list[Receipt | Refusal]:
    """Stores reports of one launch, each answered in its place; one bad report refuses only itself.

    A report repeats another when launch, channel, source and external id are the same: it gets the first one's name.
    `actor` is one for all, or one for each. Reports that nobody will ask about are not `linked` to a page of their own.
    """
    refuse_closed(launch)
    actors = [actor] * len(reports) if isinstance(actor, Actor) else list(actor)
    # Only a file can fail where its sender is to be told and go on; without any there is nothing to go back to.
    with attachments.shelf() as shelf, transaction.atomic(savepoint=any(report.files for report in reports)):
        return _accept_all(launch, reports, shelf, actors=actors, now=now, linked=linked)


def refuse_closed(launch: Launch) -> None:
    """Raises Problem 409 for a launch that takes no more reports."""
    if launch.closed_at:
        raise Problem(409, _("%(launch)s was closed on %(day)s and takes no more reports.") % {
            "launch": launch.name, "day": local_day(launch.closed_at, launch.zone).isoformat()})  # fmt: skip


def _accept_all(
    launch: Launch,
    reports: Sequence[Report],
    shelf: attachments.Shelf,
    *,
    actors: Sequence[Actor],
    now: datetime,
    linked: bool,
) -> list[Receipt | Refusal]:
    components = {component.slug: component for component in rows.read(Component, "launch_id = %s", [launch.pk])}
    has_fields = any(report.fields or report.channel not in FORMLESS_CHANNELS for report in reports)
    definitions = custom_fields.definitions_of(launch) if has_fields else {}
    answers: list[Receipt | Refusal | None] = [None] * len(reports)
    found: dict[int, Feedback] = {}
    for index, report in enumerate(reports):
        errors = _errors_in_launch(report, components=components, now=now)
        errors += custom_fields.errors_in(report.fields, definitions, whole=report.channel not in FORMLESS_CHANNELS)
        if errors:
            answers[index] = Refusal(tuple(errors))
        else:
            found[index] = _row(launch, report, component=components.get(report.component), now=now)
    _give_reporters(launch, {index: reports[index] for index in found}, found, now=now)
    first_of = _insert(found)
    for index, row in found.items():
        answers[index] = _receipt(row, first_of[index], linked=linked)
    fresh = [index for index, row in found.items() if first_of[index] is row]
    if linked:
        _link([found[index] for index in fresh], now=now)
    _store_around([(found[index], reports[index], actors[index]) for index in fresh], shelf, launch=launch, now=now)
    if fresh:
        wake.worker_after_commit(TRIAGE_TASK)
    return [answer for answer in answers if answer is not None]


def _errors_in_launch(report: Report, *, components: dict[str, Component], now: datetime) -> list[FieldError]:
    errors = []
    if report.component and report.component not in components:
        known = ", ".join(sorted(components)) or _("none yet")
        detail = _("There is no component “%(slug)s” in this launch; known are: %(known)s.") % {
            "slug": report.component, "known": known}  # fmt: skip
        errors.append(FieldError("/component", detail))
    if report.occurred_at and report.occurred_at.year < FIRST_DAY.year:
        errors.append(FieldError("/occurred_at", _("This time lies before the year 2000; check the sender's clock.")))
    if report.occurred_at and report.occurred_at > now + _AHEAD:
        errors.append(FieldError("/occurred_at", _("This time lies more than a day ahead; check the sender's clock.")))
    return errors


def _row(launch: Launch, report: Report, *, component: Component | None, now: datetime) -> Feedback:
    title, body = redact(report.title), redact(report.body)
    context, fields = redact_value(report.context), redact_value(report.fields)
    occurred_at = min(report.occurred_at or now, now)
    return Feedback(
        launch=launch,
        channel=report.channel,
        source=report.source,
        external_id=without_secret(report.external_id) if report.external_id else None,
        content_digest=_content_digest(report),
        kind=redact(report.kind).text[:16],
        title=title.text[:300],
        body=body.text,
        language=report.language or launch.language,
        context=context.value,
        fields=fields.value,
        component=component,
        trace_id=redact(report.trace_id).text[:64],
        redactions=sum(sum(part.counts.values()) for part in (title, body, context, fields)),
        occurred_at=occurred_at,
        received_at=now,
    )


def _content_digest(report: Report) -> str:
    content: list[Any] = [report.title, report.body, report.reporter_email, report.context, report.fields]
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()


def _give_reporters(launch: Launch, reports: dict[int, Report], found: dict[int, Feedback], *, now: datetime) -> None:
    """Finds or makes the reporter of each row: by e-mail in any case, else by outside id; guests have none."""
    identities = {index: _identity(report) for index, report in reports.items()}
    wanted = {identity: reports[index] for index, identity in identities.items() if any(identity)}
    if not wanted:
        return
    Reporter.objects.bulk_create(
        [
            Reporter(
                launch=launch,
                email=email,
                external_id=without_secret(report.reporter_external_id),
                name=redact(report.reporter_name).text[:MAX_NAME],
                language=report.language or launch.language,
                created_at=now,
            )
            for (email, _external), report in sorted(wanted.items(), key=itemgetter(0))
        ],
        ignore_conflicts=True,
    )
    emails = [email for email, _external in wanted if email]
    externals = [external for email, external in wanted if not email]
    known = {(person.email, ""): person for person in Reporter.objects.filter(launch=launch, email__in=emails)}
    without_email = Reporter.objects.filter(launch=launch, email="", external_id__in=externals)
    known |= {("", person.external_id): person for person in without_email}
    for index, identity in identities.items():
        found[index].reporter = known.get(identity)


def _identity(report: Report) -> tuple[str, str]:
    """What tells a reporter apart: the e-mail, else the outside id; both empty for a guest."""
    return report.reporter_email, "" if report.reporter_email else without_secret(report.reporter_external_id)


def _insert(found: dict[int, Feedback]) -> dict[int, Feedback]:
    """Inserts what is new and says for each row which stored row it is: itself, or the first with its external id."""
    if not found:
        return {}
    for row, number in zip(found.values(), _next_ids(len(found)), strict=True):
        row.pk = number
    # One order for everyone: two senders of the same ids wait for one another, and never each for the other.
    in_order = sorted(found.values(), key=lambda row: (row.channel, row.source, row.external_id or ""))
    came_in = rows.insert_new(in_order)
    repeated = [row for row in in_order if row.pk not in came_in]
    firsts: dict[tuple[str, str, str | None], Feedback] = {}
    if repeated:
        stored = Feedback.objects.filter(
            launch=repeated[0].launch,
            channel__in={row.channel for row in repeated},
            source__in={row.source for row in repeated},
            external_id__in=[row.external_id for row in repeated],
        ).only("id", "launch_id", "channel", "source", "external_id", "content_digest")
        firsts = {(row.channel, row.source, row.external_id): row for row in stored}
    answer = {}
    for index, row in found.items():
        first = firsts.get((row.channel, row.source, row.external_id))
        answer[index] = row if first is None or first.pk == row.pk else first
    return answer


def _next_ids(count: int) -> list[int]:
    with prepared.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('feedback_feedback', 'id')) FROM generate_series(1, %s)",
            [count],
        )
        return [number for (number,) in cursor.fetchall()]


def _receipt(row: Feedback, first: Feedback, *, linked: bool) -> Receipt:
    replayed = first is not row
    hidden = not linked or (replayed and row.channel in PUBLIC_CHANNELS and first.content_digest != row.content_digest)
    path = None if hidden else reverse("feedback:receipt", args=[receipts.secret_of(first.pk)])
    return Receipt(feedback_id=first.pk, status_path=path, replayed=replayed)


def _link(fresh: Sequence[Feedback], *, now: datetime) -> None:
    links = [{"feedback_id": row.pk, "digest": digest(receipts.secret_of(row.pk)), "created_at": now} for row in fresh]
    rows.add(ReceiptLink, links)


def _store_around(
    fresh: list[tuple[Feedback, Report, Actor]], shelf: attachments.Shelf, *, launch: Launch, now: datetime
) -> None:
    for row, report, _actor in fresh:
        for file in report.files:
            shelf.put(row, file, now=now)
        receipts.send_receipt(row, now=now)
    entries = [
        Entry(row.key, "feedback.received", {"channel": row.channel}, row.occurred_at, actor=actor)
        for row, _report, actor in fresh
    ]
    record(launch, entries, actor=SYSTEM, now=now)
