"""This module is a rule's state machine for one key: what one more minute does to it, by named changes."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from gateway_ingest.models import AlertSeverity
from gateway_ingest.rules.rule import Rule
from gateway_ingest.rules.traffic import Traffic, cases, is_no_accident, measured

FLAPS_AT = 3
FLAP_TIME = timedelta(minutes=30)
QUIET_MINUTES = 30  # after which a finding ends that nobody's calls confirm any more
_ORDER = [AlertSeverity.LOW, AlertSeverity.INFO, AlertSeverity.WARNING, AlertSeverity.HIGH, AlertSeverity.CRITICAL]


class Change(StrEnum):
    """What a minute changed."""

    NOTHING = "nothing"
    FIRED = "fired"
    WORSE = "worse"
    RESOLVED = "resolved"
    HELD = "held"
    SUPPRESSED = "suppressed"


@dataclass(frozen=True)
class State:
    """Where one key stands. `changed_at` are its changes of the last half hour, which tell whether it flaps.

    While it is held it stays firing, whatever it does, until it was quiet for half an hour. `ended_at` is when a person
    ended it while it was `ended_as` severe: what is seen since then alone may make it fire again.
    """

    severity: AlertSeverity | None = None
    value: float | None = None
    clear_minutes: int = 0
    quiet_minutes: int = 0
    changed_at: tuple[datetime, ...] = ()
    held_until: datetime | None = None
    ended_at: datetime | None = None
    ended_as: AlertSeverity | None = None

    @property
    def firing(self) -> bool:
        """Whether the finding stands."""
        return self.severity is not None

    @property
    def is_forgettable(self) -> bool:
        """Whether nothing in it matters for the next minute."""
        return not self.firing and not self.changed_at and not self.ended_at

    def as_json(self) -> dict[str, Any]:
        """The state as a row keeps it."""
        plain = asdict(self)
        for name in ("severity", "ended_as"):
            plain[name] = str(plain[name]) if plain[name] else None
        for name in ("held_until", "ended_at"):
            plain[name] = plain[name].isoformat() if plain[name] else None
        plain["changed_at"] = [moment.isoformat() for moment in self.changed_at]
        return plain

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "State":
        """The state a row kept; an empty one is quiet."""
        return cls(
            severity=_kept_severity(kept.get("severity")),
            value=kept.get("value"),
            clear_minutes=kept.get("clear_minutes", 0),
            quiet_minutes=kept.get("quiet_minutes", 0),
            changed_at=tuple(datetime.fromisoformat(moment) for moment in kept.get("changed_at", ())),
            held_until=_kept_moment(kept.get("held_until")),
            ended_at=_kept_moment(kept.get("ended_at")),
            ended_as=_kept_severity(kept.get("ended_as")),
        )


def _kept_severity(word: str | None) -> AlertSeverity | None:
    return AlertSeverity(word) if word else None


def _kept_moment(word: str | None) -> datetime | None:
    return datetime.fromisoformat(word) if word else None


@dataclass(frozen=True)
class Look:
    """What is seen of a key at the end of a minute: the rule's whole time and its two halves, and what is usual."""

    at: datetime
    whole: Traffic
    older: Traffic
    newer: Traffic
    usual: float | None = None
    critical: bool = False
    in_maintenance: bool = False


def step(rule: Rule, state: State, look: Look) -> tuple[State, Change]:
    """The state after this minute and the one thing that changed."""
    state = _forget(state, now=look.at)
    value = measured(rule, look.whole, usual=look.usual)
    if value is None or cases(rule, look.whole, usual=look.usual) < rule.least:
        return _quiet(state, look)
    state = replace(state, value=value, quiet_minutes=0)
    severity = _severity(rule, look, value)
    if state.ended_at:
        if severity and not _is_anew(rule, state, severity, look):
            return state, Change.NOTHING
        state = replace(state, ended_at=None, ended_as=None)
    if severity and not state.firing:
        return _fired(state, severity, look)
    if severity:
        return _still_firing(state, severity, look)
    return _calmer(rule, state, value, look)


