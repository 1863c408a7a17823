"""This module finds words of lost data or broken security, which put a floor under a severity until a person checks."""

import re
from dataclasses import dataclass

_THINGS = (
    r"(?:data|files?|documents?|orders?|records?|entries|invoices?|bookings?|messages?|notes?|drafts?|history|"
    r"patients?|customers?|work|accounts?|contacts?|photos?|backups?|balances?|projects?|points|originals|"
    r"uppgifter(?:na)?|filer(?:na)?|dokument(?:en)?|beställningar(?:na)?|bokningar(?:na)?|poster(?:na)?|"
    r"anteckningar(?:na)?|historik(?:en)?|ärenden(?:a)?|journaler(?:na)?|bilder(?:na)?)"
)
_MUCH = r"(?:all|my|our|their|every|\d+|whole|entire|half of|weeks? of|days? of)"
_GONE_WORDS = "gone lost deleted wiped erased overwritten vanished disappeared corrupted"
_GONE = rf"(?:{_GONE_WORDS.replace(' ', '|')})"
_BORTA = r"(?:borta|raderad\w*|försvun\w+|förlorad\w*|överskriv\w+)"
_SECRETS = r"(?:passwords?|tokens?|(?:api[ -])?keys?|secrets|credentials|card numbers?)"
_PEOPLE = (
    r"(?:people|users?|customers?|patients?|members?|tenants?|compan(?:y|ies)|families|persons?|clients?|households?)"
)
_PRIVATE = (
    r"(?:data|orders?|address(?:es)?|names?|details|accounts?|invoices?|records?|results?|letters?|salar(?:y|ies)|"
    r"messages?|documents?|files?|profiles?|baskets?|receipts?|session)"
)
_SEES = r"(?:see|sees|seeing|saw|read|open|view|shows?|showed|shown|showing|access|reach|get|got|receive[ds]?)"

