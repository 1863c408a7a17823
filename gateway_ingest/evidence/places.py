"""This module says which calls belong to the environment that a deployment went to.

Calls name no environment; their source may. What no source says otherwise of is what people use: production, by whatever
name, and not a place whose name says that it is for trying out.
"""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from gateway_ingest.models import CallKind, Feed
from hypercare.core.models import Launch
from hypercare.core.plain_names import plain

_FOR_TRYING = frozenset({
    "staging", "stage", "stg", "test", "testing", "tests", "qa", "uat", "dev", "develop", "development",
    "preview", "review", "sandbox", "integration", "int", "ci", "demo", "local", "pre", "preprod",
    "preproduction", "nonprod", "acceptance", "acc",
})  # fmt: skip


@dataclass(frozen=True)
class Belonging:
    """The kinds of calls that belong to an environment, or why none can be said to, and what else to say."""

    kinds: list[CallKind]
    refusal: str = ""
    remark: str = ""


def place_of(environment: str) -> str:
    """The name by which environments are told apart; empty for what people use."""
    name = plain(environment)
    return name if _FOR_TRYING.intersection(name.split("-")) else ""


def belonging_to(environment: str, kinds: list[CallKind], launch: Launch) -> Belonging:
    """Those of some kinds of calls that the environment's sources bring."""
    wanted, places = place_of(environment), _places_of(launch)
    if not wanted:
        own = [kind for kind in kinds if "" in places.get(kind.pk, {""})]
        is_mixed = any(len(places.get(kind.pk, {""})) > 1 for kind in own)
        remark = _("Sources of another environment send some of these routes too, and are counted with them.")
        return Belonging(own, remark=remark if is_mixed else "")
    if own := [kind for kind in kinds if places.get(kind.pk) == {wanted}]:
        return Belonging(own)
    if any(wanted in found for found in places.values()):
        return Belonging([], _("What the sources of %(environment)s send cannot be told from what others send.") % {
            "environment": environment})  # fmt: skip
    said = _(
        "It went to %(environment)s, and the calls that we know are of production: they tell nothing of it. Where a source "
        "sends calls of %(environment)s, say so on its page."
    )
    return Belonging([], said % {"environment": environment})


def _places_of(launch: Launch) -> dict[int, set[str]]:
    """From which environments each kind of calls comes; one query."""
    found: dict[int, set[str]] = {}
    rows = Feed.objects.filter(kind__launch=launch).values_list("kind_id", "source__environment")
    for kind, environment in rows:
        found.setdefault(kind, set()).add(place_of(environment))
    return found
