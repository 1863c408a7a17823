"""This module writes down which firings were noise, so that a rule's usefulness can be counted."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext as _

from feedback.models import MACHINE_CHANNELS, Feedback
from gateway_ingest.models import GIVEN_BY_PEOPLE, Alert, NoiseReason, RuleOutcome
from hypercare.core.models import User
from hypercare.core.problem import wrong

_SOURCE = "source:"


def check_reason(text: str) -> NoiseReason:
    """The reason of that name; Problem 400 for one that people cannot give."""
    if text not in GIVEN_BY_PEOPLE:
        detail = _("There is no noise reason “%(name)s”; use one of %(known)s.") % {
            "name": text[:40], "known": ", ".join(GIVEN_BY_PEOPLE)}  # fmt: skip
        raise wrong("/noise", detail)
    return NoiseReason(text)


def note(reports: Sequence[Feedback], *, reason: NoiseReason, actor: User | None, now: datetime) -> int:
    """Notes that the episodes behind these reports were noise, each once: the last word counts. Says how many."""
    episodes = _episodes_of(reports)
    rows = [
        RuleOutcome(alert=alert, episode=episode, rule=rule_of(alert), reason=reason, actor=actor, at=now)
        for alert, episode in episodes
    ]
    RuleOutcome.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["alert", "episode"], update_fields=["rule", "reason", "actor", "at"]
    )
    return len(rows)


def take_back(reports: Sequence[Feedback]) -> None:
    """Forgets that the episodes behind these reports were noise."""
    wanted = Q(pk__in=())
    for alert, episode in _episodes_of(reports):
        wanted |= Q(alert=alert, episode=episode)
    RuleOutcome.objects.filter(wanted).delete()


def rule_of(alert: Alert) -> str:
    """What the machine calls the rule that fired."""
    return str(alert.labels.get("rule") or alert.labels.get("alertname") or alert.title)[:300]


def _episodes_of(reports: Sequence[Feedback]) -> list[tuple[Alert, int]]:
    """The alert and the episode of each report that a machine made."""
    named: dict[tuple[int, str], list[int]] = {}
    for report in reports:
        fingerprint, _colon, episode = (report.external_id or "").rpartition(":")
        number = report.source.removeprefix(_SOURCE)
        if report.channel in MACHINE_CHANNELS and number.isdecimal() and episode.isdecimal():
            named.setdefault((int(number), fingerprint), []).append(int(episode))
    alerts = Alert.objects.filter(
        launch__in={report.launch_id for report in reports},
        source__in={number for number, _fingerprint in named},
        fingerprint__in={fingerprint for _number, fingerprint in named},
    )
    return [(alert, episode) for alert in alerts for episode in named.get((alert.source_id, alert.fingerprint), [])]
