"""This module lists what a report can be about and how its tone can be; the names people see are core's."""

from hypercare.core.templatetags.hypercare_ui import CATEGORY_WORDS

CATEGORIES = tuple(CATEGORY_WORDS)
CATEGORY_NAMES = list(CATEGORY_WORDS.items())
SENTIMENTS = ("negative", "neutral", "positive")
