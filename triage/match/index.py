"""This module holds, for each launch in each process, how its open issues were told, and follows the database.

Whatever changes an issue raises the launch's board version in the same transaction, so one number says whether
anything is new, and an indexed query names the issues that changed. Only what a transaction can see is ever held.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models.functions import Left
from scipy.sparse import csr_matrix, vstack

from feedback.models import Feedback
from hypercare.core import prepared
from triage.board.changes import current_version
from triage.match.similarity import MAX_CHARACTERS, vectors
from triage.match.tellings import MOST_TELLINGS, Snapshot, Telling, Tellings
from triage.models import OPEN_STATUSES, Issue, IssueStatus

TEXT_KEPT = 240
VECTORS_REMEMBERED = 2000
_LOADED_AT_ONCE = 2000

_TOLD_BY = """
SELECT issue.id, told.feedback_id
FROM unnest(%s::bigint[]) AS issue(id)
CROSS JOIN LATERAL (
    SELECT feedback_id FROM triage_match WHERE issue_id = issue.id AND ended_at IS NULL ORDER BY id LIMIT %s
) told
"""


@dataclass(frozen=True)
class IssueFacts:
    """What matching needs to know of an issue."""

    issue_id: int
    is_open: bool
    merged_into_id: int | None
    component_id: int | None
    category: str
    fingerprint: str | None


class IssueIndex:
    """Open issues and how they were told; whoever fills it decides where from."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.tellings = Tellings()
        self._facts: dict[int, IssueFacts] = {}
        self._by_fingerprint: dict[str, int] = {}

    def refresh(self, *, tidy: bool = False) -> None:
        """Learns what is new; `tidy` may take a moment longer to join blocks."""
        if tidy:
            self.tellings.join_blocks()

    def root_of(self, issue_id: int) -> IssueFacts | None:
        """The root of an issue's tree when it is open."""
        facts = self._facts.get(issue_id)
        while facts is not None and facts.merged_into_id is not None:
            facts = self._facts.get(facts.merged_into_id)
        return facts if facts is not None and facts.is_open else None

    def with_fingerprint(self, fingerprint: str) -> int | None:
        """The issue that carries an alert's key and is open, itself or through what it was merged into."""
        issue_id = self._by_fingerprint.get(fingerprint)
        return issue_id if issue_id is not None and self.root_of(issue_id) else None

    def put_facts(self, facts: Iterable[IssueFacts]) -> None:
        """Keeps the newest facts of issues; of two with one fingerprint the one whose tree is open, then the newer."""
        known = list(facts)
        for fact in known:
            before = self._facts.get(fact.issue_id)
            if before is not None and before.fingerprint != fact.fingerprint:
                self._forget_fingerprint(before)
            self._facts[fact.issue_id] = fact
        for fact in known:
            if fact.fingerprint is None:
                continue
            holder = self._by_fingerprint.get(fact.fingerprint)
            if holder is None or holder < fact.issue_id or self.root_of(holder) is None:
                self._by_fingerprint[fact.fingerprint] = fact.issue_id

    def _forget_fingerprint(self, fact: IssueFacts) -> None:
        if fact.fingerprint and self._by_fingerprint.get(fact.fingerprint) == fact.issue_id:
            del self._by_fingerprint[fact.fingerprint]

    def snapshot(self) -> Snapshot:
        """What may be searched without the lock."""
        with self.lock:
            return self.tellings.snapshot()


