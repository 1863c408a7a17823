"""This package proves fixes: which deployments carry them, what live traffic says of them, and what fires again."""
