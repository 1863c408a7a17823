"""This module puts together all that a launch's model card shows; nothing of it needs the model itself."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import Count, Q
from django.utils.translation import gettext as _

from feedback.models import MACHINE_CHANNELS
from hypercare.core.models import Launch, User
from triage.categories import CATEGORIES, SENTIMENTS
from triage.classify.corpus import read_corpus
from triage.classify.versions import FIELDS, NAME, champion_of, is_whole, shipped_versions
from triage.learn.champions import is_held_back
from triage.learn.drift import Drift, drift_of
from triage.learn.examples import LET_STAND, SAID, TOLD_BY_A_TICKET
from triage.learn.labels import LEARNED
from triage.learn.voices import heard
from triage.match.judge import NAME as MATCHING
from triage.models import Label, ModelVersion, Origin, Pair, TicketImport, Training, Way

ENOUGH_WRITTEN = 50
FEWEST_TO_SAY = 10
LATELY = timedelta(days=1)
SHOWN_VERSIONS, SHOWN_TRAININGS = 20, 8
_ORDER = {"category": CATEGORIES, "severity": tuple("12345"), "sentiment": SENTIMENTS}

_OF_TICKETS = """
SELECT coalesce(run.uploaded_by_id, 0), said.key, said.value, count(*)
FROM triage_ticketimport run JOIN triage_oldticket ticket ON ticket.run_id = run.id
CROSS JOIN LATERAL jsonb_each_text(ticket.said) said
WHERE run.launch_id = %s AND ticket.is_read AND ticket.error = '' GROUP BY 1, 2, 3
"""


@dataclass(frozen=True)
class Deciding:
    """Which version decides, and whether its file is whole; otherwise the shipped one stands in for it."""

    version: ModelVersion | None
    is_own: bool
    is_broken: bool

    @property
    def is_in_memory_alone(self) -> bool:
        """Whether its file cannot be written, for the version's reason, and each worker holds a model of its own."""
        return self.version is not None and not self.version.path


@dataclass(frozen=True)
class ClassLine:
    """One class of one field: what it rests on, and how well it was told on decisions the model had not seen."""

    value: str
    seed: int
    written: int
    learned: int
    figures: dict[str, Any] | None

    @property
    def rests_on_seed(self) -> bool:
        """Whether the deciding version learned too few texts that people wrote: then it is the seed corpus and rules."""
        return self.learned < ENOUGH_WRITTEN

    @property
    def is_told(self) -> bool:
        """Whether enough of it was held out to say how well it is told."""
        return bool(self.figures) and (self.figures or {})["texts"] >= FEWEST_TO_SAY


@dataclass(frozen=True)
class FieldCard:
    """How the model does in one field; `measured_on` says on what."""

    field: str
    figures: dict[str, Any]
    earlier: dict[str, Any]
    curve: list[dict[str, float]]
    classes: list[ClassLine]


@dataclass(frozen=True)
class Voice:
    """A person, or the old tickets a person brought in: how much was said, and how much of it is heard."""

    name: str
    words: int
    lately: int
    heard: float
    agrees: float | None
    is_import: bool = False


@dataclass(frozen=True)
class Matching:
    """By which weights pairs of issues are judged, what taught them, and the versions there were."""

    deciding: ModelVersion | None
    versions: list[ModelVersion]
    is_held_back: bool


@dataclass(frozen=True)
class Card:
    """All of it."""

    deciding: Deciding
    fields: list[FieldCard]
    contest: dict[str, Any]
    voices: list[Voice]
    ways: dict[str, int]
    pairs: dict[str, int]
    others: int
    versions: list[ModelVersion]
    trainings: list[Training]
    running: Training | None
    drift: Drift
    is_held_back: bool
    imports: int
    matching: Matching


def card_of(launch: Launch, *, now: datetime) -> Card:
    """Read from rows alone."""
    deciding = deciding_in(launch)
    figures = deciding.version.figures if deciding.version else {}
    tickets = _tickets(launch)
    written = _written(launch, tickets)
    live = Label.objects.filter(launch=launch, withdrawn_at=None)
    answered = Pair.objects.filter(launch=launch, origin=Origin.PERSON)
    trainings = Training.objects.filter(launch=launch).select_related("version").order_by("-id")
    return Card(
        deciding=deciding,
        fields=[_field(field, figures, written) for field in FIELDS],
        contest=figures.get("contest", {}),
        voices=_voices(launch, tickets, figures, now=now),
        ways=dict(live.filter(field__in=LEARNED).order_by().values_list("way").annotate(n=Count("id"))),
        pairs=dict(answered.order_by().values_list("answer").annotate(n=Count("id"))),
        others=live.exclude(field__in=LEARNED).count(),
        versions=list(ModelVersion.objects.filter(name=NAME, launch=launch).order_by("-number")[:SHOWN_VERSIONS]),
        trainings=list(trainings.exclude(ended_at=None)[:SHOWN_TRAININGS]),
        running=trainings.filter(ended_at=None).first(),
        drift=drift_of(launch, now=now),
        is_held_back=is_held_back(launch),
        matching=_matching(launch),
        imports=TicketImport.objects.filter(launch=launch, started_at__isnull=False).count(),
    )


