"""This module finds routes whose failures rose with a deployment, other than those it was meant to mend."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from gateway_ingest.evidence import reading
from gateway_ingest.evidence.chance import chance_of_shares
from gateway_ingest.evidence.deployments import CERTAIN, MINIMUM_CALLS
from gateway_ingest.evidence.failures import place_of_kind
from gateway_ingest.evidence.places import belonging_to
from gateway_ingest.evidence.reading import Wanted
from gateway_ingest.evidence.signature import MINUTE, Signature, Span, kinds_of
from hypercare.core.models import Deployment, Launch

# A rise of less than half a percent of calls is nobody's trouble, however sure.
LEAST_RISE = 0.005
# What began later than this did not come with the deployment.
ONSET = timedelta(minutes=15)
_FAILED = (4, 5)
# Component, method, route and the first digit of the status.
Failing = tuple[str, str, str, int]


@dataclass(frozen=True)
class Rise:
    """A route that failed more than before, from the deployment on."""

    component: str
    method: str
    route: str
    status_class: int
    before_calls: int
    before_failures: int
    after_calls: int
    after_failures: int
    chance: float

    def in_words(self) -> str:
        """For example `GET /search of search, 5xx`."""
        return Signature(self.component, self.route, self.method, self.status_class).in_words()


def rises(deployment: Deployment, after: Span, *, except_for: frozenset[Failing]) -> list[Rise]:
    """The routes of the launch that failed more after than in as long right before, the surest rise first.

    A route that something else was deployed to at the same time is left out: that may have done it.
    """
    launch, length = deployment.launch, after.length
    before = Span(after.begins - length - MINUTE, after.begins - MINUTE)
    onset = Span(after.begins, min(after.begins + ONSET, after.ends))
    places = _places(launch, deployment.environment.name)
    old, new, first = (_counts(launch, places, span) for span in (before, after, onset))
    others = _deployed_too(deployment, after)
    tests = max(len({key for key in new if key[3] in _FAILED}), 1)
    found = [
        rise
        for key in new.keys() - except_for
        if key[0] not in others and (rise := _rise(key, old, new, first, tests=tests))
    ]
    return sorted(found, key=lambda rise: (rise.chance, rise.component, rise.route))


_Counts = dict[Failing, tuple[int, int]]


def _places(launch: Launch, environment: str) -> dict[int, Failing]:
    kinds = belonging_to(environment, list(kinds_of(launch, Signature()).select_related("component")), launch).kinds
    return {kind.pk: (*place_of_kind(kind), kind.status_class) for kind in kinds}


def _counts(launch: Launch, places: dict[int, Failing], span: Span) -> _Counts:
    """Of each way to fail on each route how many calls, and of how many calls of the route."""
    numbers = {place: number for number, place in enumerate(dict.fromkeys(places.values()))}
    groups = {pk: numbers[place] for pk, place in places.items()}
    found = reading.read(launch.pk, Wanted(groups, span, sums=("calls",)))
    calls = {place: figures.calls for place, number in numbers.items() if (figures := found.get((number, None)))}
    whole: dict[tuple[str, str, str], int] = defaultdict(int)
    for (component, method, route, _class), number in calls.items():
        whole[component, method, route] += number
    every = {(*place, status_class) for place in whole for status_class in _FAILED}
    return {key: (calls.get(key, 0), whole[key[:3]]) for key in every}


def _rise(key: Failing, old: _Counts, new: _Counts, first: _Counts, *, tests: int) -> Rise | None:
    (failed, calls), (earlier, of) = new[key], old.get(key, (0, 0))
    if min(calls, of) < MINIMUM_CALLS or failed / calls - earlier / of < LEAST_RISE:
        return None
    chance = chance_of_shares(earlier, of, failed, calls)
    at_once, among = first.get(key, (0, 0))
    middle = (failed / calls + earlier / of) / 2
    if chance >= CERTAIN / tests or not among or at_once / among < middle:
        return None
    return Rise(*key, of, earlier, calls, failed, chance)


def _deployed_too(deployment: Deployment, after: Span) -> set[str]:
    """The components that something else went live of while the rise may have begun."""
    rows = Deployment.objects.filter(
        launch=deployment.launch_id,
        environment=deployment.environment_id,
        deployed_at__gte=after.begins - ONSET,
        deployed_at__lt=after.begins + ONSET,
    ).exclude(release__component=deployment.release.component_id)
    return set(_slugs(rows.values_list("release__component__slug", flat=True)))


def _slugs(found: Iterable[str | None]) -> Iterator[str]:
    yield from (slug for slug in found if slug)
