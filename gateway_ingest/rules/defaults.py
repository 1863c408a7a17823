"""This module holds the rules a launch begins with; its team may edit each."""

from django.utils.translation import gettext_noop as _

from gateway_ingest.models import AlertSeverity as S
from gateway_ingest.rules.rule import Against, Measure, Per, Rule, Step

# The severities become SEV2 to SEV5 on the board: critical, high, warning, info.
DEFAULT_RULES = (
    Rule(
        "error_burst", _("Error burst"), Measure.ERROR_SHARE, Per.ROUTE,
        (Step(0.01, S.HIGH), Step(0.05, S.CRITICAL)), minutes=5, critical_severity=S.CRITICAL,
    ),
    Rule(
        "latency_regression", _("Latency regression"), Measure.P95_MS, Per.ROUTE,
        (Step(1.2, S.HIGH),), minutes=10, against=Against.USUAL,
    ),
    Rule("latency_breach", _("Latency breach"), Measure.P95_MS, Per.ROUTE, (Step(1000, S.HIGH),), minutes=10),
    Rule(
        "client_error_surge", _("Client error surge"), Measure.MALFORMED, Per.RELEASE,
        (Step(3, S.HIGH),), minutes=10, against=Against.USUAL,
    ),
    Rule(
        "auth_failures", _("Auth failures"), Measure.REFUSED, Per.ROUTE,
        (Step(5, S.HIGH),), minutes=10, against=Against.USUAL,
    ),
    Rule(
        "auth_failures_of_one", _("Auth failures of one consumer"), Measure.REFUSED, Per.CONSUMER,
        (Step(50, S.HIGH),), minutes=2,
    ),
    Rule("rate_limiting", _("Rate limiting"), Measure.LIMITED_SHARE, Per.ROUTE, (Step(0.02, S.WARNING),), minutes=10),
    Rule(
        "dependency_timeout", _("Dependency timeout"), Measure.UNAVAILABLE_SHARE, Per.COMPONENT,
        (Step(0.02, S.CRITICAL),), minutes=5,
    ),
    Rule(
        "traffic_drop", _("Traffic drop"), Measure.CALLS, Per.COMPONENT,
        (Step(0.5, S.HIGH),), minutes=10, least=0, against=Against.USUAL, below=True,
    ),
    Rule(
        "token_surge", _("Token surge"), Measure.TOKENS_A_CALL, Per.PROMPT_VERSION,
        (Step(1.5, S.WARNING),), minutes=10, against=Against.USUAL,
    ),
    Rule(
        "budget_steps", _("Budget steps"), Measure.SPENT_SHARE, Per.LAUNCH,
        (Step(0.8, S.LOW), Step(0.95, S.WARNING), Step(1.0, S.HIGH), Step(1.2, S.CRITICAL)), minutes=2, least=0,
    ),
    Rule("unsafe_flag", _("Unsafe flag"), Measure.FLAGGED, Per.COMPONENT, (Step(0.5, S.CRITICAL),), minutes=1, least=1),
    Rule(
        "provider_failing", _("Provider failing"), Measure.PROVIDER_ERROR_SHARE, Per.PROVIDER,
        (Step(0.05, S.CRITICAL),), minutes=5,
    ),
)  # fmt: skip
