"""This module tells in which language a text is written: by its letters, or by the little words it begins with."""

from collections import Counter
from collections.abc import Sequence

from django.utils.translation import gettext as _

from triage.classify.phrases import quoted
from triage.classify.suggestion import Suggestion, suggest

FIELD = "language"
_LITTLE_WORDS = {
    "en": "the and is are was were of to in it that this with for on not have has but when which from you your there been",
    "sv": "och är att det som på inte jag när har för med den ett kan vi blir bara från till efter men också något mitt",
    "da": "og er at det som på ikke jeg når har for med den et kan vi bliver kun fra til efter men også noget mit af hvad",
    "no": "og er å det som på ikke jeg når har for med den et kan vi blir bare fra til etter men også noe mitt av hva",
    "de": "und ist der die das nicht ich wenn mit für auf ein eine zu den wird kann aber auch nach bei noch sich wir dem",
    "nl": "en is de het een niet ik als met voor op te kan maar ook naar bij nog wij van dat wordt er mijn zijn geen",
    "fr": "et est le la les des une je ne pas que pour dans avec sur il nous vous quand mais aussi du au ce qui mon",
    "es": "y es el la los las una no que para en con por cuando pero también del al lo se mi está como yo muy hay",
    "it": "e è il la gli una non che per di con su quando ma anche del al si mi sono come io molto questo della nel",
    "pt": "e é o a os as uma não que para em com por quando mas também do da ao se meu está como eu muito não na no",
    "fi": "ja on ei se että kun tämä minun ole niin mutta myös joka vain sitten mikä en olen voi kuin siitä kaikki",
    "pl": "i jest nie się że na w do to jak kiedy ale też po za od mam mnie jego tylko co przez są czy być",
}  # fmt: skip
_SAID_IN = {code: frozenset(words.split()) for code, words in _LITTLE_WORDS.items()}
_SPOKEN_IN: dict[str, list[str]] = {}
for _code, _words in _SAID_IN.items():
    for _word in _words:
        _SPOKEN_IN.setdefault(_word, []).append(_code)

# Where letters alone tell; the first and the last of each range.
_SCRIPTS = {
    "el": ("Ͱ", "Ͽ"), "ru": ("Ѐ", "ӿ"), "he": ("֐", "׿"), "ar": ("؀", "ۿ"), "hi": ("ऀ", "ॿ"), "th": ("฀", "๿"),
    "ko": ("가", "힣"), "ja": ("぀", "ヿ"), "zh": ("一", "鿿"),
}  # fmt: skip
LANGUAGES = tuple(sorted({*_LITTLE_WORDS, *_SCRIPTS, "uk"}))
_UKRAINIAN = frozenset("іїєґІЇЄҐ")
_ALIKE = {"nb": "no", "nn": "no"}
_CHARACTERS_READ, _WORDS_READ = 400, 60
_LEAST_LETTERS, _LETTER_SHARE = 6, 0.5
_LEAST_WORDS, _CLEARLY_MORE = 4, 2


def suggest_language(text: str, words: Sequence[str], *, said: str) -> Suggestion | None:
    """The language of a text where it is clearly another than `said`; a log in English in it is not enough."""
    primary = said.partition("-")[0].lower()
    expected, first = _ALIKE.get(primary, primary), words[:_WORDS_READ]
    told = _by_letters(text[:_CHARACTERS_READ])
    if told is None and len(_SAID_IN.get(expected, frozenset()).intersection(first)) < _LEAST_WORDS:
        told = _by_words(first)
    if told is None or told[0] == expected:
        return None
    language, confidence, reason = told
    return suggest(FIELD, language, confidence=confidence, reason=reason, origin="rule", decider="rule: language")


def _by_letters(text: str) -> tuple[str, float, str] | None:
    if text.isascii():
        return None
    letters = [letter for letter in text if letter.isalpha()]
    counts = {code: sum(first <= letter <= last for letter in letters) for code, (first, last) in _SCRIPTS.items()}
    if counts["ja"]:  # which is written with Chinese signs too
        counts["ja"] += counts.pop("zh")
    code = max(counts, key=counts.__getitem__)
    if counts[code] < _LEAST_LETTERS or counts[code] < _LETTER_SHARE * len(letters):
        return None
    if code == "ru" and _UKRAINIAN & set(letters):
        code = "uk"
    return code, 0.95, _("its letters")


def _by_words(words: Sequence[str]) -> tuple[str, float, str] | None:
    spoken = {word: codes for word in dict.fromkeys(words) if (codes := _SPOKEN_IN.get(word))}
    counts = Counter(code for codes in spoken.values() for code in codes).most_common(2)
    if not counts or counts[0][1] < _LEAST_WORDS:
        return None
    (code, most), second = counts[0], counts[1][1] if len(counts) > 1 else 0
    if most < _CLEARLY_MORE * second:
        return None
    reason = _("because of: %(words)s") % {"words": quoted([word for word, codes in spoken.items() if code in codes])}
    return code, round(most / (most + second + 1), 2), reason
