"""This module names the addresses of the doors for traffic."""

from django.urls import path

from gateway_ingest.formats.calls import CALL_FORMATS
from gateway_ingest.views import calls

urlpatterns = [
    path("ingest/calls/", calls.calls, name="ingest_calls"),
    *[
        path(f"ingest/calls/{name}/", calls.calls, {"format_name": name}, name=f"ingest_calls_{name}")
        for name in CALL_FORMATS
    ],
    path("ingest/otlp/v1/traces", calls.traces, name="ingest_traces"),
    path("ingest/<str:source_key>/calls/", calls.calls, name="ingest_calls_by_key"),
    path("ingest/<str:source_key>/calls/<str:format_name>/", calls.calls, name="ingest_calls_by_key_and_format"),
    path("ingest/<str:source_key>/otlp/v1/traces", calls.traces, name="ingest_traces_by_key"),
]
