"""These tests replay traffic through the door of calls and hold each rule to fire on it, once, and not just below."""

import pytest

from feedback.models import Channel, Feedback
from gateway_ingest import heartbeats
from gateway_ingest.formats.calls import CallFlag
from gateway_ingest.models import Alert, AlertStatus, TrafficTarget
from gateway_ingest.rules.defaults import DEFAULTS
from tests.integration.watched import FORGOT, Gateway

pytestmark = pytest.mark.django_db
ROUTE = ("checkout", "GET /pay")
MODEL = {"provider": "northwind", "model": "nw-small", "prompt_version": "p2", "input_tokens": 100, "output_tokens": 0}


@pytest.fixture
def gateway(launch, now):
    return Gateway(launch, now)


def alerts_of(name):
    return Alert.objects.filter(labels__rule=name)


def errors(share_of_1000):
    return [(share_of_1000, {"status": 500}), (1000 - share_of_1000, {})]


def slow(gateway, millis):
    gateway.play(12, (30, {"duration": millis * 1000}))


def drops(gateway, calls):
    gateway.unseen(10, (100, {}))
    gateway.play(12, (calls, {}))


def forgets(gateway, times):
    gateway.play(1, *([(times, FORGOT)] if times else []), (5, MODEL))
    gateway.play(1, (5, MODEL))


def rated(gateway, helpful_of_60):
    flags = {"helpful": int(CallFlag.HELPFUL), "unhelpful": int(CallFlag.UNHELPFUL)}
    old, new = MODEL | {"prompt_version": "p1"}, MODEL | {"prompt_version": "p2"}
    gateway.play(1, (60, old | {"flags": flags["helpful"]}))
    gateway.play(1, (helpful_of_60, new | {"flags": flags["helpful"]}),
                 (60 - helpful_of_60, new | {"flags": flags["unhelpful"]}))  # fmt: skip
    gateway.play(1, (1, new))


def spent(gateway, of_100):
    TrafficTarget.objects.create(launch=gateway.launch, daily_budget=100)
    gateway.play(1, (1, MODEL | {"cost": of_100 * 10**9}))


def beats(gateway, silent_minutes):
    heartbeats.note(gateway.source, "certificate check", 300, now=gateway.minute)
    gateway.play(silent_minutes, (1, {}))


# The rule, what fires it, the nearest that does not, what was usual, and how severe it is.
CASES = {
    "error_burst": (lambda g: g.play(7, *errors(11)), lambda g: g.play(7, *errors(10)), None, "high"),
    "latency_regression": (lambda g: slow(g, 245), lambda g: slow(g, 236), ("route", ROUTE, {"p95_ms": 200.0}), "high"),
    "latency_breach": (lambda g: slow(g, 1025), lambda g: slow(g, 975), None, "high"),
    "client_error_surge": (
        lambda g: g.play(12, (31, {"status": 422}), (69, {})),
        lambda g: g.play(12, (30, {"status": 400}), (70, {})),
        ("route", ROUTE, {"malformed": 10.0}),
        "high",
    ),
    "auth_failures": (
        lambda g: g.play(12, (51, {"status": 401}), (49, {})),
        lambda g: g.play(12, (50, {"status": 403}), (50, {})),
        ("route", ROUTE, {"refused": 10.0}),
        "high",
    ),
    "auth_failures_of_one": (
        lambda g: g.play(4, (51, {"status": 401, "consumer": "mallory"}), (51, {"consumer": "alice"})),
        lambda g: g.play(4, (50, {"status": 401, "consumer": "mallory"}), (50, {"status": 401, "consumer": "eve"})),
        None,
        "high",
    ),
    "rate_limiting": (
        lambda g: g.play(12, (21, {"status": 429}), (979, {})),
        lambda g: g.play(12, (20, {"status": 429}), (980, {})),
        None,
        "warning",
    ),
    "dependency_timeout": (
        lambda g: g.play(7, (21, {"status": 504}), (979, {})),
        lambda g: g.play(7, (20, {"status": 503}), (980, {})),
        None,
        "critical",
    ),
    "traffic_drop": (
        lambda g: drops(g, 49),
        lambda g: drops(g, 50),
        ("component", ("checkout",), {"calls": 100.0}),
        "high",
    ),
    "feed_silent": (lambda g: beats(g, 11), lambda g: beats(g, 10), None, "high"),
    "token_surge": (
        lambda g: g.play(12, (30, MODEL | {"input_tokens": 301})),
        lambda g: g.play(12, (30, MODEL | {"input_tokens": 300})),
        ("prompt_version", ("checkout", "p2"), {"tokens_a_call": 200.0}),
        "warning",
    ),
    "budget_steps": (lambda g: spent(g, 81), lambda g: spent(g, 80), None, "low"),
    "helpful_drop": (lambda g: rated(g, 40), lambda g: rated(g, 52), None, "high"),
    "unsafe_flag": (
        lambda g: g.play(2, (1, MODEL | {"flags": int(CallFlag.UNSAFE)}), (30, MODEL)),
        lambda g: g.play(2, (31, MODEL)),
        None,
        "critical",
    ),
    "context_loss": (lambda g: forgets(g, 5), lambda g: forgets(g, 4), None, "high"),
    "provider_failing": (
        lambda g: g.play(7, (6, MODEL | {"status": 500}), (94, MODEL)),
        lambda g: g.play(7, (5, MODEL | {"status": 500}), (95, MODEL)),
        None,
        "critical",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_rule_fires_once_on_what_must_fire_it(gateway, name):
    fires, _below, usual, severity = CASES[name]
    if usual:
        gateway.was_usual(usual[0], usual[1], **usual[2])
    fires(gateway)
    alert = alerts_of(name).get()
    assert (alert.status, alert.severity, alert.episode) == (AlertStatus.FIRING, severity, 1)
    report = alert.feedback
    assert report.channel == Channel.GATEWAY_RULE
    assert Feedback.objects.filter(external_id__startswith=f"{alert.fingerprint}:").count() == 1


@pytest.mark.parametrize("name", CASES)
def test_rule_is_quiet_on_what_is_just_below(gateway, name):
    _fires, below, usual, _severity = CASES[name]
    if usual:
        gateway.was_usual(usual[0], usual[1], **usual[2])
    below(gateway)
    assert not alerts_of(name).exists()


def test_every_default_rule_has_a_replay():
    assert set(CASES) | {"unusual", "slow_drift"} == set(DEFAULTS)
