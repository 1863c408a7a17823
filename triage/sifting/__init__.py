"""This package sets spam and noise aside and lets it come back: counted, for a stated time, by a click."""
