"""This package writes the review of an issue: prefilled from rows, put right by people, published, and followed up."""
