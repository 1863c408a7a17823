"""This module takes a short quote from what a person wrote, without what tells who it was."""

import re

from hypercare.core.redaction import redact

LONGEST = 160

_ADDRESS = re.compile(r"[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64}){1,4}")
_LINK = re.compile(r"\b(?:https?://|www\.)\S{1,500}", re.IGNORECASE)
_NUMBER = re.compile(r"(?<![\w.])\+?\d(?:[ ().-]{0,2}\d){5,18}(?!\w)")
_GREETED = re.compile(r"\b(?:regards|greetings|thanks|cheers|hälsningar|mvh)\b[\s,.!:-].*$", re.IGNORECASE | re.DOTALL)
_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+")


def quote(title: str, body: str) -> str:
    """The first sentences of the body, else of the title, without addresses, links, long numbers and signatures."""
    return _anonymous(body) or _anonymous(title)


def _anonymous(text: str) -> str:
    text = redact(text[: LONGEST * 20]).text
    for pattern in (_LINK, _ADDRESS, _NUMBER):
        text = pattern.sub("[…]", text)
    text = " ".join(_GREETED.sub("", text).split())
    taken = ""
    for sentence in _SENTENCE_END.split(text):
        if taken and len(taken) + len(sentence) >= LONGEST:
            break
        taken = f"{taken} {sentence}".strip()
    return taken if len(taken) <= LONGEST else taken[: LONGEST - 1].rstrip() + "…"
