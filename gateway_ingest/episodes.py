"""This module is the alert's state machine: what a machine's word means for an alert, rule by named rule."""

from datetime import datetime, timedelta
from enum import StrEnum

from gateway_ingest.formats import IncomingAlert
from gateway_ingest.models import Alert, AlertStatus

# Two Alertmanagers that speak for one another may lag by some seconds. A firing they mean anew comes after the
# group interval, five minutes by default: so what comes sooner and began no later is only late.
LATE_WITHIN = timedelta(minutes=4)


class Rule(StrEnum):
    """What one word does to its alert."""

    FIRED = "fired"
    REPEATED = "repeated"
    FIRED_AGAIN = "fired_again"
    RESOLVED = "resolved"
    RESOLVED_UNSEEN = "resolved_unseen"
    LATE_FIRING = "late_firing"
    LATE_RESOLVE = "late_resolve"


def rule_for(alert: Alert | None, said: IncomingAlert, *, now: datetime) -> Rule:
    """The one rule that applies to `said` in the alert's present state."""
    if alert is None:
        return Rule.FIRED if said.firing else Rule.RESOLVED_UNSEEN
    is_over = alert.status == AlertStatus.RESOLVED
    if said.firing:
        if not is_over:
            return Rule.REPEATED
        return Rule.LATE_FIRING if _speaks_of_the_past(alert, said, now=now) else Rule.FIRED_AGAIN
    if is_over or _ended_before_it_began(alert, said):
        return Rule.LATE_RESOLVE
    return Rule.RESOLVED


def _speaks_of_the_past(alert: Alert, said: IncomingAlert, *, now: datetime) -> bool:
    """A firing of the episode that we know is over, overtaken by its end."""
    heard_lately = alert.resolved_at is not None and now - alert.resolved_at < LATE_WITHIN
    return heard_lately and said.starts_at is not None and said.starts_at <= alert.starts_at


def _ended_before_it_began(alert: Alert, said: IncomingAlert) -> bool:
    """An end of an earlier episode, overtaken by the firing of this one."""
    told = said.ends_at or said.starts_at
    return told is not None and told < alert.starts_at
