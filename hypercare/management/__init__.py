"""This package runs the product on one machine: the command `up` and what it needs."""
