"""This module begins a review, takes what people write in it, publishes it and takes it up again.

What a person wrote is only ever replaced by a person: facts that are newer wait beside it until somebody takes them.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from hypercare.core.launches import check_not_closed
from hypercare.core.problem import Problem
from hypercare.core.timeline import Actor, Entry, record
from triage import tree
from triage.models import Issue, Passage, Review
from triage.review import sections
from triage.review.facts import facts_of
from triage.review.prefill import Facts
from triage.warroom import words

LONGEST_TEXT = 20_000


@transaction.atomic
def begin(issue: Issue, *, actor: Actor, now: datetime) -> Review:
    """The review of an issue, or of what it is merged into; the one there is, where it was begun already."""
    check_not_closed(issue.launch)
    root_id = tree.roots_of([issue.pk])[issue.pk]
    root = Issue.objects.select_for_update(of=("self",)).select_related("launch", "component").get(pk=root_id)
    by = {"launch": root.launch, "begun_at": now, "begun_by_name": actor.name}
    review, is_new = Review.objects.get_or_create(issue=root, defaults=by)
    if is_new:
        record(root.launch, [Entry(root.key, "review.begun")], actor=actor, now=now)
    return review


@dataclass(frozen=True)
class Words:
    """What a person leaves in a section, beside the facts of then; `version` is what they saw, None where any will do."""

    section: str
    text: str
    facts: Facts
    version: int | None


def write(
    review: Review, *, section: str, text: str, version: int | None, actor: Actor, now: datetime
) -> Passage | None:
    """Keeps a person's words for a section; 409 where another wrote them since `version`. None where nothing changes."""
    sections.known(section)
    kept = words.said(text, "text", longest=LONGEST_TEXT, has_lines=True, may_lack=True)
    facts = facts_of(review.issue, now=now)[section]
    return _keep(review, Words(section, kept, facts, version), actor=actor, now=now)


def take_facts(review: Review, *, section: str, version: int | None, actor: Actor, now: datetime) -> Passage | None:
    """Puts what the rows say now in place of what stands in a section."""
    sections.known(section)
    facts = facts_of(review.issue, now=now)[section]
    return _keep(review, Words(section, facts.text, facts, version), actor=actor, now=now)


@transaction.atomic
def _keep(review: Review, left: Words, *, actor: Actor, now: datetime) -> Passage | None:
    review, facts = _lock(review), left.facts
    if review.is_published:
        raise Problem(409, _("The review is published; take it up again to change it."))
    newest = review.passages.filter(section=left.section).order_by("-version").first()
    number = newest.version if newest else 0
    if newest and left.version not in {None, number}:
        raise _conflict(newest)
    stands = (newest.text, newest.facts) if newest and newest.author_name else (facts.text, facts.text)
    if (left.text, facts.text) == stands:
        return None
    made = Passage.objects.create(
        review=review, section=left.section, version=number + 1, text=left.text, facts=facts.text,
        source=facts.source[:500], author=actor.user, author_name=actor.name, written_at=now,
    )  # fmt: skip
    data = {"section": left.section, "version": made.version}
    record(review.launch, [Entry(review.issue.key, "review.changed", data)], actor=actor, now=now)
    return made


def _conflict(newest: Passage) -> Problem:
    who = newest.author_name or _("Hypercare")
    detail = _("%(who)s changed “%(section)s” meanwhile. Your words are kept below: put both together, then save again.") % {
        "who": who, "section": sections.TITLES[newest.section]}  # fmt: skip
    changes = {"section": newest.section, "text": newest.text}
    return Problem(409, detail, changed_by=who, changes=changes, version=newest.version)


def publish(review: Review, *, actor: Actor, now: datetime) -> Review:
    """Fixes every section as it reads now, so that later rows change it no more."""
    return _publish(review, facts_of(review.issue, now=now), actor=actor, now=now)


@transaction.atomic
def _publish(review: Review, found: dict[str, Facts], *, actor: Actor, now: datetime) -> Review:
    review = _lock(review)
    if review.is_published:
        raise Problem(409, _("The review is published already."))
    newest = newest_of(review)
    Passage.objects.bulk_create(
        Passage(
            review=review, section=name, version=newest[name].version + 1 if name in newest else 1, text=facts.text,
            facts=facts.text, source=facts.source[:500], written_at=now,
        )
        for name, facts in found.items()
        if name not in newest or not newest[name].author_name
    )  # fmt: skip
    review.published_at, review.published_by_name = now, actor.name
    review.save(update_fields=["published_at", "published_by_name"])
    record(review.launch, [Entry(review.issue.key, "review.published")], actor=actor, now=now)
    return review


@transaction.atomic
def take_up_again(review: Review, *, actor: Actor, now: datetime) -> Review:
    """Makes a published review a draft again; its words stay."""
    review = _lock(review)
    if not review.is_published:
        raise Problem(409, _("The review is a draft already."))
    review.published_at, review.published_by_name = None, ""
    review.save(update_fields=["published_at", "published_by_name"])
    record(review.launch, [Entry(review.issue.key, "review.reopened")], actor=actor, now=now)
    return review


def newest_of(review: Review) -> dict[str, Passage]:
    """The passage that stands in each section that has any."""
    return {one.section: one for one in review.passages.order_by("section", "version")}


def _lock(review: Review) -> Review:
    rows = Review.objects.select_for_update(of=("self",)).select_related("launch", "issue__launch", "issue__component")
    locked = rows.get(pk=review.pk)
    check_not_closed(locked.launch)
    return locked
