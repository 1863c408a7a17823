"""This package holds triage's pages, one subject a file."""
