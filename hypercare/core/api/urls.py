"""This module names the addresses of core's API."""

from django.urls import path

from hypercare.core.api.launches import Launches, OneLaunch
from hypercare.core.api.metrics import Measurements, Metrics, OneMetric

urlpatterns = [
    path("launches/", Launches.as_view(), name="api-launches"),
    path("launches/<slug:slug>/", OneLaunch.as_view(), name="api-launch"),
    path("measurements/", Measurements.as_view(), name="api-measurements"),
    path("metrics/", Metrics.as_view(), name="api-metrics"),
    path("metrics/<str:key>/", OneMetric.as_view(), name="api-metric"),
]
