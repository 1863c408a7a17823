"""This module names the addresses of the pages about traffic."""

from django.urls import path

from gateway_ingest.views import governance, metrics, traffic, versions

_TRAFFIC = "launches/<slug:slug>/traffic/"

urlpatterns = [
    path(_TRAFFIC, traffic.routes, name="traffic"),
    path(_TRAFFIC + "ai/", traffic.ai, name="traffic_ai"),
    path(_TRAFFIC + "versions/", versions.page, name="traffic_versions"),
    path(_TRAFFIC + "requests/", traffic.search, name="traffic_search"),
    path(_TRAFFIC + "requests/<str:trace_id>/", traffic.life, name="traffic_request"),
    path(_TRAFFIC + "deployments/<int:number>/", traffic.deployment, name="traffic_deployment"),
    path(_TRAFFIC + "metrics/", metrics.page, name="traffic_metrics"),
    path(_TRAFFIC + "governance/", governance.page, name="traffic_governance"),
    path(_TRAFFIC + "governance/upload/", governance.upload, name="description_upload"),
    path(_TRAFFIC + "governance/<int:number>/remove/", governance.remove, name="description_remove"),
]
