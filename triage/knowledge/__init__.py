"""This package keeps what a launch knows: articles and runbooks, drafted from issues, suggested where they fit, counted."""
