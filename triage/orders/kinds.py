"""This module knows the kinds of orders: what each refuses, does, remembers and takes back, for a batch of one launch."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from hypercare.core.given_reasons import given_reason
from hypercare.core.models import Launch
from hypercare.core.problem import Problem, wrong
from hypercare.core.timeline import Actor
from triage import closing, lifecycle, merging, notes, overrides, snooze
from triage.access import number_in
from triage.board import limits
from triage.called import called
from triage.models import Decision, Issue, Origin
from triage.nature import judgement as nature
from triage.orders.labelling import Labelling, Unlabelling
from triage.orders.order import Given, Order, Row, by_moment, text_of
from triage.orders.replying import Replying


class Moving(Order):
    """To another status."""

    entries = ("issue.status", "issue.merged", "issue.unmerged")

    def __init__(self, launch: Launch, given: Given) -> None:
        super().__init__(launch, given)
        self._move = lifecycle.Move(**given)
        self._room: tuple[int, int] | None = None

    @classmethod
    def check(cls, launch: Launch, given: Given, *, now: datetime) -> dict[str, Any]:  # noqa: ARG003
        names = ("to", "reason", "resolution", "noise")
        move = lifecycle.Move(**{name: text_of(given, name) for name in names}).check()
        return {name: getattr(move, name) for name in names}

    def begin(self, issues: Sequence[Issue], *, now: datetime) -> None:  # noqa: ARG002 - who is merged moves nowhere
        self._room = None if self._move.reason else limits.room_in(self.launch, self._move.to, now=now)

    def refusal(self, issue: Issue) -> Problem | None:
        if issue.status == self._move.to:
            return Problem(409, _("%(key)s is there already.") % {"key": issue.key})
        if problem := self._move.refusal(issue):
            return problem
        if self._room is None:
            return None
        room, most = self._room
        if room < 1:
            return limits.full(self._move.to, most)
        self._room = room - 1, most
        return None

    def memory(self, issues: Sequence[Issue]) -> dict[int, dict[str, Any]]:
        return {
            issue.pk: {"status": issue.status, "resolution": issue.resolution} | _times_of(issue) for issue in issues
        }

    def apply(self, issues: Sequence[Issue], *, actor: Actor, now: datetime) -> dict[int, Problem]:
        lifecycle.move_all(issues, self._move, actor=actor, now=now)
        return {}

    def stands(self, issues: Sequence[Issue], rows: Mapping[int, Row]) -> set[int]:
        """Those that nobody moved since, also where they came to the same status again."""
        there = [issue for issue in issues if issue.status == self._move.to]
        return {issue.pk for issue in there if issue.status_changed_at == rows[issue.pk].done_at}

    def take_back(self, issues: Sequence[Issue], rows: Mapping[int, Row], *, actor: Actor, now: datetime) -> int:
        told = 0
        if self._move.ends:
            for moment, some in by_moment(issues, rows).items():
                told += lifecycle.take_news_back(some, told_at=moment)
        if self._move.noise:
            lifecycle.take_noise_back(issues)
        was = {pk: (row.before["status"], row.before["resolution"]) for pk, row in rows.items()}
        lifecycle.give_back(issues, was, transition="undo", times=_times_before(rows), actor=actor, now=now)
        closing.review([issue.pk for issue in issues], now=now)
        return told


def _times_of(issue: Issue) -> dict[str, Any]:
    """When an issue came to where it is, for `_times_before`."""
    return {
        "since": issue.status_changed_at.isoformat(),
        "closed_at": issue.closed_at.isoformat() if issue.closed_at else None,
        "worked": issue.worked_seconds,
    }


def _times_before(rows: Mapping[int, Row]) -> dict[int, lifecycle.Times]:
    """When issues had come to where they were; without those remembered before this was kept."""
    kept = {pk: row.before for pk, row in rows.items() if "since" in row.before}
    return {
        pk: lifecycle.Times(
            datetime.fromisoformat(before["since"]),
            datetime.fromisoformat(before["closed_at"]) if before["closed_at"] else None,
            before["worked"],
        )
        for pk, before in kept.items()
    }


class Setting(Order):
    """A field to a value."""

    entries = ("issue.field",)

    @classmethod
    def check(cls, launch: Launch, given: Given, *, now: datetime) -> dict[str, Any]:  # noqa: ARG003
        field = text_of(given, "field")
        if field in nature.FIELDS:
            detail = _("Decide on “%(field)s” on the page of each issue.") % {"field": field}
            raise wrong("/field", detail)
        value = overrides.stored_value(launch, field, given.get("value"))
        names = {"called": name} if (name := called(launch, field, [value]).get(value)) else {}
        return {"field": field, "value": value, "reason": given_reason(text_of(given, "reason"))} | names

    @property
    def _field(self) -> str:
        return str(self.given["field"])

    def begin(self, issues: Sequence[Issue], *, now: datetime) -> None:
        super().begin(issues, now=now)
        said = self._said(issues)
        self._held = _by_people(said)
        self._ruled = said.keys() - self._held.keys()

    def refusal(self, issue: Issue) -> Problem | None:
        """Also where a person said the same before; what a machine said is confirmed, and a reason is new."""
        if problem := super().refusal(issue):
            return problem
        value, held = self.given["value"], self._held.get(issue.pk)
        # Nobody but a person or a rule names an owner.
        is_said = held.value == value if held else self._field == "owner" and issue.pk not in self._ruled
        if self.given["reason"] or not is_said or overrides.shown_value(issue, self._field) != value:
            return None
        return Problem(409, _("%(key)s has that already.") % {"key": issue.key})

    def memory(self, issues: Sequence[Issue]) -> dict[int, dict[str, Any]]:
        return {
            issue.pk: {
                "value": overrides.shown_value(issue, self._field),
                "held": _kept(self._held[issue.pk]) if issue.pk in self._held else None,
            }
            for issue in issues
        }

    def apply(self, issues: Sequence[Issue], *, actor: Actor, now: datetime) -> dict[int, Problem]:
        words = {issue.pk: (self.given["value"], self.given["reason"]) for issue in issues}
        overrides.override_all(issues, field=self._field, words=words, actor=actor, now=now)
        return {}

    def stands(self, issues: Sequence[Issue], rows: Mapping[int, Row]) -> set[int]:
        live = self._live(issues)
        return {pk for pk, decision in live.items() if decision.decided_at == rows[pk].done_at}

    def take_back(self, issues: Sequence[Issue], rows: Mapping[int, Row], *, actor: Actor, now: datetime) -> int:
        words = {pk: words for pk, row in rows.items() if (words := self._words_before(row))}
        gone = {value for value in {value for value, _reason in words.values()} if not self._is_there(value)}
        words = {pk: (value, reason) for pk, (value, reason) in words.items() if value not in gone}
        held = [issue for issue in issues if issue.pk in words]
        free = [issue for issue in issues if issue.pk not in words]
        if held:
            overrides.override_all(held, field=self._field, words=words, actor=actor, now=now)
            self._date_back(held, rows)
        if free:
            overrides.release_all(free, field=self._field, actor=actor, now=now)
        return 0

    def _date_back(self, issues: Sequence[Issue], rows: Mapping[int, Row]) -> None:
        """What stands again stands since it was decided, so that the order before can be taken back too."""
        live = self._live(issues)
        for pk, decision in live.items():
            if (held := rows[pk].before["held"]) and len(held) > 2:
                decision.decided_at = datetime.fromisoformat(held[2])
        Decision.objects.bulk_update(live.values(), ["decided_at"])

    def _is_there(self, value: str) -> bool:
        """Whether the value can still be held: people leave, and components go."""
        try:
            return overrides.stored_value(self.launch, self._field, value) == value
        except Problem:
            return False

    def _words_before(self, row: Row) -> tuple[str, str] | None:
        """What a person held before; an owner stands without a decision too, as nobody but a person names one."""
        if row.before["held"]:
            value, reason, *_since = row.before["held"]
            # Orders from before decisions kept all of a title remember its beginning there.
            return (row.before["value"] if self._field == "title" else value), reason
        return (row.before["value"], "") if self._field == "owner" and row.before["value"] else None

    def _live(self, issues: Sequence[Issue]) -> dict[int, Decision]:
        return _by_people(self._said(issues))

    def _said(self, issues: Sequence[Issue]) -> dict[int, Decision]:
        """What people or rules of the launch said, for each issue of which they did."""
        said = Decision.objects.filter(issue__in=[issue.pk for issue in issues], field=self._field, ended_at=None)
        said = said.filter(Q(origin=Origin.PERSON) | Q(holds=True))
        return {decision.issue_id: decision for decision in said if decision.issue_id}


def _by_people(said: Mapping[int, Decision]) -> dict[int, Decision]:
    return {pk: decision for pk, decision in said.items() if decision.origin == Origin.PERSON}


def _kept(decision: Decision) -> list[str]:
    return [decision.value, decision.reason, decision.decided_at.isoformat()]


class Snoozing(Order):
    """Out of sight until a time, or until it gets worse."""

    entries = ("issue.snoozed", "issue.woken", "issue.status")

    @classmethod
    def check(cls, launch: Launch, given: Given, *, now: datetime) -> dict[str, Any]:
        until = snooze.read_until(text_of(given, "until"), launch=launch, now=now)
        if until is None:
            detail = _("Say until when, for example 2026-05-29T09:00.")
            raise wrong("/until", detail)
        return {
            "until": snooze.check_until(until, now=now).isoformat(),
            "wake_if_worse": given.get("wake_if_worse") is not False,
        }

    @property
    def _until(self) -> datetime:
        return datetime.fromisoformat(self.given["until"])

    def refusal(self, issue: Issue) -> Problem | None:
        return snooze.refusal(issue)

    def memory(self, issues: Sequence[Issue]) -> dict[int, dict[str, Any]]:
        return snooze.memory_of(issues)

    def apply(self, issues: Sequence[Issue], *, actor: Actor, now: datetime) -> dict[int, Problem]:
        worse = bool(self.given["wake_if_worse"])
        snooze.lay_to_sleep(issues, until=self._until, wake_if_worse=worse, actor=actor, now=now)
        return {}

    def stands(self, issues: Sequence[Issue], rows: Mapping[int, Row]) -> set[int]:
        """Those that nobody laid to sleep since, also where that is until the same time."""
        since = snooze.asleep_since(issues)
        there = {issue.pk for issue in issues if issue.snoozed_until == self._until}
        return {pk for pk in there if since.get(pk) == rows[pk].done_at}

    def take_back(self, issues: Sequence[Issue], rows: Mapping[int, Row], *, actor: Actor, now: datetime) -> int:
        snooze.return_to({pk: row.before for pk, row in rows.items()}, issues, actor=actor, now=now)
        return 0


class Waking(Snoozing):
    """Back into sight."""

    @classmethod
    def check(cls, launch: Launch, given: Given, *, now: datetime) -> dict[str, Any]:  # noqa: ARG003
        return {}

    def refusal(self, issue: Issue) -> Problem | None:
        if issue.snoozed_until:
            return None
        return Problem(409, _("%(key)s does not sleep.") % {"key": issue.key})

    def apply(self, issues: Sequence[Issue], *, actor: Actor, now: datetime) -> dict[int, Problem]:
        snooze.wake(issues, why={}, actor=actor, now=now)
        return {}

    def stands(self, issues: Sequence[Issue], rows: Mapping[int, Row]) -> set[int]:  # noqa: ARG002
        return {issue.pk for issue in issues if issue.snoozed_until is None and snooze.refusal(issue) is None}


class Merging(Order):
    """Into another issue, as duplicates of it."""

    entries = ("issue.merged", "issue.unmerged")

    @classmethod
    def check(cls, launch: Launch, given: Given, *, now: datetime) -> dict[str, Any]:  # noqa: ARG003
        named = number_in(text_of(given, "into"))
        if named is None or not Issue.objects.filter(pk=named, launch=launch).exists():
            detail = _("Name the issue it goes into, for example IS-12, or paste its link.")
            raise wrong("/into", detail)
        return {"into": named}

    def refusal(self, issue: Issue) -> Problem | None:  # noqa: ARG002 - the merge itself says
        return None

    def memory(self, issues: Sequence[Issue]) -> dict[int, dict[str, Any]]:
        return {issue.pk: _times_of(issue) for issue in issues}

    def apply(self, issues: Sequence[Issue], *, actor: Actor, now: datetime) -> dict[int, Problem]:
        return merging.merge_all([issue.pk for issue in issues], into_id=self.given["into"], actor=actor, now=now)

    def stands(self, issues: Sequence[Issue], rows: Mapping[int, Row]) -> set[int]:  # noqa: ARG002
        return {issue.pk for issue in issues if issue.merged_into_id == self.given["into"]}

    def take_back(self, issues: Sequence[Issue], rows: Mapping[int, Row], *, actor: Actor, now: datetime) -> int:
        merging.unmerge_all(issues, times=_times_before(rows), actor=actor, now=now)
        return 0


class Noting(Order):
    """A note for the team; the timeline keeps it for good."""

    can_undo = False

    @classmethod
    def check(cls, launch: Launch, given: Given, *, now: datetime) -> dict[str, Any]:  # noqa: ARG003
        return {"text": notes.kept_note(text_of(given, "text"))}

    def refusal(self, issue: Issue) -> Problem | None:  # noqa: ARG002 - any issue takes a note
        return None

    def apply(self, issues: Sequence[Issue], *, actor: Actor, now: datetime) -> dict[int, Problem]:
        notes.note_all(issues, text=self.given["text"], actor=actor, now=now)
        return {}


KINDS: dict[str, type[Order]] = {
    "move": Moving,
    "set": Setting,
    "snooze": Snoozing,
    "wake": Waking,
    "merge": Merging,
    "note": Noting,
    "label": Labelling,
    "unlabel": Unlabelling,
    "reply": Replying,
}
