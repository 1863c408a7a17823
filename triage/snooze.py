"""This module lays issues to sleep until a time, or until they get worse, and wakes them; sleepers are counted on screen."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from feedback.models import MACHINE_CHANNELS
from hypercare.core.models import Launch
from hypercare.core.problem import Problem, wrong
from hypercare.core.timeline import SYSTEM, Actor, Entry, record
from triage.board import changes
from triage.locks import lock_issues, lock_launch
from triage.models import OPEN_STATUSES, Issue, Snooze
from triage.one_by_one import one_by_one

LONGEST = timedelta(days=90)
MORNING = time(9)
WAKES_AT_ONCE = 500


def check_until(until: datetime, *, now: datetime) -> datetime:
    """Raises Problem 400 for a sleep that is over or that nobody would see the end of."""
    if now < until <= now + LONGEST:
        return until
    detail = _("Choose a time to come, at most %(days)s days ahead.") % {"days": LONGEST.days}
    raise wrong("/until", detail)


def read_until(text: str, *, launch: Launch, now: datetime) -> datetime | None:
    """A moment in the launch's zone, or one of the words 1h, 4h, tomorrow and monday, which mean nine in the morning."""
    hours = {"1h": 1, "4h": 4}
    if text in hours:
        return now + timedelta(hours=hours[text])
    zone = ZoneInfo(launch.zone)
    if text in {"tomorrow", "monday"}:
        today = now.astimezone(zone).date()
        day = today + timedelta(days=1 if text == "tomorrow" else 7 - today.weekday())
        return datetime.combine(day, MORNING, tzinfo=zone)
    try:
        until = parse_datetime(text)
    except ValueError:
        return None
    return until if until is None or until.tzinfo else until.replace(tzinfo=zone)


def refusal(issue: Issue) -> Problem | None:
    """Why an issue cannot sleep, or None."""
    if issue.status in OPEN_STATUSES:
        return None
    return Problem(409, _("%(key)s is not open, so there is nothing to snooze.") % {"key": issue.key})


def lay_to_sleep(issues: Sequence[Issue], *, until: datetime, wake_if_worse: bool, actor: Actor, now: datetime) -> None:
    """Hides open issues of one launch until then; the caller holds their locks and publishes the board."""
    Snooze.objects.filter(issue__in=issues).delete()
    Snooze.objects.bulk_create(
        Snooze(
            issue=issue,
            wake_if_worse=wake_if_worse,
            severity=issue.severity,
            reach=issue.reach_value,
            reports=reports_of(issue),
            snoozed_at=now,
        )
        for issue in issues
    )
    _write(issues, until)
    data = {"until": until.isoformat(), "wake_if_worse": wake_if_worse}
    record(issues[0].launch, [Entry(one.key, "issue.snoozed", data) for one in issues], actor=actor, now=now)


def wake(issues: Sequence[Issue], *, why: dict[int, str], actor: Actor, now: datetime) -> None:
    """Ends the sleep of issues of one launch; the caller holds their locks and publishes the board."""
    Snooze.objects.filter(issue__in=issues).delete()
    _write(issues, None)
    entries = [Entry(one.key, "issue.woken", {"why": why.get(one.pk, "")}) for one in issues]
    record(issues[0].launch, entries, actor=actor, now=now)


def memory_of(issues: Sequence[Issue]) -> dict[int, dict[str, Any]]:
    """How each sleeps now, and what it was like when it fell asleep, for `return_to`."""
    snoozes = Snooze.objects.in_bulk([issue.pk for issue in issues])
    return {
        issue.pk: {
            "until": issue.snoozed_until.isoformat() if issue.snoozed_until else "",
            "wake_if_worse": snoozes[issue.pk].wake_if_worse if issue.pk in snoozes else True,
        }
        | (_likeness(snoozes[issue.pk]) if issue.pk in snoozes else {})
        for issue in issues
    }


def _likeness(snooze: Snooze) -> dict[str, Any]:
    at = snooze.snoozed_at.isoformat()
    return {"severity": snooze.severity, "reach": snooze.reach, "reports": snooze.reports, "snoozed_at": at}


