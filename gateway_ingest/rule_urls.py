"""This module names the addresses of rules: their pages, what they are measured against, and heartbeats."""

from django.urls import path

from gateway_ingest.views import heartbeats, rules, wishes

_RULES = "launches/<slug:slug>/rules/"

urlpatterns = [
    path("ingest/heartbeat/", heartbeats.heartbeat, name="ingest_heartbeat"),
    path("ingest/<str:source_key>/heartbeat/", heartbeats.heartbeat, name="ingest_heartbeat_by_key"),
    path(_RULES, rules.page, name="rules"),
    path(f"{_RULES}target/", wishes.target, name="rule_target"),
    path(f"{_RULES}maintenance/", wishes.maintenance, name="maintenance"),
    path(f"{_RULES}maintenance/<int:number>/end/", wishes.end_maintenance, name="maintenance_end"),
    path(f"{_RULES}heartbeats/<int:number>/remove/", wishes.remove_heartbeat, name="heartbeat_remove"),
    path(f"{_RULES}<slug:name>/", rules.rule, name="rule"),
    path(f"{_RULES}<slug:name>/chart/", rules.chart, name="rule_chart"),
]
