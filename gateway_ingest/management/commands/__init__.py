"""This package holds the commands of gateway_ingest."""