def _severity(rule: Rule, look: Look, value: float) -> AlertSeverity | None:
    """How severe it is; nothing unless both halves of the time show it, and more surely than chance would."""
    reached = rule.step_at(value)
    parts = (look.older, look.newer) if rule.sustained else (look.whole,)
    halves = [measured(rule, half, usual=look.usual) for half in parts]
    if reached is None or not all(half is not None and rule.step_at(half) for half in halves):
        return None
    if not is_no_accident(rule, look.whole, usual=look.usual):
        return None
    if look.critical and rule.critical_severity:
        return max(reached.severity, rule.critical_severity, key=_ORDER.index)
    return reached.severity


def _fired(state: State, severity: AlertSeverity, look: Look) -> tuple[State, Change]:
    if look.in_maintenance:
        return state, Change.SUPPRESSED
    return _changed(replace(state, severity=severity, clear_minutes=0), look.at), Change.FIRED


def _still_firing(state: State, severity: AlertSeverity, look: Look) -> tuple[State, Change]:
    state = replace(state, clear_minutes=0, held_until=look.at + FLAP_TIME if state.held_until else None)
    worse = state.severity is not None and _ORDER.index(severity) > _ORDER.index(state.severity)
    if worse and not look.in_maintenance:
        return replace(state, severity=severity), Change.WORSE
    return state, Change.NOTHING


def _quiet(state: State, look: Look) -> tuple[State, Change]:
    """Too few calls tell nothing; a finding about them, or that one was ended by hand, is over when they stay away."""
    if not state.firing and not state.ended_at:
        return state, Change.NOTHING
    state = replace(state, quiet_minutes=state.quiet_minutes + 1)
    if state.quiet_minutes < QUIET_MINUTES:
        return state, Change.NOTHING
    if not state.firing:
        return replace(state, quiet_minutes=0, ended_at=None, ended_as=None), Change.NOTHING
    ended = replace(state, severity=None, clear_minutes=0, quiet_minutes=0, held_until=None)
    return _changed(ended, look.at), Change.RESOLVED


def _calmer(rule: Rule, state: State, value: float, look: Look) -> tuple[State, Change]:
    if not state.firing:
        return state, Change.NOTHING
    state = replace(state, clear_minutes=state.clear_minutes + 1 if rule.is_clear(value) else 0)
    if state.clear_minutes < rule.clear_minutes or (state.held_until and look.at < state.held_until):
        return state, Change.NOTHING
    if state.held_until is None and len(state.changed_at) + 1 >= FLAPS_AT:
        return replace(state, held_until=look.at + FLAP_TIME), Change.HELD
    quiet = replace(state, severity=None, clear_minutes=0, held_until=None)
    return _changed(quiet, look.at), Change.RESOLVED


def _changed(state: State, at: datetime) -> State:
    return replace(state, changed_at=(*state.changed_at, at))


def _forget(state: State, *, now: datetime) -> State:
    return replace(state, changed_at=tuple(moment for moment in state.changed_at if now - moment < FLAP_TIME))


def put_by_hand(state: State, *, now: datetime) -> State:
    """The state once a person ended what it finds."""
    ended = replace(state, severity=None, clear_minutes=0, quiet_minutes=0, held_until=None)
    return replace(ended, ended_at=now, ended_as=state.severity)


def _is_anew(rule: Rule, state: State, severity: AlertSeverity, look: Look) -> bool:
    """Whether what is seen is more than what a person ended: it is worse, or all of the rule's time came after that.

    A figure that comes by itself, such as a silence or the spend of a day, is no news as long as it stands.
    """
    if state.ended_as and _ORDER.index(severity) > _ORDER.index(state.ended_as):
        return True
    since = look.at - timedelta(minutes=rule.minutes)
    return rule.is_counted and state.ended_at is not None and since >= state.ended_at
