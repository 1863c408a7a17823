"""This module counts how many consumers calls of a signature came from, and what share of all they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from gateway_ingest.distinct import STANDARD_ERROR, Distinct
from gateway_ingest.evidence import reading
from gateway_ingest.evidence.signature import Signature, Span, kinds_of
from gateway_ingest.models import CallKind
from hypercare.core.models import Launch

EXACT = "exact"
ESTIMATED = f"HyperLogLog ±{200 * STANDARD_ERROR:.1f}%"
CALLS_ONLY = "calls only"


@dataclass(frozen=True)
class Reach:
    """`value` different consumers of `of` active ones, or with "calls only" calls of calls, as nobody named consumers.

    `error` is how far off the value may be, as a share (two standard errors).
    """

    value: int
    of: int
    share: float | None
    method: str
    error: float
    calls: int
    begins: datetime
    ends: datetime
    at: datetime

    @property
    def is_measured(self) -> bool:
        """Whether consumers were counted, and some were reached."""
        return self.method != CALLS_ONLY and self.value > 0

    def in_words(self) -> str:
        """For example "412 of 9,800 active consumers"."""
        said = {"value": self.value, "of": self.of}
        if self.method == CALLS_ONLY:
            return _("%(value)d of %(of)d calls; no consumer is named") % said
        return _("%(value)d of %(of)d active consumers") % said


def reach(launch: Launch, signature: Signature | Sequence[Signature], span: Span, *, now: datetime) -> Reach:
    """The distinct consumers of calls that fit the signature, beside all consumers of the launch in the same span."""
    fitting = list(kinds_of(launch, signature).values_list("pk", flat=True))
    whole = reading.whole_hours(launch.pk, span)
    found = reading.total(launch.pk, fitting, span, sketches=("consumers",), sums=("calls",), whole=whole)
    consumers = found.consumers
    if found.calls and not consumers.number:
        every = CallKind.objects.filter(launch=launch).values_list("pk", flat=True)
        of_calls = reading.total(launch.pk, every, span, sketches=(), sums=("calls",), whole=whole).calls
        return _shown(Distinct(found.calls, 0.0), of_calls, CALLS_ONLY, found.calls, span, now=now)
    active = reading.active(launch.pk, span, whole=whole).number
    method = ESTIMATED if consumers.error else EXACT
    return _shown(consumers, max(active, consumers.number), method, found.calls, span, now=now)


def _shown(consumers: Distinct, of: int, method: str, calls: int, span: Span, *, now: datetime) -> Reach:
    share = consumers.number / of if of else None
    return Reach(consumers.number, of, share, method, consumers.error, calls, span.begins, span.ends, now)
