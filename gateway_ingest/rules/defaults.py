"""This module holds the rules a launch begins with; its team may edit each."""

from django.utils.translation import gettext_noop as _

from gateway_ingest.detect.scorer import ALARM
from gateway_ingest.models import AlertSeverity as S
from gateway_ingest.rules.rule import Against, Measure, Per, Rule, Step

LATENCY_TARGET_MS = 1000.0

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
    Rule(
        "latency_breach", _("Latency breach"), Measure.P95_MS, Per.ROUTE,
        (Step(1.0, S.HIGH),), minutes=10, against=Against.TARGET,
    ),
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
        (Step(0.5, S.HIGH),), minutes=10, against=Against.USUAL, below=True,
    ),
    Rule(
        "feed_silent", _("Certificate or feed silent"), Measure.SILENCE, Per.SENDER,
        (Step(2, S.HIGH),), minutes=1, least=0, sustained=False,
    ),
    Rule(
        "token_surge", _("Token surge"), Measure.TOKENS_A_CALL, Per.PROMPT_VERSION,
        (Step(1.5, S.WARNING),), minutes=10, against=Against.USUAL,
    ),
    Rule(
        "budget_steps", _("Budget steps"), Measure.SPENT_SHARE, Per.BUDGET,
        (Step(0.8, S.LOW), Step(0.95, S.WARNING), Step(1.0, S.HIGH), Step(1.2, S.CRITICAL)),
        minutes=1, least=0, sustained=False,
    ),
    Rule(
        "helpful_drop", _("Helpful drop"), Measure.RATING_CHANCE, Per.VERSION,
        (Step(0.01, S.HIGH),), minutes=1, least=50, below=True, sustained=False,
    ),
    Rule(
        "unsafe_flag", _("Unsafe flag"), Measure.FLAGGED, Per.COMPONENT,
        (Step(0.5, S.CRITICAL),), minutes=10, least=0, sustained=False,
    ),
    Rule(
        "context_loss", _("Context loss cluster"), Measure.FORGOT, Per.COMPONENT,
        (Step(4, S.HIGH),), minutes=1440, least=0, sustained=False,
    ),
    Rule(
        "provider_failing", _("Provider failing"), Measure.PROVIDER_ERROR_SHARE, Per.PROVIDER,
        (Step(0.05, S.CRITICAL),), minutes=5,
    ),
    Rule(
        "unusual", _("Unusual course"), Measure.SURPRISE, Per.SERIES,
        (Step(ALARM, S.LOW),), minutes=5, least=0, clear_minutes=12, sustained=False,
    ),
    Rule(
        "slow_drift", _("Slow drift towards the limit"), Measure.DAYS_LEFT, Per.SERIES,
        (Step(14, S.LOW),), minutes=60, least=0, below=True, sustained=False,
    ),
)  # fmt: skip
DEFAULTS = {rule.name: rule for rule in DEFAULT_RULES}

MEANINGS = {
    "error_burst": _("Answers of 500 and above are too large a share of a route's calls."),
    "latency_regression": _("A route's 95th percentile is far above what is usual at this hour."),
    "latency_breach": _("A route's 95th percentile is above the target of its component or of the launch."),
    "client_error_surge": _("One release gets far more answers 400 and 422 on a route than is usual."),
    "auth_failures": _("A route answers 401 and 403 far more often than is usual."),
    "auth_failures_of_one": _("One consumer is answered 401 or 403 too often a minute."),
    "rate_limiting": _("Answers 429 are too large a share of a route's calls."),
    "dependency_timeout": _("Answers 503 and 504 are too large a share of a component's calls."),
    "traffic_drop": _("A component is called far less than is usual at this hour."),
    "feed_silent": _("A source or a named heartbeat is silent for too many times its interval."),
    "token_surge": _("A prompt version takes far more tokens a call than is usual."),
    "budget_steps": _("The spend of the day reaches a step of the daily budget; each step is told once a day."),
    "helpful_drop": _("A version is rated lower than the one before, and that is hardly chance."),
    "unsafe_flag": _("An answer was flagged unsafe, biased or leaking private data, or was stopped by a filter."),
    "context_loss": _("Answers of one component were flagged as forgetting the context."),
    "provider_failing": _("Calls of a model provider fail or time out too often."),
    "unusual": _("A component's calls, error share or latency take a course that its past does not know."),
    "slow_drift": _("A component's latency rises a little every day and will cross its target."),
}
