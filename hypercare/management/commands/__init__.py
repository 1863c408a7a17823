"""This package holds the commands of the house itself."""