def deciding_in(launch: Launch) -> Deciding:
    """The launch's champion where its file is whole, else the shipped model."""
    own = champion_of(launch.pk)
    broken = own is not None and not is_whole(own)
    if own is not None and not broken:
        return Deciding(own, is_own=True, is_broken=False)
    return Deciding(shipped_versions().order_by("-number").first(), is_own=False, is_broken=broken)


def _field(field: str, figures: dict[str, Any], written: dict[str, dict[str, int]]) -> FieldCard:
    contest = figures.get("contest", {})
    told = contest.get("challenger", {}).get(field) or figures.get(field, {})
    curve = told.get("reliability") or figures.get("reliability", {}).get(field, [])
    seed = _seed()[field]
    classes = told.get("classes", {})
    learned = figures.get("people", {}).get(field, {})
    lines = [
        ClassLine(one, seed[one], written[field][one], learned.get(one, 0), classes.get(one)) for one in _ORDER[field]
    ]
    return FieldCard(field, told, contest.get("champion", {}).get(field, {}), curve, lines)


@cache
def _seed() -> dict[str, Counter[str]]:
    """How many texts of the seed corpus each class has; the corpus is part of the program."""
    examples = read_corpus()
    return {field: Counter(str(getattr(one, field)) for one in examples) for field in FIELDS}


def _matching(launch: Launch) -> Matching:
    versions = ModelVersion.objects.filter(name=MATCHING, launch=launch).order_by("-number")[:SHOWN_VERSIONS]
    return Matching(champion_of(launch.pk, name=MATCHING), list(versions), is_held_back(launch, name=MATCHING))


def _tickets(launch: Launch) -> list[tuple[int, str, str, int]]:
    with connection.cursor() as cursor:
        cursor.execute(_OF_TICKETS, [launch.pk])
        return list(cursor.fetchall())


def _written(launch: Launch, tickets: list[tuple[int, str, str, int]]) -> dict[str, dict[str, int]]:
    """How many texts that people wrote each class has: labelled reports of people, and old tickets."""
    found: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    of_people = Label.objects.filter(launch=launch, withdrawn_at=None, field__in=FIELDS, feedback__isnull=False)
    of_people = of_people.exclude(feedback__channel__in=MACHINE_CHANNELS)
    for field, value, count in of_people.order_by().values_list("field", "value").annotate(n=Count("id")):
        found[field][value] += count
    for _who, field, value, count in tickets:
        found[field][value] += count
    return found


def _voices(
    launch: Launch, tickets: list[tuple[int, str, str, int]], figures: dict[str, Any], *, now: datetime
) -> list[Voice]:
    """Everyone who taught, the loudest first, bounded as the next training will bound them."""
    weights: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    words: dict[str, int] = defaultdict(int)
    lately: dict[str, int] = defaultdict(int)
    live = Label.objects.filter(launch=launch, withdrawn_at=None, field__in=LEARNED, feedback__isnull=False).order_by()
    fresh = Count("id", filter=Q(labelled_at__gt=now - LATELY))
    for actor, field, way, count, new in live.values_list("actor", "field", "way").annotate(n=Count("id"), new=fresh):
        voice = f"user:{actor}"
        weights[field][voice] += count * (LET_STAND if way == Way.LET_STAND else SAID)
        words[voice] += count
        lately[voice] += new
    for who, field, _value, count in tickets:
        weights[field][f"import:{who}"] += count * TOLD_BY_A_TICKET
        words[f"import:{who}"] += count
    kept = _kept(weights)
    agreed = figures.get("voices", {})
    numbers = {voice: int(number) for voice in words if (number := voice.partition(":")[2]).isdigit()}
    people = User.objects.in_bulk(set(numbers.values()))
    found = [
        Voice(str(people.get(numbers.get(voice, 0)) or _("someone who left")), count, lately[voice], kept[voice],
              agreed.get(voice, {}).get("agrees"), voice.startswith("import:"))
        for voice, count in words.items()
    ]  # fmt: skip
    return sorted(found, key=lambda one: -one.words)


def _kept(weights: dict[str, dict[str, float]]) -> dict[str, float]:
    """Which part of each voice's weight is heard, over all fields."""
    said: dict[str, float] = defaultdict(float)
    kept: dict[str, float] = defaultdict(float)
    for of_field in weights.values():
        shares = heard(of_field, beside=float(sum(_seed()["category"].values())))
        for voice, weight in of_field.items():
            said[voice] += weight
            kept[voice] += weight * shares[voice]
    return {voice: kept[voice] / weight if weight else 1.0 for voice, weight in said.items()}
