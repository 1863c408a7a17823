"""This module says what a rule is: what it measures, of what, over which time, and from which value on."""

from dataclasses import dataclass
from enum import StrEnum

from gateway_ingest.models import AlertSeverity


class Measure(StrEnum):
    """What a rule looks at in the traffic of one key."""

    ERROR_SHARE = "error_share"
    UNAVAILABLE_SHARE = "unavailable_share"
    LIMITED_SHARE = "limited_share"
    PROVIDER_ERROR_SHARE = "provider_error_share"
    P95_MS = "p95_ms"
    MALFORMED = "malformed"
    REFUSED = "refused"
    CALLS = "calls"
    TOKENS_A_CALL = "tokens_a_call"
    SPENT_SHARE = "spent_share"
    FLAGGED = "flagged"
    FORGOT = "forgot"
    RATING_CHANCE = "rating_chance"
    SILENCE = "silence"
    SURPRISE = "surprise"
    DAYS_LEFT = "days_left"


# What is not counted from the calls of some minutes, but comes as one figure.
FIGURES = frozenset({Measure.SPENT_SHARE, Measure.RATING_CHANCE, Measure.SILENCE, Measure.SURPRISE, Measure.DAYS_LEFT})


class Per(StrEnum):
    """What one state machine follows."""

    LAUNCH = "launch"
    COMPONENT = "component"
    ROUTE = "route"
    RELEASE = "release"
    CONSUMER = "consumer"
    PROVIDER = "provider"
    PROMPT_VERSION = "prompt_version"
    BUDGET = "budget"
    VERSION = "version"
    SENDER = "sender"
    SERIES = "series"


class Against(StrEnum):
    """What the limit is counted in: the measure itself, or how many times the usual or the target it is."""

    ITSELF = "itself"
    USUAL = "usual"
    TARGET = "target"


@dataclass(frozen=True)
class Step:
    """From this value on the finding is so severe."""

    limit: float
    severity: AlertSeverity


@dataclass(frozen=True)
class Rule:
    """One rule; everything in it may be edited.

    `steps` rise in severity. `below` turns the rule round: it fires under its limit. A share is 0 to 1. The measure is
    taken over `minutes`, and over each half of them, so that a short burst is no finding; a key with fewer than
    `least` calls in that time says nothing. It clears at `clear_at` of its limit, `clear_minutes` in a row. A rule
    that is not `sustained` fires on the whole time alone.
    """

    name: str
    title: str
    measure: Measure
    per: Per
    steps: tuple[Step, ...]
    minutes: int
    least: int = 20
    against: Against = Against.ITSELF
    below: bool = False
    critical_severity: AlertSeverity | None = None
    clear_at: float = 0.8
    clear_minutes: int = 2
    sustained: bool = True

    def __post_init__(self) -> None:
        if not self.steps or self.minutes < 1 or not 0 < self.clear_at <= 1 or self.clear_minutes < 1:
            raise ValueError("A rule needs a step, a minute or more, and a share of its limit to clear at.")
        limits = [step.limit for step in self.steps]
        if limits != sorted(limits, reverse=self.below) or any(limit <= 0 for limit in limits):
            raise ValueError("The limits of a rule's steps are above zero and go from mild to severe.")

    @property
    def is_counted(self) -> bool:
        """Whether it is counted from the calls of its minutes, and is no figure that comes by itself."""
        return self.measure not in FIGURES

    def step_at(self, value: float) -> Step | None:
        """The most severe step that a value has reached."""
        reached = [step for step in self.steps if (value < step.limit if self.below else value > step.limit)]
        return reached[-1] if reached else None

    def is_clear(self, value: float) -> bool:
        """Whether a value is far enough from the first limit to end a finding."""
        limit = self.steps[0].limit
        return value >= limit / self.clear_at if self.below else value <= limit * self.clear_at
