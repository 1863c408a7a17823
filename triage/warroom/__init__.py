"""This package is where a team works together: rooms with their one timeline, the wall, the stand-up and the shift."""
