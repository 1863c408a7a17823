"""This module names the addresses of gateway_ingest: the door for machines, and the pages about them."""

from django.urls import path

from gateway_ingest.call_urls import urlpatterns as call_urlpatterns
from gateway_ingest.formats import FORMATS
from gateway_ingest.rule_urls import urlpatterns as rule_urlpatterns
from gateway_ingest.traffic_urls import urlpatterns as traffic_urlpatterns
from gateway_ingest.views import (
    alert,
    alerts,
    deploys,
    ingest,
    letters,
    mapping,
    otlp_logs,
    otlp_metrics,
    source,
    sources,
)

app_name = "gateway_ingest"

urlpatterns = [
    *call_urlpatterns,
    *rule_urlpatterns,
    path("ingest/", ingest.alerts, name="ingest"),
    *[path(f"ingest/{name}/", ingest.alerts, {"format_name": name}, name=f"ingest_{name}") for name in FORMATS],
    path("ingest/otlp/v1/logs", otlp_logs.logs, name="ingest_otlp_logs"),
    path("ingest/<str:source_key>/otlp/v1/logs", otlp_logs.logs, name="ingest_otlp_logs_by_key"),
    path("ingest/otlp/v1/metrics", otlp_metrics.metrics, name="ingest_otlp_metrics"),
    path("ingest/<str:source_key>/otlp/v1/metrics", otlp_metrics.metrics, name="ingest_otlp_metrics_by_key"),
    path("ingest/deploys/<str:format_name>/", deploys.deploys, name="ingest_deploys"),
    path("ingest/<str:source_key>/deploys/<str:format_name>/", deploys.deploys, name="ingest_deploys_by_key"),
    path("ingest/<str:source_key>/", ingest.alerts, name="ingest_by_key"),
    path("ingest/<str:source_key>/<str:format_name>/", ingest.alerts, name="ingest_by_key_and_format"),
    path("launches/<slug:slug>/alerts/", alerts.page, name="alerts"),
    path("launches/<slug:slug>/alerts/<int:number>/", alert.page, name="alert"),
    path("launches/<slug:slug>/alerts/<int:number>/end/", alert.end, name="alert_end"),
    *traffic_urlpatterns,
    path("launches/<slug:slug>/sources/", sources.page, name="sources"),
    path("launches/<slug:slug>/sources/health/", sources.health, name="sources_health"),
    path("launches/<slug:slug>/sources/create/", sources.create, name="source_create"),
    path("launches/<slug:slug>/sources/retention/", sources.retention, name="call_retention"),
    path("launches/<slug:slug>/sources/letters/", letters.page, name="letters"),
    path("launches/<slug:slug>/sources/letters/dismiss/", letters.dismiss_all, name="letters_dismiss"),
    path("launches/<slug:slug>/sources/letters/replay/", letters.replay_all, name="letters_replay"),
    path("launches/<slug:slug>/sources/letters/<int:number>/replay/", letters.replay, name="letter_replay"),
    path("launches/<slug:slug>/sources/letters/<int:number>/dismiss/", letters.dismiss, name="letter_dismiss"),
    path("launches/<slug:slug>/sources/routes/<int:number>/remove/", sources.remove_route, name="source_route_remove"),
    path("launches/<slug:slug>/sources/<int:number>/", source.page, name="source"),
    path("launches/<slug:slug>/sources/<int:number>/facts/", source.facts, name="source_facts"),
    path("launches/<slug:slug>/sources/<int:number>/first-event/", source.first_event, name="source_first_event"),
    path("launches/<slug:slug>/sources/<int:number>/rotate/", source.rotate, name="source_rotate"),
    path("launches/<slug:slug>/sources/<int:number>/end-keys/", source.end_earlier_keys, name="source_end_keys"),
    path("launches/<slug:slug>/sources/<int:number>/end/", source.end, name="source_end"),
    path("launches/<slug:slug>/sources/<int:number>/signing/", source.signing, name="source_signing"),
    path("launches/<slug:slug>/sources/<int:number>/limits/", source.limits, name="source_limits"),
    path("launches/<slug:slug>/sources/<int:number>/routes/", source.add_route, name="source_route_add"),
    path("launches/<slug:slug>/sources/<int:number>/backfill/", source.backfill, name="source_backfill"),
    path("launches/<slug:slug>/sources/<int:number>/mapping/", mapping.page, name="mapping"),
    path("launches/<slug:slug>/sources/<int:number>/mapping/preview/", mapping.preview, name="mapping_preview"),
]
