"""This module says how long something took in words: short times with the tenth that tells them apart."""

from django.utils.formats import number_format
from django.utils.translation import gettext as _

_LEAST = 0.1  # gateways tell little below it, and clocks less
_TENTHS_BELOW = 10


def in_words(millis: float) -> str:
    """For example "1,240 ms", "2.5 ms", "0.4 ms" or "< 1 ms"."""
    if millis < _LEAST:
        number = "< 1"
    elif (tenths := round(millis, 1)) < _TENTHS_BELOW and tenths != int(tenths):
        number = number_format(tenths, decimal_pos=1)
    else:
        number = number_format(round(millis), force_grouping=True)
    return _("%(number)s ms") % {"number": number}
