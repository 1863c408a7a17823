"""This module names the addresses of gateway_ingest: the door for machines, and the pages about them."""

from django.urls import path

from gateway_ingest.call_urls import urlpatterns as call_urlpatterns
from gateway_ingest.formats import FORMATS
from gateway_ingest.rule_urls import urlpatterns as rule_urlpatterns
from gateway_ingest.views import alerts, deploys, ingest, mapping, otlp_logs, sources

app_name = "gateway_ingest"

urlpatterns = [
    *call_urlpatterns,
    *rule_urlpatterns,
    path("ingest/", ingest.by_bearer, name="ingest"),
    *[path(f"ingest/{name}/", ingest.by_bearer, {"format_name": name}, name=f"ingest_{name}") for name in FORMATS],
    path("ingest/otlp/v1/logs", otlp_logs.by_bearer, name="ingest_otlp_logs"),
    path("ingest/<str:source_key>/otlp/v1/logs", otlp_logs.by_key, name="ingest_otlp_logs_by_key"),
    path("ingest/deploys/<str:format_name>/", deploys.by_bearer, name="ingest_deploys"),
    path("ingest/<str:source_key>/deploys/<str:format_name>/", deploys.by_key, name="ingest_deploys_by_key"),
    path("ingest/<str:source_key>/", ingest.by_key, name="ingest_by_key"),
    path("ingest/<str:source_key>/<str:format_name>/", ingest.by_key, name="ingest_by_key_and_format"),
    path("launches/<slug:slug>/alerts/", alerts.page, name="alerts"),
    path("launches/<slug:slug>/sources/", sources.page, name="sources"),
    path("launches/<slug:slug>/sources/create/", sources.create, name="source_create"),
    path("launches/<slug:slug>/sources/<int:number>/rotate/", sources.rotate, name="source_rotate"),
    path("launches/<slug:slug>/sources/<int:number>/end/", sources.end, name="source_end"),
    path("launches/<slug:slug>/sources/<int:number>/signing/", sources.signing, name="source_signing"),
    path("launches/<slug:slug>/sources/<int:number>/mapping/", mapping.page, name="mapping"),
    path("launches/<slug:slug>/sources/<int:number>/mapping/preview/", mapping.preview, name="mapping_preview"),
    path("launches/<slug:slug>/sources/letters/<int:number>/replay/", sources.replay, name="letter_replay"),
    path("launches/<slug:slug>/sources/<int:number>/first-event/", sources.first_event, name="source_first_event"),
]
