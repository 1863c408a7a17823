"""This module names the addresses of gateway_ingest."""

from django.urls import path

from gateway_ingest.api import evidence
from gateway_ingest.api.alerts import Alerts, EndAlert
from gateway_ingest.api.calls import Calls, Windows
from gateway_ingest.api.deployments import Deployments
from gateway_ingest.api.letters import DismissLetter, Letters, OneLetter, ReplayLetter
from gateway_ingest.api.rules import DryRuns, OneRule, Rules
from gateway_ingest.api.source_settings import OneSource
from gateway_ingest.api.sources import EndEarlierKeys, EndSource, RotateSource, Sources

urlpatterns = [
    path("alerts/", Alerts.as_view(), name="api-alerts"),
    path("alerts/<str:key>/end/", EndAlert.as_view(), name="api-alert-end"),
    path("calls/", Calls.as_view(), name="api-calls"),
    path("windows/", Windows.as_view(), name="api-windows"),
    path("dead-letters/", Letters.as_view(), name="api-letters"),
    path("dead-letters/<str:key>/", OneLetter.as_view(), name="api-letter"),
    path("dead-letters/<str:key>/replay/", ReplayLetter.as_view(), name="api-letter-replay"),
    path("dead-letters/<str:key>/dismiss/", DismissLetter.as_view(), name="api-letter-dismiss"),
    path("deployments/", Deployments.as_view(), name="api-deployments"),
    path("rules/", Rules.as_view(), name="api-rules"),
    path("rules/<slug:name>/", OneRule.as_view(), name="api-rule"),
    path("rules/<slug:name>/dry-run/", DryRuns.as_view(), name="api-rule-dry-run"),
    path("sources/", Sources.as_view(), name="api-sources"),
    path("sources/<int:number>/", OneSource.as_view(), name="api-source"),
    path("sources/<int:number>/end-earlier-keys/", EndEarlierKeys.as_view(), name="api-source-end-keys"),
    path("sources/<int:number>/end/", EndSource.as_view(), name="api-source-end"),
    path("sources/<int:number>/rotate/", RotateSource.as_view(), name="api-source-rotate"),
    path("evidence/reach/", evidence.ReachOfSignature.as_view(), name="api-evidence-reach"),
    path("evidence/near/<str:key>/", evidence.NearReport.as_view(), name="api-evidence-near"),
    path("evidence/deployments/<str:key>/", evidence.BeforeAndAfter.as_view(), name="api-evidence-deployment"),
    path("evidence/traces/<str:trace_id>/", evidence.LifeOfTrace.as_view(), name="api-evidence-trace"),
    path("evidence/ai/", evidence.AiTable.as_view(), name="api-evidence-ai"),
    path("evidence/versions/", evidence.VersionsOfLaunch.as_view(), name="api-evidence-versions"),
    path("evidence/routes/", evidence.RoutesOfLaunch.as_view(), name="api-evidence-routes"),
    path("evidence/series/", evidence.SeriesOfMeasure.as_view(), name="api-evidence-series"),
    path("evidence/governance/", evidence.GovernanceFindings.as_view(), name="api-evidence-governance"),
    path("evidence/governance/descriptions/", evidence.Descriptions.as_view(), name="api-evidence-descriptions"),
    path(
        "evidence/governance/descriptions/<str:key>/",
        evidence.OneDescription.as_view(),
        name="api-evidence-description",
    ),
]
