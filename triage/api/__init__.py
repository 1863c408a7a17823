"""This package holds the endpoints of triage."""
