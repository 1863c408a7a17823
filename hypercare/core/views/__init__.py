"""This package holds core's pages, one subject a file."""
