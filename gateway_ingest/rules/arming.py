"""This module arms and disarms rules: a disarmed rule watches nothing, and what it was firing ends."""

from datetime import datetime

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from gateway_ingest import sources
from gateway_ingest.formats import IncomingAlert
from gateway_ingest.models import AlertSeverity, AlertStatus, Firing, Rule, RuleState, TrafficWatch
from gateway_ingest.rules import rows
from gateway_ingest.rules.defaults import DEFAULTS
from gateway_ingest.rules.keys import fingerprint, from_text
from gateway_ingest.rules.tick import watch_of
from gateway_ingest.rules.writing import tell
from hypercare.core.timeline import Actor, record


@transaction.atomic
def arm(row: Rule, *, actor: Actor, now: datetime) -> Rule:
    """Lets the rule watch from the next minute on."""
    row = _locked(row)
    if row.armed:
        return row
    return _set(row, armed=True, actor=actor, now=now)


@transaction.atomic
def disarm(row: Rule, *, actor: Actor, now: datetime) -> Rule:
    """Ends the rule's watch; its open findings resolve."""
    watch = watch_of(row.launch, now=now)
    TrafficWatch.objects.select_for_update(of=("self",)).get(pk=watch.pk)  # a look that is being written comes first
    row = _locked(row)
    if not row.armed:
        return row
    firing = RuleState.objects.filter(rule=row, firing=True).values_list("key", flat=True)
    words = [_over(row, key, now=now) for key in firing]
    if words and row.launch.closed_at is None:
        tell(sources.locked_living(watch.source_id), words, now=now)
    Firing.objects.filter(rule=row, ended_at=None).update(ended_at=now)
    RuleState.objects.filter(rule=row).delete()
    return _set(row, armed=False, actor=actor, now=now)


def _over(row: Rule, key: str, *, now: datetime) -> IncomingAlert:
    with translation.override(row.launch.language):
        return IncomingAlert(
            fingerprint=fingerprint(row.name, from_text(key, DEFAULTS[row.name].per)),
            title=_(DEFAULTS[row.name].title),
            summary=_("The rule was disarmed."),
            severity=AlertSeverity.LOW,
            status=AlertStatus.RESOLVED,
            labels={},
            component_names=(),
            starts_at=None,
            ends_at=now,
            url="",
        )


def _set(row: Rule, *, armed: bool, actor: Actor, now: datetime) -> Rule:
    row.armed, row.version, row.changed_at = armed, row.version + 1, now
    row.save(update_fields=["armed", "version", "changed_at"])
    record(row.launch, [rows.entry(row, "rule.armed" if armed else "rule.disarmed")], actor=actor, now=now)
    return row


def _locked(row: Rule) -> Rule:
    return Rule.objects.select_for_update(no_key=True, of=("self",)).select_related("launch").get(pk=row.pk)
