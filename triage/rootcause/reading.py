"""This module reads the analysis of an issue as a whole: for its page, for machines, and for the review that follows it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from triage.models import Bone, CauseCode, Issue, RootCause, Sureness, Suspicion, Why, WhyMissed
from triage.rootcause import evidence, twigs
from triage.rootcause.forest import Branch, grown


@dataclass(frozen=True)
class Shown:
    """One piece of evidence: what names it, what it is about, its page, and what it shows.

    Without `path` it is no longer there.
    """

    ref: str
    words: str
    path: str
    shows: str

    @property
    def is_key(self) -> bool:
        """Whether it is a row of the launch."""
        return not self.ref.startswith("http")


@dataclass(frozen=True)
class WhySeen:
    """A why with those below it."""

    number: int
    version: int
    depth: int
    text: str
    sureness: str
    verified_by: str
    verified_at: datetime | None
    verified_before: str
    code: str
    action: str
    evidence: tuple[Shown, ...]
    below: tuple["WhySeen", ...]

    @property
    def is_end(self) -> bool:
        """Whether nothing is asked further."""
        return not self.below

    @property
    def sureness_word(self) -> str:
        """The confidence in a word."""
        return str(Sureness(self.sureness).label) if self.sureness else ""

    @property
    def code_word(self) -> str:
        """The cause code in words."""
        return str(CauseCode(self.code).label) if self.code else ""

    def walk(self) -> Iterator["WhySeen"]:
        """Itself and all below it, in the order they are read."""
        yield self
        for why in self.below:
            yield from why.walk()


@dataclass(frozen=True)
class BoneSeen:
    """A bone, a cause on it or a cause of that; `why` is the number of the why it was made into."""

    number: int
    version: int
    depth: int
    text: str
    standing: str
    why: int | None
    below: tuple["BoneSeen", ...]

    @property
    def standing_word(self) -> str:
        """What became of it, in words."""
        return str(Suspicion(self.standing).label) if self.standing else ""

    def walk(self) -> Iterator["BoneSeen"]:
        """Itself and all on it, in the order they are read."""
        yield self
        for bone in self.below:
            yield from bone.walk()


@dataclass(frozen=True)
class Analysis:
    """All that is known of an issue's cause."""

    issue: str
    version: int
    symptom: str
    cause: str
    factors: tuple[str, ...]
    code: str
    missed: str
    begun_at: datetime
    begun_by: str
    changed_at: datetime
    whys: tuple[WhySeen, ...]
    bones: tuple[BoneSeen, ...]

    @property
    def code_word(self) -> str:
        """The cause code in words."""
        return str(CauseCode(self.code).label) if self.code else ""

    @property
    def missed_word(self) -> str:
        """Why it was missed, in words."""
        return str(WhyMissed(self.missed).label) if self.missed else ""

    def all_whys(self) -> list[WhySeen]:
        """Every why in the order they are read."""
        return [why for root in self.whys for why in root.walk()]

    def all_bones(self) -> list[BoneSeen]:
        """Every bone and cause in the order they are read."""
        return [bone for root in self.bones for bone in root.walk()]

    def open_ends(self) -> list[WhySeen]:
        """The ends that have no cause code yet."""
        return [why for why in self.all_whys() if why.is_end and not why.code]


def analysis_of(issue: Issue) -> Analysis | None:
    """The analysis of an issue; None before it was begun. The number of queries does not grow with it."""
    row = RootCause.objects.filter(issue=issue).first()
    if row is None:
        return None
    whys = twigs.live(twigs.WHYS, row)
    named = [one["ref"] for why in whys for one in why.evidence]
    found = evidence.find(issue.launch, named)
    return Analysis(
        issue=issue.key,
        version=row.version,
        symptom=row.symptom,
        cause=row.cause,
        factors=tuple(row.factors),
        code=row.code,
        missed=row.missed,
        begun_at=row.begun_at,
        begun_by=row.begun_by_name,
        changed_at=row.changed_at,
        whys=tuple(_why(branch, found) for branch in grown(whys)),
        bones=tuple(_bone(branch) for branch in grown(twigs.live(twigs.BONES, row))),
    )


def _why(branch: Branch[Why], found: dict[str, evidence.Found]) -> WhySeen:
    why = branch.row
    return WhySeen(
        number=why.pk,
        version=why.version,
        depth=branch.depth,
        text=why.text,
        sureness=why.sureness,
        verified_by=why.verified_by_name if why.verified_at else "",
        verified_at=why.verified_at,
        verified_before="" if why.verified_at else why.verified_by_name,
        code=why.code,
        action=why.action,
        evidence=tuple(_shown(one, found.get(one["ref"])) for one in why.evidence),
        below=tuple(_why(one, found) for one in branch.below),
    )


def _shown(one: dict[str, str], found: evidence.Found | None) -> Shown:
    return Shown(one["ref"], found.words if found else "", found.path if found else "", one["shows"])


def _bone(branch: Branch[Bone]) -> BoneSeen:
    bone = branch.row
    return BoneSeen(
        number=bone.pk,
        version=bone.version,
        depth=branch.depth,
        text=bone.text,
        standing=bone.standing,
        why=bone.why_id,
        below=tuple(_bone(one) for one in branch.below),
    )
