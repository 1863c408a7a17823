"""Each default rule fires on the replay that must fire it, and stays quiet on the one just below."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway_ingest.models import AlertSeverity as S
from gateway_ingest.rules.defaults import DEFAULT_RULES
from gateway_ingest.rules.rule import Measure, Per, Rule, Step
from gateway_ingest.rules.state import Change, Look, State, put_by_hand, step
from gateway_ingest.rules.traffic import Traffic

RULES = {rule.name: rule for rule in DEFAULT_RULES}
NOON = datetime(2026, 5, 28, 12, tzinfo=UTC)


def traffic(minutes: int, a_minute: dict[str, float]) -> Traffic:
    """So many minutes, each like this one; levels such as p95 stay what they are."""
    levels = {"p95_ms", "spent", "budget", "figure"}
    return Traffic(minutes, **{name: value if name in levels else value * minutes for name, value in a_minute.items()})


def looks(rule: Rule, minutes: list[dict[str, float]], **more) -> list[Look]:
    """What the rule sees at the end of each minute, once its whole time is there."""
    seen = []
    if not rule.sustained:
        whole = traffic(rule.minutes, minutes[0])
        return [Look(NOON + timedelta(minutes=end), whole, whole, whole, **more) for end in range(len(minutes))]
    for end in range(rule.minutes, len(minutes) + 1):
        part = minutes[end - rule.minutes : end]
        middle = max(rule.minutes // 2, 1)
        halves = (part[:middle], part[-middle:])
        whole, older, newer = (summed(stretch) for stretch in (part, *halves))
        seen.append(Look(NOON + timedelta(minutes=end), whole, older, newer, **more))
    return seen


def summed(stretch: list[dict[str, float]]) -> Traffic:
    """Minutes added up; of levels the middle one."""
    parts = [traffic(1, minute) for minute in stretch]
    p95 = sorted(part.p95_ms for part in parts if part.p95_ms is not None)
    counts = {
        name: sum(getattr(part, name) for part in parts)
        for name in (
            *("calls", "errors", "unavailable", "malformed", "refused", "limited"),
            *("provider_errors", "flagged", "forgot", "tokens"),
        )
    }
    last = parts[-1]
    levels = {"spent": last.spent, "budget": last.budget, "figure": last.figure}
    return Traffic(len(parts), **counts, p95_ms=p95[len(p95) // 2] if p95 else None, **levels)


def replay(rule: Rule, seen: list[Look], state: State | None = None) -> tuple[State, list[Change]]:
    """The state at the end, and all that changed."""
    state, changed = state or State(), []
    for look in seen:
        state, change = step(rule, state, look)
        if change is not Change.NOTHING:
            changed.append(change)
    return state, changed


# What fires a rule, and the nearest that does not, a minute; `usual` is of the same hour of other weeks.
CASES = {
    "error_burst": ({"calls": 1000, "errors": 11}, {"calls": 1000, "errors": 10}, None, S.HIGH),
    "latency_regression": ({"calls": 100, "p95_ms": 241}, {"calls": 100, "p95_ms": 240}, 200, S.HIGH),
    "latency_breach": ({"calls": 100, "p95_ms": 1001}, {"calls": 100, "p95_ms": 1000}, 1000, S.HIGH),
    "client_error_surge": ({"calls": 100, "malformed": 31}, {"calls": 100, "malformed": 30}, 10, S.HIGH),
    "auth_failures": ({"calls": 100, "refused": 51}, {"calls": 100, "refused": 50}, 10, S.HIGH),
    "auth_failures_of_one": ({"calls": 60, "refused": 51}, {"calls": 60, "refused": 50}, None, S.HIGH),
    "rate_limiting": ({"calls": 1000, "limited": 21}, {"calls": 1000, "limited": 20}, None, S.WARNING),
    "dependency_timeout": ({"calls": 1000, "unavailable": 21}, {"calls": 1000, "unavailable": 20}, None, S.CRITICAL),
    "traffic_drop": ({"calls": 49}, {"calls": 50}, 100, S.HIGH),
    "token_surge": ({"calls": 100, "tokens": 30100}, {"calls": 100, "tokens": 30000}, 200, S.WARNING),
    "budget_steps": ({"spent": 81, "budget": 100}, {"spent": 80, "budget": 100}, None, S.LOW),
    "unsafe_flag": ({"calls": 40, "flagged": 1}, {"calls": 40, "flagged": 0}, None, S.CRITICAL),
    "feed_silent": ({"figure": 2.1}, {"figure": 2.0}, None, S.HIGH),
    "helpful_drop": ({"calls": 50, "figure": 0.009}, {"calls": 50, "figure": 0.01}, None, S.HIGH),
    "context_loss": ({"calls": 1, "forgot": 5 / 1440}, {"calls": 1, "forgot": 4 / 1440}, None, S.HIGH),
    "unusual": ({"figure": 0.66}, {"figure": 0.65}, None, S.LOW),
    "slow_drift": ({"figure": 13}, {"figure": 14}, None, S.LOW),
    "provider_failing": ({"calls": 100, "provider_errors": 6}, {"calls": 100, "provider_errors": 5}, None, S.CRITICAL),
}


@pytest.mark.parametrize("name", RULES)
def test_rule_fires_on_what_must_fire_it_and_once(name):
    fires, _below, usual, severity = CASES[name]
    rule = RULES[name]
    state, changed = replay(rule, looks(rule, [fires] * 30, usual=usual))
    assert changed == [Change.FIRED]
    assert state.severity == severity


@pytest.mark.parametrize("name", RULES)
def test_rule_is_quiet_on_what_is_just_below(name):
    _fires, below, usual, _severity = CASES[name]
    rule = RULES[name]
    assert replay(rule, looks(rule, [below] * 30, usual=usual)) == (
        State(value=pytest.approx(rule.steps[0].limit, abs=0.6)),
        [],
    )


@pytest.mark.parametrize(
    "name", [name for name, rule in RULES.items() if rule.least > 1 and rule.measure is not Measure.CALLS]
)
def test_rule_says_nothing_of_too_few_calls(name):
    fires, _below, usual, _severity = CASES[name]
    rule = RULES[name]
    scale = (rule.least - 1) / rule.minutes / fires["calls"]
    few = {key: value if key == "p95_ms" else value * scale for key, value in fires.items()}
    assert replay(rule, looks(rule, [few] * 30, usual=usual))[1] == []


@pytest.mark.parametrize("name", [name for name, rule in RULES.items() if rule.minutes >= 5 and rule.sustained])
def test_burst_of_a_single_minute_is_no_finding(name):
    fires, below, usual, _severity = CASES[name]
    rule = RULES[name]
    calm = {"calls": 100} if rule.below else below
    assert replay(rule, looks(rule, [*[calm] * 15, fires, *[calm] * 15], usual=usual))[1] == []


def test_finding_gets_worse_once_and_never_milder_while_it_stands():
    rule = RULES["error_burst"]
    bad, worse = {"calls": 1000, "errors": 20}, {"calls": 1000, "errors": 60}
    state, changed = replay(rule, looks(rule, [*[bad] * 10, *[worse] * 10, *[bad] * 10]))
    assert changed == [Change.FIRED, Change.WORSE]
    assert state.severity == S.CRITICAL


def test_critical_journey_is_critical_at_once():
    rule = RULES["error_burst"]
    state, _changed = replay(rule, looks(rule, [{"calls": 1000, "errors": 20}] * 5, critical=True))
    assert state.severity == S.CRITICAL


@pytest.mark.parametrize(("errors", "ends"), [(9, False), (8, True)])
def test_finding_ends_at_four_fifths_of_its_limit_two_minutes_in_a_row(errors, ends):
    rule = RULES["error_burst"]
    firing, _changed = replay(rule, looks(rule, [{"calls": 1000, "errors": 20}] * 6))
    calmer = looks(rule, [{"calls": 1000, "errors": errors}] * 6)
    assert replay(rule, calmer[:1], firing)[1] == []
    assert replay(rule, calmer[:2], firing)[1] == ([Change.RESOLVED] if ends else [])


def test_flapping_finding_is_held_until_it_was_quiet_for_half_an_hour():
    rule = replace(RULES["error_burst"], minutes=2, clear_minutes=1)
    bad, good = [{"calls": 1000, "errors": 20}] * 2, [{"calls": 1000, "errors": 0}] * 2
    state, changed = replay(rule, looks(rule, (bad + good) * 6))
    assert changed == [Change.FIRED, Change.RESOLVED, Change.FIRED, Change.HELD]
    assert state.firing
    _state, later = replay(rule, looks(rule, (bad + good) * 6 + good * 20))
    assert later == [*changed, Change.RESOLVED]


def test_maintenance_counts_and_fires_nothing():
    rule = RULES["error_burst"]
    state, changed = replay(rule, looks(rule, [{"calls": 1000, "errors": 20}] * 7, in_maintenance=True))
    assert set(changed) == {Change.SUPPRESSED}
    assert not state.firing


def test_state_survives_being_kept_in_a_row():
    rule = replace(RULES["error_burst"], minutes=2, clear_minutes=1)
    bad, good = [{"calls": 1000, "errors": 20}] * 2, [{"calls": 1000, "errors": 0}] * 2
    seen = looks(rule, (bad + good) * 6)
    kept, whole = State(), State()
    for look in seen:
        whole, _change = step(rule, whole, look)
        kept, _change = step(rule, State.from_json(kept.as_json()), look)
    assert kept == whole


# --- ended by a person ------------------------------------------------------------------------------------------


def ended_by_hand(
    rule: Rule, minutes: list[dict[str, float]], at: int, **more
) -> tuple[State, list[tuple[Change, int]]]:
    """What changes after a person ended the finding at a minute, each with its minute."""
    seen = looks(rule, minutes, **more)
    before = [look for look in seen if look.at <= NOON + timedelta(minutes=at)]
    state, _changed = replay(rule, before)
    assert state.firing
    state, changed = put_by_hand(state, now=before[-1].at + timedelta(seconds=30)), []
    for look in seen[len(before) :]:
        state, change = step(rule, state, look)
        if change is not Change.NOTHING:
            changed.append((change, (look.at - NOON) // timedelta(minutes=1)))
    return state, changed


BAD, GOOD = {"calls": 1000, "errors": 30}, {"calls": 1000, "errors": 0}


def test_what_a_person_ended_fires_again_once_all_of_its_time_came_after_that():
    assert ended_by_hand(RULES["error_burst"], [BAD] * 20, 8)[1] == [(Change.FIRED, 14)]


def test_what_a_person_ended_fires_again_once_it_was_below_its_limit():
    rule = replace(RULES["error_burst"], minutes=10)
    minutes = [BAD] * 12 + [GOOD] * 8 + [{"calls": 1000, "errors": 100}] * 20
    state, changed = ended_by_hand(rule, minutes, 12)
    assert [change for change, _minute in changed] == [Change.FIRED]
    assert state.ended_at is None


def test_what_a_person_ended_and_goes_away_is_forgotten():
    state, changed = ended_by_hand(RULES["error_burst"], [BAD] * 8 + [GOOD] * 45, 8)
    assert (changed, state.is_forgettable) == ([], True)


def test_what_a_person_ended_is_forgotten_where_nobody_calls_any_more():
    state, changed = ended_by_hand(RULES["error_burst"], [BAD] * 8 + [{"calls": 0}] * 60, 8)
    assert (changed, state.is_forgettable) == ([], True)


def test_what_a_person_ended_fires_at_once_where_it_gets_worse():
    worse = {"calls": 1000, "errors": 200}
    assert ended_by_hand(RULES["error_burst"], [BAD] * 8 + [worse] * 3, 8)[1] == [(Change.FIRED, 9)]


def test_figure_that_stands_is_no_news_once_a_person_ended_it():
    rule = RULES["budget_steps"]
    state, _changed = replay(rule, looks(rule, [{"spent": 81, "budget": 100}] * 2))
    state = put_by_hand(state, now=NOON + timedelta(minutes=1))
    hours = [
        replace(look, at=look.at + timedelta(hours=1)) for look in looks(rule, [{"spent": 90, "budget": 100}] * 90)
    ]
    state, changed = replay(rule, hours, state)
    assert changed == []
    assert replay(rule, looks(rule, [{"spent": 96, "budget": 100}] * 2), state)[1] == [Change.FIRED]


def test_end_by_hand_survives_being_kept_in_a_row():
    state = put_by_hand(State(severity=S.HIGH, value=0.03), now=NOON)
    assert State.from_json(state.as_json()) == state


def test_drop_of_calls_that_were_few_anyway_is_no_finding():
    rule = RULES["traffic_drop"]
    assert replay(rule, looks(rule, [{"calls": 0}] * 30, usual=1.9))[1] == []
    assert replay(rule, looks(rule, [{"calls": 0}] * 30, usual=2.0))[1] == [Change.FIRED]


def test_finding_ends_once_nobody_has_confirmed_it_for_half_an_hour():
    rule = RULES["error_burst"]
    minutes = [{"calls": 1000, "errors": 20}] * 6 + [{"calls": 0}] * 33
    assert replay(rule, looks(rule, minutes))[1] == [Change.FIRED]
    assert replay(rule, looks(rule, [*minutes, {"calls": 0}]))[1] == [Change.FIRED, Change.RESOLVED]


@given(st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500)), min_size=5, max_size=60))
def test_any_traffic_leaves_a_state_that_tells_the_truth(minutes):
    rule = RULES["error_burst"]
    seen = looks(rule, [{"calls": max(calls, errors), "errors": errors} for calls, errors in minutes])
    state, firing = State(), False
    for look in seen:
        state, change = step(rule, state, look)
        assert change is not Change.FIRED or not firing
        assert change is not Change.RESOLVED or firing
        firing = state.firing


@pytest.mark.parametrize(
    "wrong", [{"steps": ()}, {"minutes": 0}, {"clear_at": 0}, {"clear_minutes": 0}, {"steps": (Step(0, S.LOW),)}]
)
def test_rule_that_cannot_work_is_refused(wrong):
    given_rule = {"name": "x", "title": "x", "measure": Measure.CALLS, "per": Per.LAUNCH, "steps": (Step(1, S.LOW),)}
    with pytest.raises(ValueError, match=r"\w"):
        Rule(**({"minutes": 5} | given_rule | wrong))