def return_to(memory: Mapping[int, Mapping[str, Any]], issues: Sequence[Issue], *, actor: Actor, now: datetime) -> None:
    """Lets issues of one launch sleep, or not, as they did; the caller holds their locks and publishes the board."""
    groups: dict[tuple[str, bool], list[Issue]] = defaultdict(list)
    for issue in issues:
        groups[memory[issue.pk]["until"], memory[issue.pk]["wake_if_worse"]].append(issue)
    for (until, worse), some in groups.items():
        if until and datetime.fromisoformat(until) > now:
            lay_to_sleep(some, until=datetime.fromisoformat(until), wake_if_worse=worse, actor=actor, now=now)
        else:
            wake(some, why={}, actor=actor, now=now)
    _date_back(memory, issues)


def _date_back(memory: Mapping[int, Mapping[str, Any]], issues: Sequence[Issue]) -> None:
    """Who sleeps on sleeps since they fell asleep, and gets worse than they were then."""
    again = Snooze.objects.filter(issue__in=[issue.pk for issue in issues if "snoozed_at" in memory[issue.pk]])
    for snooze in (rows := list(again)):
        before = memory[snooze.pk]
        snooze.severity, snooze.reach, snooze.reports = before["severity"], before["reach"], before["reports"]
        snooze.snoozed_at = datetime.fromisoformat(before["snoozed_at"])
    Snooze.objects.bulk_update(rows, ["severity", "reach", "reports", "snoozed_at"])


def asleep_since(issues: Sequence[Issue]) -> dict[int, datetime]:
    """When those that sleep fell asleep."""
    return dict(Snooze.objects.filter(issue__in=issues).values_list("issue_id", "snoozed_at"))


def reports_of(issue: Issue) -> int:
    """How many people's reports it has: an alert that repeats itself is nothing new."""
    return sum(count for channel, count in issue.sources.items() if channel not in MACHINE_CHANNELS)


def wake_due(*, now: datetime) -> None:
    """Wakes whose time is over and who got worse, launch by launch."""
    launches = _due(now=now).values_list("launch_id", flat=True).distinct().order_by("launch_id")
    one_by_one(list(launches), lambda launch_id: _wake_due_of(launch_id, now=now))


@transaction.atomic
def _wake_due_of(launch_id: int, *, now: datetime) -> None:
    """Looks again under the lock: who was to wake may have been woken, ended or laid to sleep anew."""
    lock_launch(launch_id)
    due = _due(now=now).filter(launch_id=launch_id).order_by(F("snooze__looked_at").asc(nulls_first=True), "pk")
    held = lock_issues(due.values_list("pk", flat=True)[:WAKES_AT_ONCE])
    issues = list(Issue.objects.filter(pk__in=held).select_related("launch", "snooze"))
    why = {issue.pk: reason for issue in issues if (reason := _reason(issue, now=now))}
    woken = [issue for issue in issues if issue.pk in why]
    # Who sleeps on although something moved goes to the end of the queue, or the same would be looked at for ever.
    Snooze.objects.filter(issue__in=[issue.pk for issue in issues if issue.pk not in why]).update(looked_at=now)
    if woken:
        wake(woken, why=why, actor=SYSTEM, now=now)
        changes.publish(launch_id, why)


def _due(*, now: datetime) -> QuerySet[Issue]:
    """Sleepers whose time is over, who were ended, or of whom anything changed that could be worse."""
    worse = Q(severity__lt=F("snooze__severity")) | Q(reach_value__gt=F("snooze__reach"))
    worse |= Q(feedback_count__gt=0, last_seen_at__gt=F("snooze__snoozed_at"))
    due = Q(snoozed_until__lte=now) | Q(snooze__wake_if_worse=True) & worse | ~Q(status__in=OPEN_STATUSES)
    return Issue.objects.filter(due, snooze__isnull=False)


def _reason(issue: Issue, *, now: datetime) -> str:
    """Why it wakes now; empty while it may sleep on. The words are those of `triage.story`."""
    snooze = issue.snooze
    if issue.status not in OPEN_STATUSES:
        return "ended"
    if issue.snoozed_until is None or issue.snoozed_until <= now:
        return "time"
    if not snooze.wake_if_worse:
        return ""
    if issue.severity < snooze.severity:
        return "severity"
    if issue.reach_value > snooze.reach:
        return "reach"
    return "reports" if reports_of(issue) > snooze.reports else ""


def _write(issues: Sequence[Issue], until: datetime | None) -> None:
    for issue in issues:
        issue.snoozed_until = until
        issue.version += 1
    Issue.objects.filter(pk__in=[issue.pk for issue in issues]).update(snoozed_until=until, version=F("version") + 1)
