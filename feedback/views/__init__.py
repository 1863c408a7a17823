"""This package holds the pages and doors of feedback."""
