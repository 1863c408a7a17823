"""This module names the addresses of gateway_ingest."""

from django.urls import path

from gateway_ingest.api.alerts import Alerts
from gateway_ingest.api.calls import Calls, Windows
from gateway_ingest.api.deployments import Deployments
from gateway_ingest.api.rules import DryRuns, OneRule, Rules
from gateway_ingest.api.sources import EndSource, RotateSource, Sources

urlpatterns = [
    path("alerts/", Alerts.as_view(), name="api-alerts"),
    path("calls/", Calls.as_view(), name="api-calls"),
    path("windows/", Windows.as_view(), name="api-windows"),
    path("deployments/", Deployments.as_view(), name="api-deployments"),
    path("rules/", Rules.as_view(), name="api-rules"),
    path("rules/<slug:name>/", OneRule.as_view(), name="api-rule"),
    path("rules/<slug:name>/dry-run/", DryRuns.as_view(), name="api-rule-dry-run"),
    path("sources/", Sources.as_view(), name="api-sources"),
    path("sources/<int:number>/end/", EndSource.as_view(), name="api-source-end"),
    path("sources/<int:number>/rotate/", RotateSource.as_view(), name="api-source-rotate"),
]
