"""This module names every address, package by package."""

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularJSONAPIView

urlpatterns = [
    path("", include("hypercare.core.urls")),
    path("", include("feedback.urls")),
    path("", include("gateway_ingest.urls")),
    path("", include("triage.urls")),
    path("accounts/", include("allauth.urls")),
    path("administration/", admin.site.urls),
    path("i18n/", include("django.conf.urls.i18n")),
    path("api/v1/", include("hypercare.core.api.urls")),
    path("api/v1/", include("feedback.api_urls")),
    path("api/v1/", include("gateway_ingest.api.urls")),
    path("api/v1/", include("triage.api.urls")),
    path("api/v1/schema/", SpectacularJSONAPIView.as_view(), name="schema"),
]
