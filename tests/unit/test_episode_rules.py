"""These tests hold the alert's state machine: each word in each state has one named rule."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway_ingest.episodes import rule_for
from gateway_ingest.formats import IncomingAlert
from gateway_ingest.models import Alert, AlertSeverity

NOW = datetime(2026, 5, 28, 12, 32, tzinfo=UTC)
BEGAN = NOW - timedelta(minutes=12)
WORD = IncomingAlert("f", "T", "", AlertSeverity.HIGH, "firing", {}, (), None, None, "")


def alert(status, **facts):
    return Alert(fingerprint="f", status=status, starts_at=BEGAN, **{"latest_seen_at": NOW} | facts)


@pytest.mark.parametrize(
    ("status", "word", "rule"),
    [
        (None, "firing", "fired"),
        (None, "acknowledged", "acknowledged_unseen"),
        (None, "suppressed", "suppressed_unseen"),
        (None, "resolved", "resolved_unseen"),
        ("firing", "firing", "repeated"),
        ("firing", "acknowledged", "acknowledged"),
        ("firing", "suppressed", "suppressed"),
        ("firing", "resolved", "resolved"),
        ("acknowledged", "firing", "repeated"),
        ("acknowledged", "acknowledged", "repeated"),
        ("acknowledged", "suppressed", "suppressed"),
        ("acknowledged", "resolved", "resolved"),
        ("suppressed", "firing", "unsuppressed"),
        ("suppressed", "acknowledged", "acknowledged"),
        ("suppressed", "suppressed", "repeated"),
        ("suppressed", "resolved", "resolved"),
        ("resolved", "firing", "fired_again"),
        ("resolved", "acknowledged", "late_acknowledgement"),
        ("resolved", "suppressed", "late_suppression"),
        ("resolved", "resolved", "late_resolve"),
    ],
)
def test_each_word_has_one_rule_in_each_state(status, word, rule):
    known = alert(status) if status else None
    assert rule_for(known, replace(WORD, status=word), reported=True, now=NOW) == rule


@pytest.mark.parametrize(
    ("word", "rule"),
    [
        ("firing", "fired"),
        ("acknowledged", "acknowledged_unseen"),
        ("suppressed", "repeated"),
        ("resolved", "resolved_unseen"),
    ],
)
def test_alert_that_was_only_suppressed_gets_its_report_with_the_first_word_that_counts(word, rule):
    assert rule_for(alert("suppressed"), replace(WORD, status=word), reported=False, now=NOW) == rule


@pytest.mark.parametrize(("said", "rule"), [("critical", "worsened"), ("high", "repeated"), ("low", "repeated")])
def test_firing_said_louder_is_worse_and_said_more_softly_is_not_better(said, rule):
    known = alert("firing", severity=AlertSeverity.HIGH)
    assert rule_for(known, replace(WORD, severity=AlertSeverity(said)), reported=True, now=NOW) == rule


def test_acknowledgement_taken_back_fires_again_in_the_same_episode():
    told = replace(WORD, let_go=True)
    assert rule_for(alert("acknowledged"), told, reported=True, now=NOW) == "let_go"
    assert rule_for(alert("firing"), told, reported=True, now=NOW) == "repeated"


def test_acknowledgement_of_an_episode_whose_firing_was_lost_begins_it():
    over = alert("resolved", ends_at=NOW - timedelta(minutes=5), resolved_at=NOW)
    told = replace(WORD, status="acknowledged", starts_at=NOW - timedelta(minutes=1))
    assert rule_for(over, told, reported=True, now=NOW) == "fired_again"


def test_end_without_a_time_of_what_was_long_over_may_be_of_an_episode_that_is_on_its_way():
    told, long_ago = replace(WORD, status="resolved"), NOW - timedelta(minutes=4)
    assert rule_for(alert("resolved", latest_seen_at=long_ago), told, reported=True, now=NOW) == "early_resolve"
    timed = replace(told, ends_at=NOW)
    assert rule_for(alert("resolved", latest_seen_at=long_ago), timed, reported=True, now=NOW) == "late_resolve"


@pytest.mark.parametrize(
    ("minutes", "starts_at", "rule"), [(1, None, "overtaken"), (4, None, "fired_again"), (1, NOW, "fired_again")]
)
def test_firing_without_a_time_after_an_early_end_was_overtaken_for_four_minutes(minutes, starts_at, rule):
    over = alert("resolved", early_end_at=NOW - timedelta(minutes=minutes))
    assert rule_for(over, replace(WORD, starts_at=starts_at), reported=True, now=NOW) == rule
