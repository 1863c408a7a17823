"""This module is the alert's state machine: what a machine's word means for an alert, rule by named rule."""

from datetime import datetime, timedelta
from enum import StrEnum

from gateway_ingest.formats import IncomingAlert
from gateway_ingest.models import Alert, AlertSeverity, AlertStatus

# Two Alertmanagers that speak for one another may lag by some seconds. A firing they mean anew comes after the
# group interval, five minutes by default: so what comes sooner and began no later is only late.
LATE_WITHIN = timedelta(minutes=4)
# So far apart clocks of machines may be that nobody looks after.
CLOCKS_DIFFER = timedelta(minutes=5)


class Rule(StrEnum):
    """What one word does to its alert; the name is the reason that the timeline gives."""

    FIRED = "fired"
    REPEATED = "repeated"
    FIRED_AGAIN = "fired_again"
    ACKNOWLEDGED = "acknowledged"
    ACKNOWLEDGED_UNSEEN = "acknowledged_unseen"
    LET_GO = "let_go"
    SUPPRESSED = "suppressed"
    SUPPRESSED_UNSEEN = "suppressed_unseen"
    UNSUPPRESSED = "unsuppressed"
    RESOLVED = "resolved"
    RESOLVED_UNSEEN = "resolved_unseen"
    WORSENED = "worsened"
    LATE_FIRING = "late_firing"
    LATE_ACKNOWLEDGEMENT = "late_acknowledgement"
    LATE_SUPPRESSION = "late_suppression"
    LATE_RESOLVE = "late_resolve"
    EARLY_RESOLVE = "early_resolve"
    OVERTAKEN = "overtaken"


# Rules that begin an episode, which has a report of its own.
BEGINS = frozenset({Rule.FIRED, Rule.FIRED_AGAIN, Rule.ACKNOWLEDGED_UNSEEN})
# What an open alert becomes; whatever is not named here leaves it as it is.
BECOMES = {
    Rule.ACKNOWLEDGED: AlertStatus.ACKNOWLEDGED,
    Rule.LET_GO: AlertStatus.FIRING,
    Rule.SUPPRESSED: AlertStatus.SUPPRESSED,
    Rule.SUPPRESSED_UNSEEN: AlertStatus.SUPPRESSED,
    Rule.UNSUPPRESSED: AlertStatus.FIRING,
    Rule.RESOLVED: AlertStatus.RESOLVED,
    Rule.RESOLVED_UNSEEN: AlertStatus.RESOLVED,
}
_UNSEEN = {
    AlertStatus.FIRING: Rule.FIRED,
    AlertStatus.ACKNOWLEDGED: Rule.ACKNOWLEDGED_UNSEEN,
    AlertStatus.SUPPRESSED: Rule.SUPPRESSED_UNSEEN,
    AlertStatus.RESOLVED: Rule.RESOLVED_UNSEEN,
}


def rule_for(alert: Alert | None, said: IncomingAlert, *, reported: bool, now: datetime) -> Rule:
    """The one rule that applies to `said` in the alert's present state; `reported` says its episode has a report."""
    if alert is None:
        return _UNSEEN[said.status]
    if alert.status == AlertStatus.RESOLVED:
        return _when_over(alert, said, now=now)
    if said.status == AlertStatus.RESOLVED:
        if _ended_before_it_began(alert, said):
            return Rule.LATE_RESOLVE
        return Rule.RESOLVED if reported else Rule.RESOLVED_UNSEEN
    if not reported and said.status != AlertStatus.SUPPRESSED:
        return _UNSEEN[said.status]
    return _when_open(alert, said)


def _when_open(alert: Alert, said: IncomingAlert) -> Rule:
    """A firing sent again leaves an acknowledgement standing; only its end, told as such, takes it back.

    What is said more mildly while it stands makes nothing milder.
    """
    status = AlertStatus(alert.status)
    if said.status == AlertStatus.FIRING:
        if status == AlertStatus.SUPPRESSED:
            return Rule.UNSUPPRESSED
        if said.worse or _is_louder(said, alert):
            return Rule.WORSENED
        return Rule.LET_GO if status == AlertStatus.ACKNOWLEDGED and said.let_go else Rule.REPEATED
    if said.status == status:
        return Rule.REPEATED
    return Rule.ACKNOWLEDGED if said.status == AlertStatus.ACKNOWLEDGED else Rule.SUPPRESSED


def _is_louder(said: IncomingAlert, alert: Alert) -> bool:
    """The severities are listed with the loudest first."""
    known = AlertSeverity.values
    return alert.severity in known and known.index(said.severity) < known.index(alert.severity)


def _when_over(alert: Alert, said: IncomingAlert, *, now: datetime) -> Rule:
    if said.status == AlertStatus.FIRING:
        if _was_overtaken(alert, said, now=now):
            return Rule.OVERTAKEN
        return Rule.LATE_FIRING if _speaks_of_the_past(alert, said, now=now) else Rule.FIRED_AGAIN
    if said.status == AlertStatus.ACKNOWLEDGED:
        return Rule.FIRED_AGAIN if _began_after_the_end(alert, said) else Rule.LATE_ACKNOWLEDGEMENT
    if said.status == AlertStatus.SUPPRESSED:
        return Rule.LATE_SUPPRESSION
    return Rule.EARLY_RESOLVE if _may_be_early(alert, said, now=now) else Rule.LATE_RESOLVE


def has_no_time(said: IncomingAlert) -> bool:
    """Whether a word says neither when its episode began nor when it ended."""
    return said.starts_at is None and said.ends_at is None


def _may_be_early(alert: Alert, said: IncomingAlert, *, now: datetime) -> bool:
    """An end without a time of what is over since long: the end of another episode, whose firing it has overtaken.

    Who says again and again that all is well is heard often, and means nothing by it.
    """
    return has_no_time(said) and now - alert.latest_seen_at >= LATE_WITHIN


def _was_overtaken(alert: Alert, said: IncomingAlert, *, now: datetime) -> bool:
    """A firing without a time right after an end that had no beginning."""
    return has_no_time(said) and alert.early_end_at is not None and now - alert.early_end_at < LATE_WITHIN


def _speaks_of_the_past(alert: Alert, said: IncomingAlert, *, now: datetime) -> bool:
    """A firing of the episode that we know is over, overtaken by its end."""
    heard_lately = alert.resolved_at is not None and now - alert.resolved_at < LATE_WITHIN
    return heard_lately and said.starts_at is not None and said.starts_at <= alert.told_start


def _began_after_the_end(alert: Alert, said: IncomingAlert) -> bool:
    """Somebody took an episode whose firing never reached us."""
    return (
        said.starts_at is not None
        and alert.ends_at is not None
        and said.starts_at > max(alert.ends_at, alert.told_start)
    )


def _ended_before_it_began(alert: Alert, said: IncomingAlert) -> bool:
    """An end of an earlier episode, overtaken by the firing of this one.

    An end that does not say what it ends may be told by a clock that is behind ours.
    """
    if said.starts_at is None:
        return said.ends_at is not None and said.ends_at < alert.told_start - CLOCKS_DIFFER
    return (said.ends_at or said.starts_at) < alert.told_start
