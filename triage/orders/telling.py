"""This module says what an order would do, what it did, and what can be taken back."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, QuerySet
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from feedback.closing_the_loop import SILENT_CHANNELS
from feedback.models import Feedback
from hypercare.core.models import Launch, User
from hypercare.core.templatetags.hypercare_ui import field_word, resolution_word, status_word, value_word
from triage import replies, transitions, tree
from triage.models import ENDED_STATUSES, BoardChange, Issue, IssueStatus
from triage.orders import giving
from triage.orders.kinds import KINDS
from triage.warroom import rooms

SHOWN_FAILURES = 100
SHOWN_ORDERS = 20


_PLAIN = {"wake": gettext_lazy("Woken"), "note": gettext_lazy("Note"), "reply": gettext_lazy("Reply")}
_OF_LABELS = {
    "label": gettext_lazy("labelled %(labels)s"),
    "unlabel": gettext_lazy("no longer labelled %(labels)s"),
}


def words_of(launch: Launch, action: str, order: dict[str, Any]) -> str:
    """What an order does, for a toast and the history."""
    if action == "move":
        to = status_word(order["to"])
        return f"{to}: {resolution_word(order['resolution'])}" if order["resolution"] else to
    if action == "set":
        value = order.get("called") or value_word(order["value"] or "–", order["field"])
        return f"{field_word(order['field'])}: {value}"
    if action == "snooze":
        until = localtime(datetime.fromisoformat(order["until"]), ZoneInfo(launch.zone))
        return _("Snoozed until %(until)s") % {"until": date_format(until, "j M H:i")}
    if action == "merge":
        return _("Merged into %(other)s") % {"other": f"IS-{order['into']}"}
    if action in _OF_LABELS:
        return _OF_LABELS[action] % {"labels": ", ".join(order["labels"])}
    return str(_PLAIN[action])


def preview(
    launch: Launch, issues: QuerySet[Issue], *, action: str, given: dict[str, Any], now: datetime
) -> dict[str, Any]:
    """What an order would do: how many change, how many do not and why, and how many mails it sends; constant queries."""
    order: dict[str, Any] = giving.check(launch, action, given, now=now)
    counts = dict(issues.order_by().values_list("status").annotate(Count("pk")))
    root = Issue.objects.get(pk=tree.roots_of([order["into"]])[order["into"]]) if action == "merge" else None
    stays = _stays(issues, counts, action=action, order=order, root=root)
    total = sum(counts.values())
    kept = sum(one["count"] for one in stays)
    return {
        "action": action,
        "words": words_of(launch, action, order),
        "matching": total,
        "will_change": total - kept,
        "will_stay": [one for one in stays if one["count"]],
        "mails": _mails(launch, issues, order) if action == "move" and order["to"] in ENDED_STATUSES else 0,
        "rooms": _rooms(issues, root) if root else "",
        "can_undo": KINDS[action].can_undo,
    } | (_reached(launch, issues, order) if action == "reply" else {})


def _reached(launch: Launch, issues: QuerySet[Issue], order: dict[str, Any]) -> dict[str, Any]:
    """How many people a reply goes to, who cannot be reached, and how many issues have nobody who can."""
    roots = list(issues.exclude(status=IssueStatus.DUPLICATE).order_by().values_list("pk", flat=True))
    found = replies.reach_of_all(launch.pk, roots, to=order["to"])
    stays = [
        {"count": issues.count() - len(roots), "why": _("merged into another")},
        {"count": len(roots) - found.issues, "why": _("nobody can be reached")},
    ]
    return {
        "will_change": found.issues,
        "will_stay": [one for one in stays if one["count"]],
        "mails": found.people,
        "receipts": found.on_page,
        "unreached": replies.unreached_words(found.unreached),
    }


def _stays(
    issues: QuerySet[Issue], counts: dict[str, int], *, action: str, order: dict[str, Any], root: Issue | None
) -> list[dict[str, Any]]:
    if action == "move":
        return [
            {"count": count, "why": _why_not(status, order["to"])}
            for status, count in counts.items()
            if status == order["to"] or transitions.between(status, order["to"]) is None
        ]
    ended = sum(count for status, count in counts.items() if status in ENDED_STATUSES)
    roots = issues.exclude(status=IssueStatus.DUPLICATE)
    merged = {"count": counts.get(str(IssueStatus.DUPLICATE), 0), "why": _("merged into another")}
    if action == "snooze":
        return [{"count": ended, "why": _("not open")}]
    if action == "wake":
        return [{"count": issues.filter(snoozed_until=None).count(), "why": _("does not sleep")}]
    stays = [merged] if action in {"set", "merge", "label", "unlabel"} else []
    if action == "label":
        has_all = roots.filter(labels__contains=order["labels"])
        stays.append({"count": has_all.count(), "why": _("has them already")})
    elif action == "unlabel":
        has_none = roots.exclude(labels__overlap=order["labels"])
        stays.append({"count": has_none.count(), "why": _("has none of them")})
    elif root:
        stays += _stays_apart(roots, root)
    return stays


def _stays_apart(roots: QuerySet[Issue], root: Issue) -> list[dict[str, Any]]:
    """The root that others go into, and where that is ended those in work."""
    open_ones = roots.exclude(status__in=ENDED_STATUSES).count() if root.status in ENDED_STATUSES else 0
    return [
        {"count": roots.filter(pk=root.pk).count(), "why": _("is what the others go into")},
        {"count": open_ones, "why": _("open, and %(root)s is ended") % {"root": root.key}},
    ]


def _rooms(issues: QuerySet[Issue], root: Issue) -> str:
    """Which war rooms a merge into the root closes and where work goes on; nothing where it closes none."""
    follow = issues.filter(status__in=ENDED_STATUSES) if root.status in ENDED_STATUSES else issues
    live = rooms.after_merge(follow, root_id=root.pk)
    if len(live) < 2:
        return ""
    words = {"rooms": ", ".join(room.key for room in live[1:]), "room": live[0].key}
    return _("War rooms that close: %(rooms)s. Work goes on in %(room)s.") % words


def _why_not(status: str, to: str) -> str:
    if status == to:
        return _("already there")
    return _("%(now)s cannot become %(to)s") % {"now": status_word(status), "to": status_word(to)}


def _mails(launch: Launch, issues: QuerySet[Issue], order: dict[str, Any]) -> int:
    """One to each report of a person with an address, of the issues that can follow and of all merged into them."""
    origins = [status for status in IssueStatus.values if transitions.between(status, order["to"])]
    roots = list(issues.filter(status__in=origins).order_by().values_list("pk", flat=True))
    keys = [f"IS-{pk}" for members in tree.members_of(roots).values() for pk in members]
    told = Feedback.objects.filter(launch=launch, issue_key__in=keys, reporter__email__gt="")
    return told.exclude(channel__in=SILENT_CHANNELS).count()


def state_of(change: BoardChange) -> str:
    """Where an order stands: running, done, undoing or undone."""
    if change.undone_at:
        return "undone"
    if change.undo_asked_at:
        return "undoing"
    return "done" if change.finished_at else "running"


def can_undo(change: BoardChange, *, by: User, now: datetime) -> bool:
    """Whether its own hand may still take it back."""
    fresh = now - change.ordered_at <= giving.UNDO_WITHIN
    return KINDS[change.action].can_undo and change.actor_id == by.pk and not change.undo_asked_at and fresh


def sentence_of(change: BoardChange, *, key: str = "") -> str:
    """What came of an order, in a sentence for the toast; `key` names a single issue."""
    what = key or ngettext("%(n)s issue", "%(n)s issues", change.changed) % {"n": change.changed}
    if change.undo_asked_at:
        return _taken_back(change, key)
    words = {"what": what, "words": words_of(change.launch, change.action, change.order)}
    said = (_("%(what)s moved to %(words)s") if change.action == "move" else _("%(what)s: %(words)s")) % words
    if change.failed:
        said += ". " + ngettext("%(n)s was not changed", "%(n)s were not changed", change.failed) % {"n": change.failed}
    return said


def _taken_back(change: BoardChange, key: str) -> str:
    if change.action == "reply":
        if not change.told_before:
            return _("The reply is withdrawn; nobody had it")
        told = ngettext("%(n)s person had the reply already", "%(n)s people had the reply already", change.told_before)
        return told % {"n": change.told_before}
    words = {"n": change.taken_back, "of": change.changed, "what": key}
    if not key:
        said = _("%(n)s of %(of)s are as they were") % words
    else:
        said = (_("%(what)s is as it was") if change.taken_back else _("%(what)s stays as it is")) % words
    if change.told_before:
        told = ngettext("%(n)s mail had gone out", "%(n)s mails had gone out", change.told_before)
        said += ". " + told % {"n": change.told_before}
    return said


def history(launch: Launch, *, of: User, now: datetime) -> list[BoardChange]:
    """A person's orders of the last 30 minutes, the newest first."""
    since = now - giving.UNDO_WITHIN
    found = BoardChange.objects.filter(launch=launch, actor=of, ordered_at__gte=since)
    return list(found.select_related("launch", "actor").order_by("-pk")[:SHOWN_ORDERS])


