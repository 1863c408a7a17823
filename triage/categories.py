"""This module lists what a report can be about and how its tone can be; the names people see are core's."""

from hypercare.core.templatetags.hypercare_ui import AI_FAILURE_WORDS, CATEGORY_WORDS, GOVERNANCE_WORDS, SPAM_WORDS

CATEGORIES = tuple(CATEGORY_WORDS)
CATEGORY_NAMES = list(CATEGORY_WORDS.items())
# What monitoring could see of a problem; questions, wishes and praise are none.
TROUBLE = frozenset({
    "bug", "availability", "integration", "data_integrity", "performance", "security", "access", "ai_quality", "ai_cost",
})  # fmt: skip
SENTIMENTS = ("negative", "neutral", "positive")
AI_FAILURE_NAMES = [(name, word) for name, word in AI_FAILURE_WORDS.items() if name != "none"]
GOVERNANCE_NAMES = [(name, word) for name, word in GOVERNANCE_WORDS.items() if name != "none"]
SPAM_NAMES = [(name, word) for name, word in SPAM_WORDS.items() if name != "genuine"]
