"""This module serves the reference for the inbox, the plainest DRF list over the same table, beside the product."""

from django.urls import path
from rest_framework.generics import ListAPIView
from rest_framework.serializers import ModelSerializer

from feedback.models import Feedback
from hypercare.urls import urlpatterns as product_urls


class PlainFeedback(ModelSerializer[Feedback]):
    """The columns that the inbox shows."""

    class Meta:
        model = Feedback
        fields = (
            "id",
            "title",
            "channel",
            "category",
            "severity",
            "issue_key",
            "received_at",
            "triaged_at",
            "reporter",
        )


class PlainList(ListAPIView[Feedback]):
    """Fifty rows, newest first, by the product's own pagination."""

    queryset = Feedback.objects.all()
    serializer_class = PlainFeedback


urlpatterns = [*product_urls, path("plain/", PlainList.as_view())]
