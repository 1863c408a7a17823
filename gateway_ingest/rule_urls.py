"""This module names the addresses of rules: their pages, what they are measured against, and heartbeats."""

from django.urls import path

from gateway_ingest.views import heartbeats, rules

_RULES = "launches/<slug:slug>/rules/"

urlpatterns = [
    path("ingest/heartbeat/", heartbeats.by_bearer, name="heartbeat"),
    path("ingest/<str:source_key>/heartbeat/", heartbeats.by_key, name="heartbeat_by_key"),
    path(_RULES, rules.page, name="rules"),
    path(f"{_RULES}<slug:name>/", rules.rule, name="rule"),
]
