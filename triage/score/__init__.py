"""This package scores issues: how bad, for how many, and what to do first."""

from .scoring import rescore

__all__ = ["rescore"]
