"""This package is about what a text is."""
