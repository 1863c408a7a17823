"""This module says which calls a question is about: what they have in common, and the span of time."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from gateway_ingest.models import CallKind
from hypercare.core.models import Launch

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
LONGEST = timedelta(days=31)
_PLACE = re.compile(r"\{[^{}]*\}")


@dataclass(frozen=True)
class Signature:
    """What calls have in common; what is empty matters not. `component` is a slug, or the sender's own name."""

    component: str = ""
    route: str = ""
    method: str = ""
    status_class: int = 0
    release: str = ""
    model: str = ""
    prompt_version: str = ""
    error_type: str = ""

    def in_words(self) -> str:
        """For example `GET /products/{number} of catalog-api, 5xx`; empty for all calls."""
        place = " ".join(part for part in (self.method, self.route) if part)
        of = _("%(place)s of %(component)s") % {"place": place or _("calls"), "component": self.component}
        parts = [of if self.component else place, f"{self.status_class}xx" if self.status_class else ""]
        return ", ".join(
            part for part in (*parts, self.release, self.model, self.prompt_version, self.error_type) if part
        )

    def as_query(self) -> dict[str, str]:
        """What is said of it, as an address carries it."""
        return {name: str(value) for name, value in vars(self).items() if value}


@dataclass(frozen=True)
class Span:
    """From `begins` up to, not including, `ends`; both on whole minutes, as windows are."""

    begins: datetime
    ends: datetime

    @classmethod
    def of(cls, begins: datetime, ends: datetime) -> "Span":
        """The span whose minutes hold both moments."""
        first = begins.astimezone(UTC).replace(second=0, microsecond=0)
        last = ends.astimezone(UTC).replace(second=0, microsecond=0)
        return cls(first, max(last + MINUTE if last < ends else last, first + MINUTE))

    @property
    def length(self) -> timedelta:
        """How long it is."""
        return self.ends - self.begins

    def day_before(self, zone: str) -> "Span":
        """As long, at the same time of day the day before where people live in this zone, whatever clocks did since."""
        here = self.begins.astimezone(ZoneInfo(zone))
        begins = (here - timedelta(days=1)).astimezone(UTC)
        return Span(begins, begins + self.length)


def kinds_of(launch: Launch, wanted: Signature | Sequence[Signature]) -> QuerySet[CallKind]:
    """The kinds of calls that fit the signature, or any of several."""
    several = [wanted] if isinstance(wanted, Signature) else wanted
    fits = Q(pk__in=[])
    for one in several:
        fits |= _fits(one)
    return CallKind.objects.filter(fits, launch=launch)


def resolved(launch: Launch, wanted: Sequence[Signature]) -> list[Signature]:
    """The signatures with routes as calls have them: who saw `/products/{sku}` means our `/products/{number}`."""
    if not any("{" in one.route for one in wanted):
        return list(wanted)
    known: dict[str, list[str]] = {}
    for route in CallKind.objects.filter(launch=launch, route__contains="{").values_list("route", flat=True).distinct():
        known.setdefault(_PLACE.sub("{}", route), []).append(route)
    return [
        replace(one, route=route)
        for one in wanted
        for route in (known.get(_PLACE.sub("{}", one.route), [one.route]) if "{" in one.route else [one.route])
    ]


def _fits(wanted: Signature) -> Q:
    said = {name: value for name, value in vars(wanted).items() if value and name != "component"}
    fits = Q(pk__isnull=False, **said)
    if wanted.component:
        fits &= Q(component__slug=wanted.component) | Q(component=None, hint=wanted.component)
    return fits