class LaunchIndex(IssueIndex):
    """The index of one launch, filled from its live matches."""

    def __init__(self, launch_id: int) -> None:
        super().__init__()
        self.launch_id = launch_id
        self._version = -1
        self._remembered: OrderedDict[int, csr_matrix] = OrderedDict()

    def refresh(self, *, tidy: bool = False) -> None:
        """Learns what the present transaction can see and this index does not hold yet."""
        with self.lock:
            version = current_version(self.launch_id)
            if version < self._version:  # another database than before: a restored or a test's
                self._forget_all()
            if version != self._version:
                self._follow(version)
            super().refresh(tidy=tidy)

    def remember(self, feedback_ids: Sequence[int], rows: csr_matrix) -> None:
        """Keeps the vectors of a batch for a while: it is about to become tellings."""
        with self.lock:
            for number, feedback_id in enumerate(feedback_ids):
                self._remembered[feedback_id] = rows[number]
            while len(self._remembered) > VECTORS_REMEMBERED:
                self._remembered.popitem(last=False)

    def _forget_all(self) -> None:
        self.tellings, self._facts, self._by_fingerprint, self._version = Tellings(), {}, {}, -1
        self._remembered.clear()

    def _follow(self, version: int) -> None:
        changed = self._changed_issues()
        self.put_facts(changed)
        touched = self._with_merged({facts.issue_id for facts in changed})
        told = _told_by([issue_id for issue_id in touched if self.root_of(issue_id)])
        missing: dict[int, int] = {}
        for issue_id in touched:
            now_told = set(told.get(issue_id, ()))
            held = self.tellings.of_issue(issue_id)
            self.tellings.remove(held - now_told)
            missing |= dict.fromkeys(now_told - held, issue_id)
        self._load(missing)
        self._drop_ended(touched)
        self._version = version

    def _changed_issues(self) -> list[IssueFacts]:
        issues = Issue.objects.filter(launch_id=self.launch_id)
        if self._version < 0:
            issues = issues.filter(status__in=[*OPEN_STATUSES, IssueStatus.DUPLICATE])
        else:
            issues = issues.filter(board_version__gt=self._version)
        names = ("id", "status", "merged_into_id", "component_id", "category", "fingerprint")
        return [
            IssueFacts(issue_id, status in OPEN_STATUSES, into, component, category, fingerprint)
            for issue_id, status, into, component, category, fingerprint in issues.values_list(*names)
        ]

    def _with_merged(self, changed: set[int]) -> set[int]:
        """The changed issues and all that are merged into them, near or far."""
        touched = set(changed)
        merged = {
            fact.issue_id: fact.merged_into_id for fact in self._facts.values() if fact.merged_into_id is not None
        }
        grew = True
        while grew:
            more = {issue_id for issue_id, into in merged.items() if into in touched} - touched
            touched |= more
            grew = bool(more)
        return touched

    def _load(self, missing: dict[int, int]) -> None:
        ids = sorted(missing)
        for begin in range(0, len(ids), _LOADED_AT_ONCE):
            part = ids[begin : begin + _LOADED_AT_ONCE]
            rows = Feedback.objects.filter(pk__in=part).annotate(start=Left("body", MAX_CHARACTERS)).order_by("pk")
            known = list(rows.values_list("pk", "title", "start", "component_id", "category"))
            texts = {pk: f"{title}\n{start}" for pk, title, start, _component, _category in known}
            tellings = [
                Telling(pk, missing[pk], texts[pk][:TEXT_KEPT], component_id, category)
                for pk, _title, _start, component_id, category in known
            ]
            self.tellings.add(tellings, self._vectors_of(texts))

    def _vectors_of(self, texts: dict[int, str]) -> csr_matrix:
        unknown = [pk for pk in texts if pk not in self._remembered]
        fresh = vectors([texts[pk] for pk in unknown])
        known = {pk: self._remembered[pk] for pk in texts if pk in self._remembered}
        if not known:
            return fresh
        known |= {pk: fresh[number] for number, pk in enumerate(unknown)}
        return vstack([known[pk] for pk in texts], format="csr")

    def _drop_ended(self, touched: set[int]) -> None:
        """Forgets issues that ended, once nothing open hangs on them."""
        for issue_id in touched:
            fact = self._facts.get(issue_id)
            if fact is not None and not fact.is_open and fact.merged_into_id is None:
                del self._facts[issue_id]
                self._forget_fingerprint(fact)


def _told_by(issue_ids: Sequence[int]) -> dict[int, list[int]]:
    told: dict[int, list[int]] = {}
    if issue_ids:
        with prepared.cursor() as cursor:
            cursor.execute(_TOLD_BY, [list(issue_ids), MOST_TELLINGS])
            for issue_id, feedback_id in cursor.fetchall():
                told.setdefault(issue_id, []).append(feedback_id)
    return told


_indexes: dict[int, LaunchIndex] = {}
_indexes_lock = threading.Lock()


def index_of(launch_id: int) -> LaunchIndex:
    """The process's one index of a launch."""
    with _indexes_lock:
        return _indexes.setdefault(launch_id, LaunchIndex(launch_id))
