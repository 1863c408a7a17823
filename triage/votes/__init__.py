"""This package lets people vote on what matters most, and says how far they agree."""
