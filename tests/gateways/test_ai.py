"""A real LiteLLM proxy and the real OpenTelemetry SDK tell of calls of models, with a local service in the model's place."""

import json
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from django.db import connection

from gateway_ingest import windows
from gateway_ingest.models import CallKind, DeadLetter, Window
from hypercare.core.models import Measurement, MetricDefinition
from hypercare.embedded.place import free_port
from tests.gateways.programs_at_work import ask, python_with, running, serving, until

pytestmark = [pytest.mark.deep, pytest.mark.timeout(300)]

KEY = "sk-a-key-of-the-trial-0123456789"
ANSWER = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1779970800,
    "model": "small-1",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "a secret answer"}}],
    "usage": {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18},
}


def model(path, body):
    if b"refuse" in body:
        return 400, "application/json", json.dumps({"error": {"message": "no", "type": "bad"}}).encode()
    return 200, "application/json", json.dumps(ANSWER).encode()


def chat(port, words):
    body = {"model": "helper", "messages": [{"role": "user", "content": words}], "user": "stella"}
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/v1/chat/completions",
        json.dumps(body).encode(),
        {"Content-Type": "application/json", "Authorization": f"Bearer {KEY}"},
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return response.status
    except urllib.error.HTTPError as error:
        return error.code


def counted():
    windows.fold()
    return sum(Window.objects.values_list("calls", flat=True))


def everything_stored():
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(c)::text FROM gateway_ingest_call c")
        return repr(cursor.fetchall()) + repr(list(CallKind.objects.values()))


def test_real_litellm_proxy_tells_models_tokens_and_failures(product, tmp_path):
    python, at_work, port = python_with("litellm", "litellm.proxy.proxy_server"), product("litellm"), free_port()
    with serving(model) as behind:
        (tmp_path / "config.yaml").write_text(
            f"model_list:\n  - model_name: helper\n    litellm_params:\n      model: openai/small-1\n"
            f"      api_base: http://127.0.0.1:{behind}/v1\n      api_key: none\n      max_retries: 0\n{at_work.texts[0]}\n"
        )
        env = {
            "LITELLM_MASTER_KEY": KEY,
            "LITELLM_LOCAL_MODEL_COST_MAP": "True",
            "DEFAULT_FLUSH_INTERVAL_SECONDS": "1",
        }
        command = [str(Path(python).with_name("litellm"))]
        command += ["--config", str(tmp_path / "config.yaml"), "--host", "127.0.0.1", "--port", str(port)]
        with running(command, tmp_path / "litellm.log", env=env):
            until(lambda: ask(port, "/health/liveliness") == 200, "LiteLLM", seconds=120)
            assert [chat(port, words) for words in ("hello", "again", "please refuse")] == [200, 200, 400]
            until(lambda: counted() == 3, "three calls")
    good = CallKind.objects.get(status_class=2)
    assert (good.model, good.hint, good.consumer_class) == ("helper", "helper", "user")
    window = Window.objects.get(kind=good)
    assert (window.calls, window.input_tokens, window.output_tokens) == (2, 22, 14)
    assert CallKind.objects.get(status_class=4).model == "helper"
    assert "secret" not in everything_stored()
    assert "stella" not in everything_stored()


SPANS = """
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

provider = TracerProvider(resource=Resource.create({"service.name": "checkout"}))
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
tracer = provider.get_tracer("trial")
for number in range(5):
    with tracer.start_as_current_span("GET /orders", kind=trace.SpanKind.SERVER) as served:
        served.set_attributes({"http.request.method": "GET", "http.route": "/orders", "http.response.status_code": 200})
        with tracer.start_as_current_span("chat small-1", kind=trace.SpanKind.CLIENT) as asked:
            asked.set_attributes({"gen_ai.operation.name": "chat", "gen_ai.request.model": "small-1",
                "gen_ai.usage.input_tokens": 3, "gen_ai.usage.output_tokens": 2, "gen_ai.input.messages": "a secret"})
print(f"{served.get_span_context().trace_id:032x}")
provider.shutdown()
"""


def test_real_opentelemetry_sdk_tells_requests_and_models(product, tmp_path):
    python, at_work = (
        python_with("opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http"),
        product("opentelemetry"),
    )
    env = dict(line.split("=", 1) for line in at_work.texts[0].splitlines())
    log = tmp_path / "sdk.log"
    with running([python, "-c", SPANS], log, env=env) as process:
        assert process.wait(60) == 0, log.read_text()
    assert log.read_text().strip() in at_work.traces(), log.read_text()
    assert at_work.windows() == {"GET /orders 2xx": 5, "POST  2xx": 5}
    asked = Window.objects.get(kind__model="small-1")
    assert (asked.calls, asked.input_tokens, asked.output_tokens) == (5, 15, 10)
    assert "secret" not in everything_stored()


METRICS = """
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource

reader = PeriodicExportingMetricReader(OTLPMetricExporter(), export_interval_millis=3_600_000)
provider = MeterProvider([reader], resource=Resource.create({"service.name": "checkout"}))
meter = provider.get_meter("trial")
paid, length = meter.create_counter("orders.paid"), meter.create_gauge("queue_length")
for number in range(5):
    paid.add(2, {"region": f"r{number % 2}"})
length.set(17)
meter.create_histogram("duration").record(3)
provider.force_flush()
paid.add(1, {"region": "r1"})
provider.shutdown()
"""


def test_real_opentelemetry_sdk_tells_metrics_that_the_launch_has_named(product, tmp_path):
    python, at_work = (
        python_with("opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http"),
        product("opentelemetry"),
    )
    for name in ("orders.paid", "queue_length"):
        MetricDefinition.objects.create(launch=at_work.launch, name=name)
    env = dict(line.split("=", 1) for line in at_work.texts[0].splitlines())
    log = tmp_path / "sdk.log"
    with running([python, "-c", METRICS], log, env=env) as process:
        assert process.wait(60) == 0, log.read_text()
    found = dict.fromkeys(("own:orders.paid", "own:queue_length"), 0.0)
    for row in Measurement.objects.order_by("measured_at"):
        found[row.metric] = row.value + (found[row.metric] if row.metric == "own:orders.paid" else 0)
    assert found == {"own:orders.paid": 11.0, "own:queue_length": 17.0}
    assert DeadLetter.objects.get().reason.startswith("Metrics: no such metric is defined")
