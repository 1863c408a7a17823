"""This package holds what every API endpoint shares, and core's own endpoints."""
