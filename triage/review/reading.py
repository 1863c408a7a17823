"""This module reads a review: each section with its words, who they are by, and what the rows say by now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import override

from hypercare.core.access import Principal
from hypercare.core.clock import in_zone
from hypercare.core.models import Commitment, Launch
from hypercare.core.problem import not_found
from hypercare.core.roles import Right
from hypercare.core.templatetags.hypercare_ui import severity_word, status_word
from triage import tree
from triage.access import access_issue
from triage.models import Issue, Passage, Review
from triage.papers.markdown import as_html
from triage.papers.paper import Paper, as_markdown
from triage.papers.paper import Section as PaperSection
from triage.review import follow_ups, sections
from triage.review.facts import facts_of
from triage.review.prefill import Facts
from triage.review.writing import newest_of


@dataclass(frozen=True)
class Shown:
    """One section; `newer` is what the rows say by now, where a person's words stand and were written before that."""

    name: str
    text: str
    source: str
    version: int
    author: str
    written_at: datetime | None
    newer: str = ""

    @property
    def title(self) -> str:
        """Its heading."""
        return str(sections.TITLES[self.name])

    @property
    def asks(self) -> str:
        """What belongs here."""
        return str(sections.ASKS[self.name])

    @property
    def html(self) -> SafeString:
        """Its words as they are read."""
        return as_html(self.text)


def access_review(principal: Principal, key: str, *, right: Right) -> tuple[Issue, Review | None]:
    """The issue named like IS-12, or what it is merged into where it has no review of its own; and the review."""
    one = access_issue(principal, key, right=right)
    if one.merged_into_id and not Review.objects.filter(issue=one).exists():
        root_id = tree.roots_of([one.pk])[one.pk]
        one = Issue.objects.select_related("launch", "component", "team", "owner", "merged_into").get(pk=root_id)
    return one, Review.objects.select_related("launch").filter(issue=one).first()


def begun(principal: Principal, key: str, *, right: Right) -> Review:
    """The review; Problem 404 while nobody began it."""
    issue, review = access_review(principal, key, right=right)
    if review is None:
        raise not_found(_("The review of %(key)s is not begun.") % {"key": issue.key})
    review.issue = issue
    return review


def shown(review: Review, *, now: datetime) -> list[Shown]:
    """All sections as they read now; a published review reads as it was published."""
    newest = newest_of(review)
    if review.is_published:
        return [_as_kept(name, newest[name]) for name in sections.TITLES if name in newest]
    found = facts_of(review.issue, now=now)
    return [_in_draft(name, newest.get(name), found[name]) for name in sections.TITLES]


def _in_draft(name: str, passage: Passage | None, facts: Facts) -> Shown:
    if passage is None or not passage.author_name:
        return Shown(name, facts.text, facts.source, passage.version if passage else 0, "", None)
    return _as_kept(name, passage, newer=facts.text if facts.text != passage.facts else "")


def _as_kept(name: str, passage: Passage, *, newer: str = "") -> Shown:
    return Shown(
        name, passage.text, passage.source, passage.version, passage.author_name, passage.written_at, newer=newer
    )


def paper_of(review: Review, *, now: datetime) -> Paper:
    """The review to take away, in the language of its launch."""
    issue, launch = review.issue, review.launch
    with override(launch.language):
        parts = [PaperSection(one.title, one.text, _source(one, launch)) for one in shown(review, now=now)]
        place = 1 + list(sections.TITLES).index(sections.ACTIONS_AFTER)
        actions = _actions_in_words(follow_ups.about(issue), launch, now=now)
        parts.insert(place, PaperSection(_("Actions"), actions))
        return Paper(
            title=_("Review of %(key)s: %(title)s") % {"key": issue.key, "title": issue.title},
            facts=_facts(review),
            sections=parts,
            language=launch.language,
            footer=f"{launch.name}, {issue.key}",
            empty=_("Nothing was written here."),
            name=f"{launch.slug}-{issue.key}-review",
        )


def _source(one: Shown, launch: Launch) -> str:
    if one.written_at is None or not one.author:
        return one.source
    at = date_format(in_zone(one.written_at, launch.zone), "j M H:i")
    return _("Written by %(who)s, %(at)s.") % {"who": one.author, "at": at}


def _facts(review: Review) -> list[tuple[str, str]]:
    issue = review.issue
    at = review.published_at or review.begun_at
    who = review.published_by_name or review.begun_by_name
    stands = _("Published") if review.is_published else _("Draft")
    return [
        (_("Severity"), f"SEV{issue.severity} {severity_word(issue.severity)}"),
        (_("Component"), issue.component.name if issue.component else "–"),
        (_("Status"), str(status_word(issue.status))),
        (_("Review"), f"{stands}, {who}, {date_format(in_zone(at, review.launch.zone), 'j M Y H:i')}"),
    ]


def _actions_in_words(actions: Sequence[Commitment], launch: Launch, *, now: datetime) -> str:
    return "\n".join(f"- {one.what} ({one.owner_name}, {_stands(one, launch, now=now)})" for one in actions)


def _stands(one: Commitment, launch: Launch, *, now: datetime) -> str:
    if one.ended_at:
        return _("done") if one.kept else _("dropped: %(reason)s") % {"reason": one.reason}
    due = date_format(in_zone(one.due_at, launch.zone), "j M Y")
    return (_("overdue since %(day)s") if one.due_at < now else _("due %(day)s")) % {"day": due}


def markdown_of(review: Review, *, now: datetime) -> str:
    """The review as one Markdown text."""
    return as_markdown(paper_of(review, now=now))
