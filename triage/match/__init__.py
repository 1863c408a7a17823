"""This package is about which issue a report belongs to."""
