"""This package lends a process the database and the broker: those the environment names, or our own, started for it."""

from .checks import check
from .lending import Running, attach, home_folder
from .problem import ServiceProblem, explained

__all__ = ["Running", "ServiceProblem", "attach", "check", "explained", "home_folder"]
