"""This module registers the gateway_ingest app."""

from django.apps import AppConfig


class GatewayIngestConfig(AppConfig):
    """Machines speak: alerts enter here and become feedback."""

    name = "gateway_ingest"
