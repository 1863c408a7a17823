"""This module decides whether what looks like spam or noise is set aside or only marked.

It is set aside only where the launch lets the machine do so, the rule is sure, nobody vouches for its sender, nothing but
words came with it, and people of the launch did not take this rule's word back too often. Else it stays a suggestion.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from django.utils.translation import gettext as _

from feedback.models import Attachment, Channel, Feedback
from hypercare.core.models import Launch, Membership
from triage.classify.spam import FIELD, GENUINE, SURE
from triage.classify.suggestion import Suggestion
from triage.models import Decision, Label, Sieve

SIFTED_CHANNELS = frozenset({Channel.WIDGET, Channel.PORTAL, Channel.EMAIL, Channel.CHAT})
# So many words taken back, and so large a share of what people said of it, end a rule's right to set aside.
_TAKEN_BACK, _SHARE_TAKEN_BACK = 2, 0.2


def suspicion_in(found: Sequence[Suggestion]) -> Suggestion | None:
    """What is suggested about spam or noise, if anything."""
    return next((one for one in found if one.field == FIELD), None)


def is_set_aside(found: Sequence[Suggestion]) -> bool:
    """Whether the suggestions of a report say that it is to be set aside."""
    said = suspicion_in(found)
    return said is not None and said.applied


def sift(launch: Launch, rows: Sequence[Feedback], found: Sequence[Sequence[Suggestion]]) -> list[list[Suggestion]]:
    """The suggestions, those about spam applied where the report is to be set aside, and dropped where one is in force."""
    suspects = {row.pk: one for row, said in zip(rows, found, strict=True) if (one := suspicion_in(said))}
    if not suspects:
        return [list(said) for said in found]
    decided = _decided_before(suspects)
    weighed = {}
    if suspects.keys() - decided:
        judge = _Judge(launch, [row for row in rows if row.pk in suspects])
        weighed = {row.pk: judge.weigh(row, suspects[row.pk]) for row in rows if row.pk in suspects}
    return [
        [weighed[row.pk] if one.field == FIELD else one for one in said if one.field != FIELD or row.pk not in decided]
        for row, said in zip(rows, found, strict=True)
    ]


def _decided_before(ids: dict[int, Suggestion]) -> set[int]:
    """Reports of which a word about spam is in force already: they came back, and it is not said twice."""
    live = Decision.objects.filter(feedback__in=list(ids), field=FIELD, ended_at=None)
    return set(live.values_list("feedback_id", flat=True))


class _Judge:
    """What must be known of a launch and of suspects, read once for a batch."""

    def __init__(self, launch: Launch, suspects: Sequence[Feedback]) -> None:
        self.is_on = Sieve.objects.filter(launch=launch).exists()
        self.vouched = _vouched_for(launch, suspects) if self.is_on else set()
        self.brought_files = set(
            Attachment.objects.filter(feedback__in=[row.pk for row in suspects]).values_list("feedback_id", flat=True)
        )
        self.mistrusted = mistrusted_in(launch)

    def weigh(self, row: Feedback, said: Suggestion) -> Suggestion:
        """The suggestion, applied or with why it is not."""
        why_not = self._why_not(row, said)
        if not why_not:
            return replace(said, applied=True)
        return replace(said, reason=_("%(reason)s; only marked: %(why)s") % {"reason": said.reason, "why": why_not})

    def _why_not(self, row: Feedback, said: Suggestion) -> str:
        if said.confidence < SURE:
            return _("the rule is not sure enough")
        if not self.is_on:
            return _("this launch sets nothing aside by itself")
        if row.channel not in SIFTED_CHANNELS or row.pk in self.vouched:
            return _("its sender is known")
        if row.trace_id or row.component_id or row.context.get("requests") or row.pk in self.brought_files:
            return _("it brings more than words")
        if said.decider in self.mistrusted:
            return _("people took this rule's word back too often")
        return ""


def _vouched_for(launch: Launch, rows: Sequence[Feedback]) -> set[int]:
    """Reports of people who signed in, who belong to the launch, or who reported something that became work before."""
    reporters = [row.reporter_id for row in rows if row.reporter_id]
    emails = {row.reporter.email for row in rows if row.reporter and row.reporter.email}
    members = set(
        Membership.objects.filter(launch=launch, user__email__in=emails, user__is_active=True).values_list(
            "user__email", flat=True
        )
    )
    earlier = Feedback.objects.filter(reporter__in=reporters, issue_key__gt="")
    known = set(earlier.order_by().values_list("reporter_id", flat=True).distinct())
    return {
        row.pk
        for row in rows
        if row.source.startswith("user:")
        or row.reporter_id in known
        or (row.reporter is not None and row.reporter.email in members)
    }


def mistrusted_in(launch: Launch) -> set[str]:
    """The rules whose word people of the launch took back so often that they may only mark."""
    people = Label.objects.filter(launch=launch, field=FIELD, withdrawn_at=None).exclude(said_by="")
    said: Counter[str] = Counter()
    back: Counter[str] = Counter()
    for decider, value in people.values_list("said_by", "value"):
        said[decider] += 1
        back[decider] += value == GENUINE
    return {one for one in back if back[one] >= _TAKEN_BACK and back[one] >= _SHARE_TAKEN_BACK * said[one]}
