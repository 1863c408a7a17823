"""This module is a reference for stored alerts: a plain DRF view that inserts one row a post."""

from django.urls import path
from rest_framework import generics, serializers

from hypercare.core.models import Measurement


class OneRow(serializers.ModelSerializer[Measurement]):
    """A row as it is posted."""

    class Meta:
        model = Measurement
        fields = ["launch", "metric", "measured_at", "value"]


class Insert(generics.CreateAPIView[Measurement]):
    """Stores what is posted."""

    authentication_classes = ()
    permission_classes = ()
    queryset = Measurement.objects.all()
    serializer_class = OneRow


urlpatterns = [path("insert/", Insert.as_view())]
