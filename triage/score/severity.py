"""This module decides an issue's severity from what its reports say, how many they are, and who vouches for them."""

from collections.abc import Sequence
from typing import NamedTuple

from django.utils.translation import gettext_noop as _

from triage.score.reasons import Reason, because

CONFIDENT = 0.60
RAISE_AT_SHARE = 0.05
BLOCKS_AT_SHARE = 0.25
# Of fewer measured consumers a share says little.
LEAST_MEASURED = 20
DEFAULT_SEVERITY = 4


class Voice(NamedTuple):
    """What reports say of severity: the level, how sure the surest is, whether a rule gave it, and how many say so."""

    severity: int
    confidence: float
    origin: str
    reports: int = 1


class Verdict(NamedTuple):
    """The issue's severity with confidence, origin and reason."""

    severity: int
    confidence: float
    origin: str
    reason: Reason


def severity_of(voices: Sequence[Voice], *, reach: int, active: int | None, is_measured: bool = False) -> Verdict:
    """The worst level that is confidently said; raised by one, never above SEV2, when 5 % of active people report it.

    Measured in traffic, 5 % of active consumers raise it by one too, and 25 % make it SEV1.

    SEV1 comes only from a person, from measured reach or from a rule on a critical component.
    """
    sure = [voice for voice in voices if voice.confidence >= CONFIDENT]
    if sure:
        worst = min(sure, key=lambda voice: (voice.severity, -voice.confidence))
        count = sum(voice.reports for voice in sure if voice.severity == worst.severity)
        heard = {"count": count, "all": sum(voice.reports for voice in voices), "severity": worst.severity}
        reason = because(_("%(count)s of %(all)s reports say SEV%(severity)s"), **heard)
        verdict = Verdict(worst.severity, worst.confidence, worst.origin, reason)
    elif voices:
        best = max(voices, key=lambda voice: voice.confidence)
        reason = because(_("not sure; the likeliest of what reports say"))
        verdict = Verdict(best.severity, best.confidence, best.origin, reason)
    else:
        verdict = Verdict(DEFAULT_SEVERITY, 0.0, "rule", because(_("no report says how bad it is")))
    if verdict.origin == "model":
        verdict = Verdict(max(verdict.severity, 2), verdict.confidence, verdict.origin, verdict.reason)
    if is_measured:
        return _raised_by_measured(verdict, reach, active or 0)
    if active and reach / active >= RAISE_AT_SHARE and verdict.severity > 2:
        told = _("%(reach)s of %(active)s active people report it (5%% or more raises by one)")
        reason = because(told, reach=reach, active=active)
        return Verdict(verdict.severity - 1, 1.0, "rule", reason)
    return verdict


def _raised_by_measured(verdict: Verdict, reach: int, active: int) -> Verdict:
    if reach < LEAST_MEASURED or reach / max(active, 1) < RAISE_AT_SHARE or verdict.severity == 1:
        return verdict
    blocks = reach / active >= BLOCKS_AT_SHARE
    severity = 1 if blocks else max(verdict.severity - 1, 2)
    if severity == verdict.severity:
        return verdict
    said = (
        _("%(reach)s of %(active)s active consumers are affected, measured in traffic (25%% or more is SEV1)")
        if blocks
        else _("%(reach)s of %(active)s active consumers are affected, measured in traffic (5%% or more raises by one)")
    )
    return Verdict(severity, 1.0, "rule", because(said, reach=reach, active=active))
