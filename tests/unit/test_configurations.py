"""These tests fill the shown configurations with what their program would write there, and read the result by our formats."""

import json
import re

import pytest
import yaml

from gateway_ingest.formats import read_as, recognised
from gateway_ingest.formats.calls import CALL_FORMATS
from gateway_ingest.formats.calls import recognised as recognised_call
from gateway_ingest.formats.deploys import DEPLOY_FORMATS
from gateway_ingest.programs import filled

PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
TRACE = PARENT.split("-")[1]


def shown(file):
    return filled(file, "x", url="https://hypercare.example", key="hcs_k")


def facts(call):
    return (call.method, call.path, call.status, call.duration, call.trace_id, call.component, call.consumer)


def test_rows_of_apisix_are_read_as_its_log_format_names_them():
    settings = yaml.safe_load(shown("apisix.yaml"))["global_rules"][0]["plugins"]["http-logger"]
    said = {"$msec": 1779971460.5, "$route_id": "r1", "$service_name": "orders", "$request_method": "GET", "$uri": "/orders/7",
        "$status": 200, "$request_time": 0.125, "$upstream_response_time": "0.120", "$bytes_sent": 512, "$host": "shop.example",
        "$remote_addr": "198.51.100.7", "$consumer_name": "jack", "$http_x_request_id": "a", "$http_traceparent": PARENT}  # fmt: skip
    row = {name: said[variable] for name, variable in settings["log_format"].items()}
    assert recognised_call(row).name == "apisix"
    call = CALL_FORMATS["apisix"].read(row)
    assert facts(call) == ("GET", "/orders/7", 200, 125_000, TRACE, "orders", "jack")
    assert (call.at, call.host, call.upstream) == (1_779_971_460_500_000, "shop.example", 120_000)
    assert (settings["uri"], settings["auth_header"]) == (
        "https://hypercare.example/ingest/calls/apisix/",
        "Bearer hcs_k",
    )


def test_rows_of_envoy_are_read_as_its_json_format_names_them():
    settings = yaml.safe_load(shown("envoy.yaml"))["access_log"][0]["typed_config"]["log_format"]["json_format"]
    said = {"%START_TIME%": "2026-05-28T12:31:00.500Z", "%REQ(:METHOD)%": "GET", "%PATH(NQ)%": "/orders/7",
        "%REQ(:AUTHORITY)%": "shop.example:443", "%RESPONSE_CODE%": 503, "%RESPONSE_FLAGS%": "UO", "%DURATION%": 125,
        "%RESPONSE_DURATION%": 120, "%BYTES_SENT%": 512, "%DOWNSTREAM_REMOTE_ADDRESS%": "198.51.100.7:5000",
        "%UPSTREAM_CLUSTER%": "orders", "%REQ(X-REQUEST-ID)%": "a", "%REQ(TRACEPARENT)%": PARENT, "%REQ(:SCHEME)%": "https",
        "%RESP(CONTENT-TYPE)%": "application/json"}  # fmt: skip
    row = {name: said[command] for name, command in settings.items()}
    call = CALL_FORMATS[recognised_call(row).name].read(row)
    assert facts(call) == ("GET", "/orders/7", 503, 125_000, TRACE, "orders", "198.51.100.7")
    assert (call.host, call.error_type, call.first_byte) == ("shop.example", "UO", 120_000)


def test_line_of_apache_is_read_as_its_format_writes_it():
    layout = re.search(r'LogFormat "(.*)" hypercare', shown("apache.conf"))[1].replace('\\"', '"')
    said = {"%v": "shop.example", "%a": "198.51.100.7", "%u": "-", "%t": "[28/May/2026:12:31:00 +0000]", "%m": "GET",
        "%U": "/orders/7", "%H": "HTTP/1.1", "%>s": "200", "%B": "512", "%D": "125000", "%{traceparent}i": PARENT,
        "%{UNIQUE_ID}e": "aRx8"}  # fmt: skip
    for directive in sorted(said, key=len, reverse=True):
        layout = layout.replace(directive, said[directive])
    assert recognised_call(layout).name == "combined"
    call = CALL_FORMATS["combined"].read(layout)
    assert facts(call) == ("GET", "/orders/7", 200, 125_000, TRACE, "", "198.51.100.7")
    assert (call.host, call.request_id) == ("shop.example", "aRx8")


def test_rows_of_api_gateway_are_read_as_its_format_names_them():
    said = {"$context.requestTimeEpoch": "1779971460500", "$context.requestId": "a", "$context.httpMethod": "GET",
        "$context.path": "/prod/orders/7", "$context.resourcePath": "/orders/{id}", "$context.status": "200",
        "$context.responseLatency": "125", "$context.integrationLatency": "120", "$context.responseLength": "512",
        "$context.identity.sourceIp": "198.51.100.7", "$context.domainName": "shop.example", "$context.stage": "prod",
        "$context.xrayTraceId": "1-6a183a24-4bf92f3577b34da6a3ce929d"}  # fmt: skip
    row = {name: said[variable] for name, variable in json.loads(shown("apigateway.json")).items()}
    call = CALL_FORMATS[recognised_call(row).name].read(row)
    assert (call.method, call.path, call.status, call.duration) == ("GET", "/orders/{id}", 200, 125_000)
    assert (call.consumer, call.trace_id) == ("198.51.100.7", "6a183a244bf92f3577b34da6a3ce929d")


