"""This module puts short free words on issues and takes them off; they filter the board, the list and the API."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import connection, transaction
from django.utils.translation import gettext as _

from hypercare.core import rows
from hypercare.core.models import Launch
from hypercare.core.one_line import is_visible, one_line
from hypercare.core.problem import Problem, wrong
from hypercare.core.redaction import redact
from hypercare.core.strict_json import clean_text
from hypercare.core.timeline import Actor, Entry, record
from triage import overrides
from triage.board import changes
from triage.lifecycle import lock
from triage.models import Issue

LONGEST = 40
MOST = 12
OFFERED = 50

_KNOWN = """
SELECT label, count(*) FROM triage_issue, unnest(labels) AS label
WHERE launch_id = %s AND labels <> '{}' GROUP BY label ORDER BY count(*) DESC, label LIMIT %s
"""


def kept_labels(given: object) -> list[str]:
    """The labels as they are kept: from a list, or from one text with commas; Problem 400 for what is none."""
    texts = given.split(",") if isinstance(given, str) else given
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise _bad(_("Give labels as a list of words, or as one text with commas."))
    labels = sorted({label for text in texts if (label := _kept(text))})
    if not 1 <= len(labels) <= MOST:
        raise _bad(_("Give 1 to %(most)s labels.") % {"most": MOST})
    return labels


def _kept(text: str) -> str:
    label = one_line(text).lower()
    if problems := clean_text(text):
        raise _bad(problems[0])
    if len(label) > LONGEST or "," in label or (label and not is_visible(label)):
        raise _bad(_("A label has 1 to %(longest)s characters and no comma.") % {"longest": LONGEST})
    return redact(label).text[:LONGEST]


def _bad(detail: str) -> Problem:
    return wrong("/labels", detail)


def known(launch: Launch) -> list[tuple[str, int]]:
    """The labels in use in a launch with how many issues have each, the most used first."""
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN, [launch.pk, OFFERED])
        return [(str(label), int(count)) for label, count in cursor.fetchall()]


@transaction.atomic
def add(issue_id: int, labels: Iterable[str], *, actor: Actor, now: datetime, version: int | None = None) -> Issue:
    """Puts labels on an issue; those that are there stay. 409 where they would be too many."""
    issue, kept = lock(issue_id, version=version), kept_labels(list(labels))
    if refusal := overrides.merged_away(issue) or too_many(issue, kept):
        raise refusal
    return _done(issue, put_on([issue], {issue.pk: kept}, actor=actor, now=now))


@transaction.atomic
def remove(issue_id: int, labels: Iterable[str], *, actor: Actor, now: datetime, version: int | None = None) -> Issue:
    """Takes labels off an issue; those that are not there are no harm."""
    issue = lock(issue_id, version=version)
    if refusal := overrides.merged_away(issue):
        raise refusal
    return _done(issue, take_off([issue], {issue.pk: kept_labels(list(labels))}, actor=actor, now=now))


def _done(issue: Issue, changed: Sequence[Issue]) -> Issue:
    if changed:
        changes.publish(issue.launch_id, [issue.pk])
        issue.refresh_from_db()
    return issue


def too_many(issue: Issue, labels: Iterable[str]) -> Problem | None:
    """Why an issue cannot take these labels as well, or None."""
    if len({*issue.labels, *labels}) <= MOST:
        return None
    return Problem(409, _("%(key)s would have more than %(most)s labels.") % {"key": issue.key, "most": MOST})


def put_on(
    issues: Sequence[Issue], labels: dict[int, list[str]], *, actor: Actor, now: datetime, undo: bool = False
) -> list[Issue]:
    """Puts its labels on each issue of one launch and says which changed; the caller holds their locks and publishes."""
    new = {issue.pk: sorted(set(labels[issue.pk]) - set(issue.labels)) for issue in issues}
    return _write(issues, {pk: ("added", words) for pk, words in new.items()}, actor=actor, now=now, undo=undo)


def take_off(
    issues: Sequence[Issue], labels: dict[int, list[str]], *, actor: Actor, now: datetime, undo: bool = False
) -> list[Issue]:
    """Takes its labels off each issue, likewise."""
    gone = {issue.pk: sorted(set(labels[issue.pk]) & set(issue.labels)) for issue in issues}
    return _write(issues, {pk: ("removed", words) for pk, words in gone.items()}, actor=actor, now=now, undo=undo)


def _write(
    issues: Sequence[Issue], said: dict[int, tuple[str, list[str]]], *, actor: Actor, now: datetime, undo: bool
) -> list[Issue]:
    changed = [issue for issue in issues if said[issue.pk][1]]
    if not changed:
        return []
    entries = []
    for issue in changed:
        how, words = said[issue.pk]
        issue.labels = sorted({*issue.labels, *words} if how == "added" else {*issue.labels} - {*words})
        issue.version += 1
        entries.append(Entry(issue.key, "issue.labels", {how: words} | ({"undo": True} if undo else {})))
    rows.update(changed, ["labels", "version"])
    record(changed[0].launch, entries, actor=actor, now=now)
    return changed
