"""This module names the addresses of core's API."""

from django.urls import path

from hypercare.core.api.launches import Launches, OneLaunch

urlpatterns = [
    path("launches/", Launches.as_view(), name="api-launches"),
    path("launches/<slug:slug>/", OneLaunch.as_view(), name="api-launch"),
]