# Each by the words of which one stands in whatever it finds: looking for those first spares most texts the search.
_LOST_DATA = {
    r"data[ -]?loss": "loss",
    rf"loss of (?:\w+ )?{_THINGS}": "loss",
    rf"lost (?:all|every|my|our|their|his|her|customer|\d+) (?:\w+ )?{_THINGS}": "lost",
    r"(?:lost|losing|lose|loses) (?:data|everything)": "lost losing lose",
    rf"{_MUCH} (?:\w+ ){{0,3}}{_THINGS} (?:\w+ ){{0,3}}(?:is|are|was|were|has|have|got|been) (?:\w+ )?{_GONE}": _GONE_WORDS,
    rf"(?:{_GONE}|overwrote|destroyed) (?:all|my|our|every|the whole) (?:\w+ ){{0,2}}{_THINGS}": (
        f"{_GONE_WORDS} overwrote destroyed"
    ),
    rf"{_THINGS} (?:\w+ ){{0,2}}(?:vanished|wiped|permanently deleted)": "vanished wiped deleted",
    r"(?:un|ir)recoverabl[ey]": "recoverabl",
    r"data corruption|corrupt(?:ed)? (?:data|database|records)": "corrupt",
    r"dataförlust\w*": "dataförlust",
    rf"(?:alla|mina|våra|hela|all) (?:\w+ ){{0,3}}{_THINGS} (?:\w+ ){{0,3}}{_BORTA}": (
        "borta raderad försvun förlorad överskriv"
    ),
    r"allt är (?:borta|raderat|förlorat)": "allt",
    r"(?:förlorat|tappat|mist) (?:alla?|mina|våra|hela|data)\b(?: \w+){0,2}": "förlorat tappat mist",
    r"raderat (?:alla|mina|våra|hela)(?: \w+){0,2}": "raderat",
    rf"skrev över (?:\w+ ){{0,3}}{_THINGS}": "skrev",
}
_BROKEN_SECURITY = {
    r"(?:security|data|privacy|personal data) (?:breach|leak|incident|hole)": "breach leak incident hole",
    r"breach of (?:data|security|privacy|personal)": "breach",
    r"(?:sql|script|code|command|prompt)[ -]?injection|cross[ -]site scripting|xss|remote code execution": (
        "injection scripting xss execution"
    ),
    r"directory traversal|privilege escalation|account takeover|credential stuffing|zero[ -]day": (
        "traversal escalation takeover stuffing zero"
    ),
    r"vulnerabilit(?:y|ies)|ransomware|ransom note|malware|exfiltration|hacked|fraudulent transfers?": (
        "vulnerabilit ransom malware exfiltration hacked fraudulent"
    ),
    r"(?:was|were|been|got|is|are) (?:breached|leaked|compromised|stolen|phished)": "breach leak compromised stolen phished",
    rf"leak(?:s|ed|ing)? (?:\w+ ){{0,3}}(?:{_SECRETS}|data|e-?mails?|addresses|records)": "leak",
    rf"{_SECRETS} (?:\w+ ){{0,4}}(?:exposed|leaked|in (?:plain|clear) ?(?:text|sight)|in the logs?|visible|public)": (
        "password token key secret credential card"
    ),
    rf"{_SEES} (?:\w+ ){{0,3}}(?:someone|somebody|anyone|everybody|everyone) else(?:['’]s)?": "else",
    rf"{_SEES} (?:\w+ ){{0,2}}(?:other|another|different) {_PEOPLE}(?:['’]s?)? (?:\w+ ){{0,2}}{_PRIVATE}": "other different",
    r"(?:logged|logs|got) into my account": "account",
    r"unauthenticated|without (?:any )?(?:log-?in|logging in|password|authentication|signing in|sign-in)": (
        "unauthenticated without"
    ),
    r"unauthori[sz]ed access|bucket is public": "unauthori bucket",
    r"säkerhetshål\w*|säkerhetsincident\w*|säkerhetsbrist\w*|dataintrång\w*|intrång\w*|personuppgiftsincident\w*": (
        "säkerhets intrång personuppgiftsincident"
    ),
    r"sårbarhet\w*|(?:läcker|läckt|läckte|läckage|läcka)\b(?: \w+){0,2}|(?:blivit|har|är) hackad\w*": (
        "sårbarhet läck hackad"
    ),
    r"(?:ser|såg|se|visar|visas|öppna|läsa) (?:\w+ ){0,2}(?:andras|någon annans|en annan \w+s|andra \w+s) \w+": (
        "andra annan"
    ),
    r"(?:lösenord|nyckel)\w*(?: \w+){0,3} (?:klartext|synlig\w*|loggen)": "lösenord nyckel",
    r"tagit sig in på mitt konto|utan (?:att logga in|inloggning|lösenord)": "tagit utan",
}
RULES = {
    rule: [
        (tuple(words.split()), re.compile(rf"(?i)\b(?:{found})(?!\w)".replace(" ", r"\s")))
        for found, words in told.items()
    ]
    for rule, told in (("rule: data-loss words", _LOST_DATA), ("rule: security words", _BROKEN_SECURITY))
}
_DENIED_BEFORE = re.compile(
    r"(?i)(?:\b(?:no|not|never|without|nor|neither|none|nothing|cannot|could|might|may|avoid\w*|prevent\w*|protect\w*|"
    r"against|fear\w*|afraid|if|unless|before|inga|inget|ingen|inte|aldrig|utan|ej|undvik\w*|skydd\w*|förhindr\w*|"
    r"om|ifall|rädd)\b|n['’]t\b)[^.!?;:\n]{0,40}$"
)
_DENIED_WITHIN = re.compile(r"(?i)\b(?:not|never|no|inte|aldrig|ej|inga)\b|n['’]t\b")


@dataclass(frozen=True)
class Floor:
    """The words that were found and the rule they belong to."""

    words: str
    rule: str


def floor_of(text: str) -> Floor | None:
    """The first words of lost data or broken security that the text claims; "no data was lost" claims nothing."""
    is_there = text.lower().__contains__
    for rule, told in RULES.items():
        claims = [_first_claim(text, pattern) for words, pattern in told if any(map(is_there, words))]
        if found := min(filter(None, claims), key=re.Match.start, default=None):
            return Floor(" ".join(found[0].split())[:60], rule)
    return None


def _first_claim(text: str, pattern: re.Pattern[str]) -> re.Match[str] | None:
    return next((found for found in pattern.finditer(text) if not _is_denied(text, found)), None)


def _is_denied(text: str, found: re.Match[str]) -> bool:
    return bool(_DENIED_BEFORE.search(text[: found.start()]) or _DENIED_WITHIN.search(found[0]))
