"""This module writes figures as people read them."""

import math

from django.utils.formats import number_format


def plain_number(value: float) -> str:
    """A figure without needless decimals: 0, 1.2, 0.95, 0.0042."""
    if value == int(value):
        return number_format(int(value))
    leading_zeros = max(-math.floor(math.log10(abs(value))) - 1, 0)
    return number_format(round(value, leading_zeros + 2))
