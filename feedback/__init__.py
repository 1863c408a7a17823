"""This package is where people speak: the one feedback model and the way back to them."""
