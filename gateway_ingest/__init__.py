"""This package is where machines speak: their alerts enter here and become feedback."""
