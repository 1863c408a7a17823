"""This module knows each program that can send to us and its configuration: one file that is shown, documented and tried."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_FOLDER = Path(__file__).parent / "configurations"
KEY_PLACE = "YOUR-SOURCE-KEY"

Words = str | Promise


class Says(StrEnum):
    """What a program tells us of."""

    CALLS = "calls"
    ALERTS = "alerts"
    DEPLOYMENTS = "deployments"


GROUPS: dict[str, Words] = {
    Says.CALLS: _("Traffic: gateways and AI"),
    Says.ALERTS: _("Alerts: monitoring"),
    Says.DEPLOYMENTS: _("Deployments"),
}
_TRIALS = {Says.CALLS: "try-call.sh", Says.ALERTS: "try-alert.sh", Says.DEPLOYMENTS: "try-deploy.sh"}


@dataclass(frozen=True)
class Part:
    """One file of a configuration, and what to do with it."""

    file: str
    words: Words


@dataclass(frozen=True)
class Program:
    """A program by its name in addresses; `page` is its page under docs/gateways, `is_tried` where the real one was run."""

    name: str
    title: str
    says: Says
    parts: tuple[Part, ...]
    page: str = ""
    is_tried: bool = False


@dataclass(frozen=True)
class Piece:
    """A part with address and key filled in."""

    words: Words
    text: str


def pieces(program: Program, *, url: str, key: str) -> list[Piece]:
    """What to copy and paste, in its order."""
    return [Piece(part.words, filled(part.file, program.name, url=url, key=key)) for part in program.parts]


def trial(program: Program, *, url: str, key: str) -> str:
    """A command that sends one thing of this kind, to see that the way is open."""
    return filled(_TRIALS[program.says], program.name, url=url, key=key)


def filled(file: str, name: str, *, url: str, key: str) -> str:
    """A configuration's file with address, key and format in their places."""
    return _text(file).replace("@URL@", url).replace("@KEY@", key).replace("@FORMAT@", name)


@lru_cache(maxsize=200)
def _text(file: str) -> str:
    return (_FOLDER / file).read_text(encoding="utf-8").rstrip("\n")


_SHIP = _(
    "Where the product's folder lies on that machine: this sends the file's lines, each once, and goes on after a restart."
)
_WRITE_LOG = _("Write a log of its own, one line a request:")
_BODY = _("The body to post:")


def _shipped(name: str, title: str, file: str, *, tried: bool = False, more: tuple[Part, ...] = ()) -> Program:
    parts = (Part(file, _WRITE_LOG), *more, Part(f"{file.partition('.')[0]}-ship.sh", _SHIP))
    return Program(name, title, Says.CALLS, parts, file.partition(".")[0], tried)


def _posts(name: str, title: str, words: Words, file: str = "") -> Program:
    """A webhook: an address, and a body where the program lets one choose it."""
    body = (Part(file, _BODY),) if file else ()
    return Program(name, title, Says.ALERTS, (Part("webhook.txt", words), *body))


