"""This package holds the pages of gateway_ingest and the door machines post to."""
