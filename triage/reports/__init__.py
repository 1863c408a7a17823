"""This package is about the daily status report."""