def test_settings_of_kong_and_traefik_and_the_collector_are_yaml_that_says_where_to():
    (plugin,) = yaml.safe_load(shown("kong.yml"))["plugins"]
    assert plugin["config"]["http_endpoint"] == "https://hypercare.example/ingest/calls/kong/"
    assert plugin["config"]["headers"] == {"Authorization": "Bearer hcs_k"}
    assert yaml.safe_load(shown("traefik.yml"))["accessLog"]["format"] == "json"
    exporter = yaml.safe_load(shown("otel-collector.yaml"))["exporters"]["otlp_http/hypercare"]
    assert exporter == {
        "endpoint": "https://hypercare.example/ingest/otlp",
        "headers": {"Authorization": "Bearer hcs_k"},
    }


DATADOG = {"$EVENT_TITLE": "[Triggered] Errors", "$ALERT_TRANSITION": "Triggered", "$ALERT_ID": "55", "$ALERT_SCOPE": "host:a",
    "$ALERT_PRIORITY": "P2", "$ALERT_TYPE": "error", "$DATE": "1779970800000", "$TEXT_ONLY_MSG": "Errors", "$TAGS": "service:basket",
    "$LINK": "https://dd.example/1"}  # fmt: skip
ZABBIX = {"{EVENT.ID}": "9", "{EVENT.NAME}": "Disk is full", "{EVENT.NSEVERITY}": "5", "{EVENT.VALUE}": "1", "{HOST.NAME}": "db",
    "{EVENT.DATE}": "2026.05.28", "{EVENT.TIME}": "12:20:00", "{TRIGGER.ID}": "1"}  # fmt: skip
NEW_RELIC = {"{{json issueId}}": '"5f"', "{{json issuePageUrl}}": '"https://nr.example/5f"', "{{json priority}}": '"CRITICAL"',
    "{{json annotations.title.[0]}}": '"Slow"', "{{json entitiesData.names}}": '["basket"]', "{{json totalIncidents}}": "1",
    "{{json state}}": '"ACTIVATED"', "{{json triggerEvent}}": '"STATE_CHANGE"', "{{json isCorrelated}}": "false",
    "{{createdAt}}": "1779970800000", "{{updatedAt}}": "1779970800000", "{{json accumulations.source}}": '["newrelic"]',
    "{{json accumulations.policyName}}": '["Shop"]', "{{json accumulations.conditionName}}": '["Time"]',
    "{{json workflowName}}": '"To us"'}  # fmt: skip
ROBOT = {"*monitorID*": "7", "*monitorURL*": "https://pay.example", "*monitorFriendlyName*": "Payments", "*alertType*": "1",
    "*alertDateTime*": "1779970800"}  # fmt: skip


@pytest.mark.parametrize(
    ("file", "name", "said", "wanted"),
    [
        ("datadog.json", "datadog", DATADOG, ("[Triggered] Errors", "high", "firing", "basket")),
        ("zabbix.json", "zabbix", ZABBIX, ("Disk is full", "critical", "firing", "db")),
        ("newrelic.json", "newrelic", NEW_RELIC, ("Slow", "critical", "firing", "basket")),
        ("uptimerobot.json", "uptimerobot", ROBOT, ("Payments", "critical", "firing", "Payments")),
    ],
)
def test_body_to_paste_is_read_as_an_alert_of_its_program(file, name, said, wanted):
    text = shown(file)
    for variable in sorted(said, key=len, reverse=True):
        assert variable in text
        text = text.replace(variable, said[variable])
    payload = json.loads(text)
    assert recognised(payload).name == name
    (alert,) = read_as(name, payload)
    assert (alert.title, alert.severity, alert.status, alert.component_names[0]) == wanted


def test_template_of_argo_cd_is_the_one_that_is_read():
    from gateway_ingest.formats.deploys.argocd import TEMPLATE

    template = " ".join(shown("argocd.yaml").partition("body: |")[2].split())
    assert template == " ".join(TEMPLATE.split())
    said = {".app.metadata.name": '"checkout"', ".app.status.operationState.phase": '"Succeeded"',
        ".app.status.sync.revision": '"3f3f3f3f3f3f3f"', ".app.spec.destination.namespace": '"prod"',
        ".app.status.operationState.finishedAt": '"2026-05-28T12:00:00Z"', ".app.status.summary.images": '["shop/checkout:1.8.2"]'}  # fmt: skip
    for path, value in said.items():
        template = template.replace("{{toJson " + path + "}}", value)
    found = DEPLOY_FORMATS["argocd"](json.loads(template), {})
    assert (found.version, found.environment, found.component_names[0]) == ("1.8.2", "prod", "checkout")
