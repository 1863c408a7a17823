"""This package is about the live board."""
