"""This package is about exit criteria."""
