"""This module writes to the reporters of issues of an order; within ten seconds taking it back withdraws it."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from feedback import closing_the_loop
from feedback.models import Feedback
from hypercare.core.models import Launch
from hypercare.core.problem import Problem, wrong
from hypercare.core.timeline import Actor, Entry, record
from triage import replies
from triage.models import Issue
from triage.orders.order import Given, Order, Row, by_moment, text_of

_REPORT = re.compile(r"HC-[0-9]{1,18}")


class Replying(Order):
    """One reply to each reporter of its issues, or to the one of a report that `to` names."""

    @classmethod
    def check(cls, launch: Launch, given: Given, *, now: datetime) -> dict[str, Any]:  # noqa: ARG003
        to = text_of(given, "to").strip().upper()
        if to and not _REPORT.fullmatch(to):
            detail = _("Name the report by its key, for example HC-12, or leave it out to write to all.")
            raise wrong("/to", detail)
        return {"text": replies.kept_words(text_of(given, "text")), "to": to}

    def memory(self, issues: Sequence[Issue]) -> dict[int, dict[str, Any]]:
        audiences = replies.audience_of(issues, to=self.given["to"])
        return {pk: {"told": [row.key for row in one.reached]} for pk, one in audiences.items()}

    def apply(self, issues: Sequence[Issue], *, actor: Actor, now: datetime) -> dict[int, Problem]:
        audiences = replies.audience_of(issues, to=self.given["to"])
        entries, refused, told = [], {}, list[Feedback]()
        for issue in issues:
            reached = audiences[issue.pk].reached
            if not reached:
                refused[issue.pk] = Problem(409, _("Nobody who reported %(key)s can be reached.") % {"key": issue.key})
                continue
            told += reached
            said = {"people": len(reached), "note": self.given["text"]}
            entries.append(Entry(issue.key, "issue.replied", said | self._only))
        if entries:
            closing_the_loop.reply(told, words=self.given["text"], once=self._once, now=now)
            record(issues[0].launch, entries, actor=actor, now=now)
        return refused

    @property
    def _once(self) -> str:
        return f"reply:{self.number}"

    @property
    def _only(self) -> dict[str, str]:
        return {"feedback": self.given["to"]} if self.given["to"] else {}

    def stands(self, issues: Sequence[Issue], rows: Mapping[int, Row]) -> set[int]:  # noqa: ARG002
        return {issue.pk for issue in issues}

    def take_back(self, issues: Sequence[Issue], rows: Mapping[int, Row], *, actor: Actor, now: datetime) -> int:
        told = {issue: {int(key.removeprefix("HC-")) for key in rows[issue.pk].before["told"]} for issue in issues}
        gone, every = set[int](), set[int]().union(*told.values())
        for moment, some in by_moment(issues, rows).items():
            reports = set[int]().union(*(told[issue] for issue in some))
            gone |= closing_the_loop.take_back_reply(reports, launch=self.launch, told_at=moment, now=now)
        # Who reported several issues of the order had one mail, about one of them.
        had = gone | closing_the_loop.mailed_with(every, once=self._once)
        spared = {issue: len(some - had) for issue, some in told.items()}
        entries = [Entry(one.key, "issue.reply_withdrawn", {"people": n}) for one, n in spared.items() if n]
        if entries:
            record(self.launch, entries, actor=actor, now=now)
        return len(gone)
