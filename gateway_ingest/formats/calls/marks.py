"""This module reads what people and checks said of a model's answer: helpful or not, unsafe, biased, leaking, forgetful."""

import re

from gateway_ingest.formats.calls import values
from gateway_ingest.formats.calls.incoming import CallFlag

_PLAIN = re.compile(r"[^a-z]+")
_WORDS = {
    **dict.fromkeys(("helpful", "thumbs up", "like", "liked"), CallFlag.HELPFUL),
    **dict.fromkeys(("unhelpful", "not helpful", "thumbs down", "dislike", "disliked"), CallFlag.UNHELPFUL),
    **dict.fromkeys(("unsafe", "harmful", "toxic", "toxicity", "jailbreak"), CallFlag.UNSAFE),
    **dict.fromkeys(("biased", "bias", "unfair"), CallFlag.BIASED),
    **dict.fromkeys(("privacy leak", "privacy", "pii", "pii leak", "data leak"), CallFlag.PRIVACY_LEAK),
    **dict.fromkeys(("forgot context", "context loss", "context lost", "lost context"), CallFlag.FORGOT_CONTEXT),
}
# Names under which a rating comes whose number says which way it goes.
_RATINGS = frozenset(
    {"helpful", "helpfulness", "thumbs", "feedback", "user feedback", "rating", "user rating", "quality", "like"}
)
_TRUE = frozenset({"true", "yes", "fail", "failed", "flagged", "1"})
_UP = frozenset({"true", "yes", "up", "positive", "good", "1"})
_DOWN = frozenset({"false", "no", "down", "negative", "bad", "0"})
_MAX_WORDS = 50


def of_words(given: object) -> int:
    """The flags of a list of tags."""
    flags = 0
    for word in given[:_MAX_WORDS] if isinstance(given, list) else []:
        flags |= int(_WORDS.get(_plain(word), 0))
    return flags


def of_score(name: object, number: object, label: object) -> int:
    """The flags of one evaluation: a rating by its number or label, a flaw where it is said to be there.

    A number above zero is a yes, zero and below a no; on a rating, 0.5 is the middle of the share that most scores are.
    """
    word, said = _plain(name), _plain_label(label)
    value = 1.0 if number is True else 0.0 if number is False else values.real(number)
    if word in _RATINGS:
        return _rating(value, said)
    flag = int(_WORDS.get(word, 0))
    if flag:
        return flag if said in _TRUE or (said not in _DOWN and value is not None and value > 0) else 0
    return int(_WORDS.get(said, 0))


def _rating(value: float | None, said: str) -> int:
    if said in _UP or _WORDS.get(said) == CallFlag.HELPFUL:
        return int(CallFlag.HELPFUL)
    if said in _DOWN or _WORDS.get(said) == CallFlag.UNHELPFUL:
        return int(CallFlag.UNHELPFUL)
    if value is None or value == 0.5:
        return 0
    return int(CallFlag.HELPFUL if value > 0.5 else CallFlag.UNHELPFUL)


def _plain(word: object) -> str:
    return _PLAIN.sub(" ", word[:60].lower()).strip() if isinstance(word, str) else ""


def _plain_label(label: object) -> str:
    return label[:60].lower().replace("_", " ").replace("-", " ").strip() if isinstance(label, str) else ""
