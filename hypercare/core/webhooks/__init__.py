"""This package sends a launch's events to addresses that its leads chose, signed, logged, and again where they failed."""
