"""This module watches issues that are fixed: what fires again on the fixed release or a later one is opened again.

What fires on an earlier release never does. What ended without a deployment, or fires without naming a release, is
listed and told, and a person decides.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import override

from gateway_ingest.evidence import Span
from gateway_ingest.evidence.failures import Rate, Watched
from hypercare.core.timeline import SYSTEM, Entry, record
from triage import lifecycle
from triage.locks import lock_ids, lock_launch
from triage.models import ENDED_STATUSES, Firing, Fix, Issue, IssueStatus, Verdict, Word
from triage.one_by_one import one_by_one
from triage.proof import telling
from triage.proof.gathering import EARLIER, FIXED, UNNAMED, Live, live_of, parts_by_release
from triage.proof.judging import CERTAIN, LEAST_CALLS, REMAINS, Symptom, chance_of_so_many, percent
from triage.proof.matched import signature_of
from triage.proof.places import is_live
from triage.proof.standing import fixes_in_force
from triage.proof.verdicts import figures_of_rates

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
_FIXED = (IssueStatus.VERIFIED, IssueStatus.CLOSED)
_ENDED_AS_FIXED = ("fixed", "workaround", "configuration", "rolled_back", "")
AT_ONCE = 500
WATCHED_FOR = timedelta(days=30)
AGAIN, ASKS, ALERT, BACK = "again", "asks", "alert", "taken_back"
_LOOKED_BACK = HOUR
_LEAST_FAILURES = 5
# Where nothing is known of the trouble itself, so much of the calls has to fail.
_LEAST_SHARE = 0.01


@dataclass(frozen=True)
class Seen:
    """What a fixed issue's signature does now: surely on the fixed release or later, and wherever it cannot be told.

    Where no call names a release, the fix is in all of them since it went live.
    """

    sure: Rate
    any: Rate
    earlier: Rate
    share_before: float = 0.0

    def fires(self, rate: Rate) -> bool:
        """Whether more is there than a tenth of the trouble, by more than chance."""
        if rate.calls < LEAST_CALLS or rate.failures < _LEAST_FAILURES:
            return False
        allowed = REMAINS * self.share_before if self.share_before else _LEAST_SHARE
        return rate.share > allowed and chance_of_so_many(rate.failures, allowed * rate.calls) < CERTAIN


def watch(*, clock: Callable[[], datetime]) -> int:
    """Looks at the issues that were fixed last; says how many. What is open again is no longer fixed, whatever fires."""
    now = clock()
    Firing.objects.filter(ended_at=None).exclude(issue__status__in=_FIXED).update(ended_at=now)
    found = list(_fixed(now)[:AT_ONCE])
    one_by_one(found, lambda issue: look(issue, now=clock()))
    return len(found)


def _fixed(now: datetime) -> QuerySet[Issue]:
    rows = Issue.objects.filter(launch__closed_at=None, merged_into=None, status_changed_at__gt=now - WATCHED_FOR)
    verified = rows.filter(status=IssueStatus.VERIFIED)
    closed = rows.filter(status=IssueStatus.CLOSED, resolution__in=_ENDED_AS_FIXED)
    return (verified | closed).select_related("launch", "component").order_by("-status_changed_at", "-pk")


def look(issue: Issue, *, now: datetime) -> None:
    """Opens one again, lists it as firing, or takes it off the list."""
    fix = _fix_of(issue)
    live = live_of(fix.deployment) if fix else None
    seen = _seen(issue, fix, live, now=now)
    with override(issue.launch.language):
        if live and live.gone_at:
            reason = _("Its fix is no longer live: %(version)s went live in its place and is older.")
            _list(issue, BACK, reason % {"version": live.gone_by}, {}, now=now)
        elif fix and seen and seen.fires(seen.sure) and _was_seen_fixed(fix):
            _reopen(issue, fix, seen, now=now)
        elif seen and seen.fires(seen.any):
            said = _(
                "%(failures)s of %(calls)s calls of the last hour fail as it did (%(share)s), maybe without the fix."
            )
            _list(issue, ASKS, said % _counts(seen.any), figures_of_rates({"now": seen.any}), now=now)
        elif twin := _alert_again(issue):
            reason = _("The same alert fires again and opened %(key)s.") % {"key": twin.key}
            _list(issue, ALERT, reason, {"issue": twin.key}, now=now)
        else:
            Firing.objects.filter(issue=issue, ended_at=None).update(ended_at=now, checked_at=now)


def _fix_of(issue: Issue) -> Fix | None:
    rows = fixes_in_force(issue.pk).select_related(
        "deployment__launch", "deployment__environment", "deployment__release__component"
    )
    return next(
        (fix for fix in rows.order_by("-deployment__deployed_at", "-pk") if is_live(fix.deployment.environment.name)),
        None,
    )


def _seen(issue: Issue, fix: Fix | None, live: Live | None, *, now: datetime) -> Seen | None:
    """The last hour since it was fixed; what happened before that is why it was fixed."""
    signatures = signature_of(issue)
    if not signatures:
        return None
    begins = max(now - _LOOKED_BACK, issue.status_changed_at)
    begins = max(begins, live.since) if live else begins
    span = Span.of(begins + MINUTE, max(now, begins + 2 * MINUTE))
    watched = Watched.of(issue.launch, signatures, fix.deployment.environment.name if fix else "production")
    if not watched.kinds:
        return None
    if fix is None:
        return Seen(Rate(), watched.rate(span), Rate())
    parts = parts_by_release(watched, fix.deployment, span)
    counted = parts[FIXED].beside(parts[UNNAMED])
    names_releases = parts[FIXED].calls or parts[EARLIER].calls
    return Seen(parts[FIXED] if names_releases else counted, counted, parts[EARLIER], _share_before(fix))


def _share_before(fix: Fix) -> float:
    said = Verdict.objects.filter(fix=fix).exclude(figures={}).order_by("-id").first()
    during = said.figures.get("during", {}) if said else {}
    is_of_failures = said is None or said.figures.get("symptom", Symptom.FAILS) == Symptom.FAILS
    return during["failures"] / during["calls"] if is_of_failures and during.get("calls") else 0.0


def _counts(rate: Rate) -> dict[str, object]:
    return {"failures": rate.failures, "calls": rate.calls, "share": percent(rate.share)}


def _was_seen_fixed(fix: Fix) -> bool:
    """Whether traffic or a person said once that the fix works: then what fires now is a return."""
    return Verdict.objects.filter(fix=fix, word__in=(Word.VERIFIED, Word.SIDE_EFFECT)).exists()


@transaction.atomic
def _reopen(issue: Issue, fix: Fix, seen: Seen, *, now: datetime) -> None:
    if lifecycle.lock(issue.pk).version != issue.version:
        return  # somebody decided meanwhile; the next look sees what of it
    said = _("It fails again on %(release)s or later: %(failures)s of %(calls)s calls of the last hour (%(share)s).")
    reason = said % (_counts(seen.sure) | {"release": fix.deployment.release.version})
    _list(issue, AGAIN, reason, figures_of_rates({"now": seen.sure, "earlier_releases": seen.earlier}), now=now)
    Firing.objects.filter(issue=issue, ended_at=None).update(ended_at=now)
    lifecycle.move(issue.pk, to=IssueStatus.IN_PROGRESS, reason=reason[:500], actor=SYSTEM, now=now)


@transaction.atomic
def _list(issue: Issue, why: str, reason: str, figures: dict[str, object], *, now: datetime) -> None:
    lock_launch(issue.launch_id)
    if not Issue.objects.filter(pk__in=lock_ids([issue.pk]), status=issue.status).exists():
        return  # somebody moved it meanwhile
    live = Firing.objects.filter(issue=issue, ended_at=None)
    if not live.filter(why=why).exists():
        telling.tell(issue, why=why, reason=reason, now=now)
    if live.update(why=why, reason=reason[:500], figures=figures, checked_at=now):
        return
    Firing.objects.create(issue=issue, why=why, reason=reason[:500], figures=figures, found_at=now, checked_at=now)
    record(issue.launch, [Entry(issue.key, "fix.fires", {"reason": reason[:500]})], actor=SYSTEM, now=now)


def _alert_again(issue: Issue) -> Issue | None:
    """The open issue that the same alert opened since this one ended."""
    if issue.fingerprint is None or issue.status not in ENDED_STATUSES:
        return None
    same = Issue.objects.filter(
        launch=issue.launch_id, fingerprint=issue.fingerprint, opened_at__gt=issue.status_changed_at
    )
    return same.exclude(status__in=ENDED_STATUSES).order_by("pk").first()