def shape(change: BoardChange, *, by: User, now: datetime) -> dict[str, Any]:
    """An order as the API shows it, with the issues that did not follow and why."""
    rows = list(change.issues.select_related("issue").order_by("issue_id")[:1]) if change.total == 1 else []
    failures = change.issues.exclude(detail="").order_by("issue_id")[:SHOWN_FAILURES]
    kept = change.issues.exclude(undo_detail="").order_by("issue_id")[:SHOWN_FAILURES]
    return {
        "id": change.pk,
        "action": change.action,
        "by": str(change.actor),
        "state": state_of(change),
        "sentence": sentence_of(change, key=rows[0].issue.key if rows else ""),
        "total": change.total,
        "changed": change.changed,
        "failed": change.failed,
        "taken_back": change.taken_back,
        "told_before": change.told_before,
        "failures": [{"id": f"IS-{row.issue_id}", "detail": row.detail} for row in failures] if change.failed else [],
        "not_taken_back": [{"id": f"IS-{row.issue_id}", "detail": row.undo_detail} for row in kept]
        if change.undo_asked_at
        else [],
        "issue": {"id": rows[0].issue.key, "status": rows[0].issue.status, "version": rows[0].issue.version}
        if rows
        else None,
        "can_undo": can_undo(change, by=by, now=now),
    }
