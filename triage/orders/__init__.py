"""This package carries out what a person orders for one or many issues, in batches, and takes the whole back."""
