"""This package measures time: how soon a problem is known, taken up, mitigated and resolved, and what piles up."""