_ALL = (
    _shipped("nginx-json", "nginx", "nginx.conf", tried=True),
    _shipped("combined", "Apache", "apache.conf"),
    _shipped(
        "haproxy",
        "HAProxy",
        "haproxy.cfg",
        tried=True,
        more=(Part("haproxy-frontend.cfg", _("So that calls are found by their trace:")),),
    ),
    Program("kong", "Kong", Says.CALLS, (Part("kong.yml", _("Kong's own plugin posts in batches:")),), "kong"),
    Program(
        "apisix", "APISIX", Says.CALLS, (Part("apisix.yaml", _("APISIX's own plugin posts in batches:")),), "apisix"
    ),
    _shipped("envoy", "Envoy, Istio", "envoy.yaml"),
    _shipped("traefik", "Traefik", "traefik.yml"),
    Program("alb", "AWS load balancer", Says.CALLS, (Part("alb.sh", _("Post each file that it writes:")),)),
    Program(
        "apigateway",
        "AWS API Gateway",
        Says.CALLS,
        (
            Part("apigateway.json", _("The stage's access log format:")),
            Part("calls.txt", _("Let a Firehose or a function post the lines to this address:")),
        ),
    ),
    Program(
        "apipark", "APIPark", Says.CALLS, (Part("calls.txt", _("Add an HTTP output of type json with this address:")),)
    ),
    Program(
        "litellm",
        "LiteLLM",
        Says.CALLS,
        (Part("litellm.yaml", _("LiteLLM posts models, tokens and cost by itself:")),),
        "litellm",
        is_tried=True,
    ),
    Program(
        "portkey",
        "Portkey",
        Says.CALLS,
        (Part("calls.txt", _("Export logs as JSON and post the rows to this address:")),),
    ),
    Program(
        "langfuse",
        "Langfuse",
        Says.CALLS,
        (Part("calls.txt", _("Export observations as JSON and post them to this address:")),),
    ),
    Program(
        "opentelemetry",
        "OpenTelemetry SDK",
        Says.CALLS,
        (Part("otel-sdk.env", _("The application's environment:")),),
        "opentelemetry",
        is_tried=True,
    ),
    Program(
        "collector",
        "OpenTelemetry Collector",
        Says.CALLS,
        (Part("otel-collector.yaml", _("A further exporter of traces, logs and metrics:")),),
        "opentelemetry-collector",
    ),
    Program(
        "alertmanager",
        "Prometheus, Alertmanager",
        Says.ALERTS,
        (
            Part("alertmanager.yml", _("For your alertmanager.yml: add the receiver and name it in your route.")),
            Part("prometheus.yml", _("For your prometheus.yml, if it does not know an Alertmanager yet:")),
            Part("prometheus-rules.yml", _("A first rule:")),
        ),
        "prometheus",
        is_tried=True,
    ),
    _posts("grafana", "Grafana", _("Add a contact point of the type Webhook with this address:")),
    _posts(
        "datadog", "Datadog", _("Add a webhook integration with this address, and name it in monitors:"), "datadog.json"
    ),
    _posts("pagerduty", "PagerDuty", _("Add a generic webhook (v3) with this address:")),
    _posts("sentry", "Sentry", _("Add an internal integration with this webhook address and alert rule action:")),
    _posts("cloudwatch", "AWS CloudWatch, SNS", _("Subscribe this HTTPS address to the alarms' topic; we confirm it:")),
    _posts("gcpmonitoring", "Google Cloud Monitoring", _("Add a notification channel of the type webhook:")),
    _posts("azuremonitor", "Azure Monitor", _("Add a webhook to an action group, with the common alert schema:")),
    _posts("newrelic", "New Relic", _("Add a webhook destination with this address to a workflow:"), "newrelic.json"),
    _posts("dynatrace", "Dynatrace", _("Add a problem notification of the type custom integration:")),
    _posts("zabbix", "Zabbix", _("Let a media type of the type webhook post to this address:"), "zabbix.json"),
    _posts(
        "elastic", "Elastic, Kibana", _("Add a webhook connector with this address, and name rule, alert and context:")
    ),
    _posts("splunk", "Splunk", _("Add the alert action Webhook with this address:")),
    _posts("graylog", "Graylog", _("Add an HTTP notification with this address:")),
    _posts("pingdom", "Pingdom", _("Add a webhook integration with this address:")),
    _posts(
        "uptimerobot",
        "UptimeRobot",
        _("Add an alert contact of the type webhook; JSON and forms are read:"),
        "uptimerobot.json",
    ),
    _posts("statuspage", "Statuspage", _("Subscribe this address to the page's webhook:")),
    _posts("standardwebhooks", "Standard Webhooks", _("Any sender of signed Standard Webhooks; set its secret below:")),
    _posts("cloudevents", "CloudEvents", _("Any sender of CloudEvents, binary, structured or in batches:")),
    Program(
        "generic",
        "Anything that posts JSON",
        Says.ALERTS,
        (
            Part("generic.sh", _("In our own words:")),
            Part("webhook.txt", _("JSON of any other shape: post it here, then teach us to read it by a mapping.")),
        ),
    ),
    Program(
        "github",
        "GitHub",
        Says.DEPLOYMENTS,
        (Part("deploys.txt", _("Add a webhook of JSON for deployment statuses or releases:")),),
    ),
    Program(
        "gitlab",
        "GitLab",
        Says.DEPLOYMENTS,
        (Part("deploys.txt", _("Add a webhook for deployment or release events:")),),
    ),
    Program(
        "argocd", "Argo CD", Says.DEPLOYMENTS, (Part("argocd.yaml", _("Argo CD's notifications tell of each sync:")),)
    ),
    Program(
        "pipeline", "Another pipeline", Says.DEPLOYMENTS, (Part("pipeline.sh", _("Any pipeline that can run curl:")),)
    ),
)
PROGRAMS = {program.name: program for program in _ALL}
FIRST = "alertmanager"


def choices() -> list[tuple[Words, list[tuple[str, str]]]]:
    """Every program under what it says, for a form."""
    return [(words, [(one.name, one.title) for one in _saying(says)]) for says, words in GROUPS.items()]


def _saying(says: str) -> Iterable[Program]:
    return (program for program in _ALL if program.says == says)
