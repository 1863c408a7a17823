"""This module names every address, package by package."""

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularJSONAPIView

from hypercare.core.views.language import choose

handler400 = "hypercare.core.views.errors.bad_request"
handler404 = "hypercare.core.views.errors.not_found"
handler500 = "hypercare.core.views.errors.server_error"

urlpatterns = [
    path("", include("hypercare.core.urls")),
    path("", include("feedback.urls")),
    path("", include("gateway_ingest.urls")),
    path("", include("triage.urls")),
    path("accounts/", include("allauth.urls")),
    path("administration/", admin.site.urls),
    path("i18n/setlang/", choose, name="set_language"),
    path("api/v1/", include("hypercare.core.api.urls")),
    path("api/v1/", include("feedback.api_urls")),
    path("api/v1/", include("gateway_ingest.api.urls")),
    path("api/v1/", include("triage.api.urls")),
    path("api/v1/schema/", SpectacularJSONAPIView.as_view(), name="schema"),
]
