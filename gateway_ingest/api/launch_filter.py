"""This module narrows a list to the launches its reader may see: one named by `?launch=`, or all."""

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.request import Request

from hypercare.core.access import Principal, access_launch, visible_launches
from hypercare.core.api.given import given
from hypercare.core.models import Launch
from hypercare.core.roles import Right


class _Named(serializers.Serializer[dict[str, str]]):
    launch = serializers.SlugField(required=False, max_length=60)


def launches_asked_for(request: Request, *, right: Right) -> QuerySet[Launch]:
    """The launches a list is about; 404 for one the person has no part in, 403 where the right is missing."""
    named = given(_Named, request.query_params.dict())
    principal = Principal.of(request)
    if slug := named.get("launch"):
        return Launch.objects.filter(pk=access_launch(principal, slug, right=right).pk)
    return visible_launches(principal, right=right)
