"""This package watches figures over time: what is unusual now, what drifts, and what is usual at each hour of the week."""
