"""This module names core's pages."""

from django.urls import path

from hypercare.core.views import unsubscribe

app_name = "core"

urlpatterns = [
    path("unsubscribe/<str:secret>/", unsubscribe.unsubscribe, name="unsubscribe"),
]
