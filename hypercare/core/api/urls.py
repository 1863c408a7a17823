"""This module names the addresses of core's API."""

from django.urls import path

from hypercare.core.api.launches import Launches, OneLaunch
from hypercare.core.api.metrics import Measurements, Metrics, OneMetric
from hypercare.core.api.webhooks import (
    Deliveries,
    DeliveryReplay,
    OneWebhook,
    WebhookReplay,
    Webhooks,
    WebhookSecret,
    WebhookTest,
)

urlpatterns = [
    path("launches/", Launches.as_view(), name="api-launches"),
    path("launches/<slug:slug>/", OneLaunch.as_view(), name="api-launch"),
    path("measurements/", Measurements.as_view(), name="api-measurements"),
    path("metrics/", Metrics.as_view(), name="api-metrics"),
    path("metrics/<str:key>/", OneMetric.as_view(), name="api-metric"),
    path("webhooks/", Webhooks.as_view(), name="api-webhooks"),
    path("webhooks/<str:key>/", OneWebhook.as_view(), name="api-webhook"),
    path("webhooks/<str:key>/test/", WebhookTest.as_view(), name="api-webhook-test"),
    path("webhooks/<str:key>/secret/", WebhookSecret.as_view(), name="api-webhook-secret"),
    path("webhooks/<str:key>/replay/", WebhookReplay.as_view(), name="api-webhook-replay"),
    path("webhooks/<str:key>/deliveries/", Deliveries.as_view(), name="api-deliveries"),
    path("webhooks/<str:key>/deliveries/<int:number>/replay/", DeliveryReplay.as_view(), name="api-delivery-replay"),
]
