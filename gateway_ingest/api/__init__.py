"""This package holds the endpoints about machines."""
