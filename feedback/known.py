"""This module says in public what is known, and finds it again in what somebody is writing."""

from datetime import datetime

from django.db import transaction
from django.db.models import Case, F, FloatField, Func, Q, QuerySet, Value, When
from django.db.models.functions import Greatest
from django.utils.translation import gettext as _

from feedback.models import KnownIssue
from hypercare.core.models import Launch
from hypercare.core.problem import Problem, wrong
from hypercare.core.redaction import redact
from hypercare.core.strict_json import clean_text
from hypercare.core.timeline import Actor, Entry, record

LONGEST_TITLE = 200
LONGEST_WORKAROUND = 2000
FEWEST_CHARACTERS = 8
LOOKED_AT_CHARACTERS = 500
SHOWN = 3
ALIKE_FROM = 0.45


def told_of(launch: Launch) -> QuerySet[KnownIssue]:
    """What is public now, newest first."""
    return KnownIssue.objects.filter(launch=launch, withdrawn_at=None).order_by("-published_at", "-pk")


def alike(launch: Launch, text: str) -> list[KnownIssue]:
    """The public known issues whose words come up in a text; nothing while it says too little."""
    text = " ".join(text[:LOOKED_AT_CHARACTERS].split())
    if len(text) < FEWEST_CHARACTERS or "\x00" in text:
        return []
    found = told_of(launch).annotate(likeness=Greatest(_said_in("title", text), _said_in("workaround", text)))
    return list(found.filter(likeness__gte=ALIKE_FROM).order_by("-likeness", "-published_at")[:SHOWN])


def _said_in(field: str, text: str) -> Case:
    """How much of a field's words a stretch of the text holds, either way round, letter by letter three at a time."""
    said = Func(F(field), Value(text), function="word_similarity", output_field=FloatField())
    asked = Func(Value(text), F(field), function="word_similarity", output_field=FloatField())
    return Case(When(Q(**{field: ""}), then=Value(0.0)), default=Greatest(said, asked), output_field=FloatField())


@transaction.atomic
def publish(launch: Launch, *, issue_key: str, title: str, workaround: str, actor: Actor, now: datetime) -> KnownIssue:
    """Tells everyone about an issue, or tells it in new words; Problem 400 where the words will not do."""
    title, workaround = _checked("title", title, LONGEST_TITLE), _checked("workaround", workaround, LONGEST_WORKAROUND)
    if not title:
        detail = _("Say in a few words what is known, as the people concerned would.")
        raise wrong("/title", detail)
    words = {"title": title, "workaround": workaround, "published_at": now, "published_by": actor.user}
    row, _new = KnownIssue.objects.update_or_create(
        launch=launch, issue_key=issue_key, withdrawn_at=None, defaults=words
    )
    record(launch, [Entry(issue_key, "known_issue.published", {"note": title})], actor=actor, now=now)
    return row


@transaction.atomic
def withdraw(launch: Launch, *, issue_key: str, actor: Actor, now: datetime) -> None:
    """Takes it back; 409 where nothing is public."""
    if not KnownIssue.objects.filter(launch=launch, issue_key=issue_key, withdrawn_at=None).update(withdrawn_at=now):
        raise Problem(409, _("Nothing about %(key)s is public.") % {"key": issue_key})
    record(launch, [Entry(issue_key, "known_issue.withdrawn", {})], actor=actor, now=now)


def _checked(field: str, text: str, longest: int) -> str:
    problems = clean_text(text)
    if len(text) > longest:
        problems.append(_("Say it in %(limit)s characters.") % {"limit": longest})
    if problems:
        raise wrong(f"/{field}", problems[0])
    return redact(text.strip()).text[:longest]
