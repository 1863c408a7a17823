"""This module prepares a text for reading: cut, masked, and with words for what signs, codes and phrases tell."""

import re
from zlib import crc32

from django.utils.translation import gettext_lazy as _

from triage.classify.feelings import feelings_in
from triage.vocabulary import STOP_WORDS, read_once

MAX_CHARACTERS = 2000

_ADDRESS = re.compile(r"https?://\S+|www\.\S+")
_MAIL = re.compile(r"\S+@\S+\.\w+")
_DIGITS = re.compile(r"\d+")
_CODE = re.compile(r"```|\w+\.\w+\(|\w+Exception|\bat \w+\.\w+|[{}<>];|\w+_\w+|::|[a-z]+[A-Z]\w+[A-Z]")
_FACES = {
    "facegood": re.compile(r"[:;]-?[)D](?!\w)|😀|😊|😍|👍|🎉|❤|🙏|😄|🙂"),
    "facebad": re.compile(r":-?\((?!\w)|(?<!\w):-?/(?![\w/])|😡|😠|😢|😞|👎|🙁|😤"),
}

CUES = {
    "cuequestion": _("asks a question"),
    "cueasks": _("opens with a question word"),
    "cueshouts": _("written in capitals"),
    "cuecode": _("code or log lines"),
    "cuedots": _("trailing dots"),
    "facegood": _("a friendly face"),
    "facebad": _("an unhappy face"),
    "feelglad": _("words of pleasure"),
    "feelsorry": _("words of annoyance"),
}
CONCEPT = "means"
# What stands for an address, a number or a sign, in any language; it tells nothing by itself.
WORDLESS = frozenset(
    {"0", "webaddress", "mailaddress", "answered4xx", "answered5xx"}
    | {"cuequestion", "cueshouts", "cuecode", "cuedots", "facegood", "facebad"}
)

_ASKS = re.compile(
    r"(?i)^\W*(?:how|what|where|when|why|who|which|is|are|can|could|does|do|did|will|would|should|may|any|hur|vad|var|när|"
    r"varför|vem|vilken|vilka|är|kan|finns|ska|går|får|måste|hej)\b"
)


def prepare(text: str) -> str:
    """The text as the features read it: cut, numbers masked, with words for what signs, codes and phrases tell."""
    text = text[:MAX_CHARACTERS]
    masked = _DIGITS.sub(_masked, _MAIL.sub(" mailaddress ", _ADDRESS.sub(" webaddress ", text)))
    words, told = read_once(text)
    thoughts = [CONCEPT + concept for _at, _length, concept in told]
    return " ".join([masked.lower(), *_cues(text), *thoughts, *feelings_in(words)])


def lone_word(text: str) -> str:
    """One of its words by itself, any of them and always the same; empty where it has none that tells something."""
    words = [word for word in read_once(text[:MAX_CHARACTERS])[0] if len(word) > 1 and word not in STOP_WORDS]
    return words[crc32(text.encode(errors="replace")) % len(words)] if words else ""


def _masked(found: re.Match[str]) -> str:
    number = found[0]
    return f" answered{number[0]}xx {number} " if len(number) == 3 and number[0] in "45" else "0"


def _cues(text: str) -> list[str]:
    stripped = text.strip()
    letters, shouted = sum(map(str.isalpha, stripped)), sum(map(str.isupper, stripped))
    told = {
        "cuequestion": "?" in stripped,
        "cueasks": bool(_ASKS.match(stripped)),
        "cueshouts": letters > 12 and shouted > 0.6 * letters,
        "cuecode": bool(_CODE.search(stripped)),
        "cuedots": "..." in stripped or "…" in stripped,
    }
    told |= {face: bool(looks.search(stripped)) for face, looks in _FACES.items()}
    return [cue for cue, true in told.items() if true]
