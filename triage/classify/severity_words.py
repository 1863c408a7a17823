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
_GONE = r"(?:gone|lost|deleted|wiped|erased|overwritten|vanished|disappeared|corrupted)"
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

_LOST_DATA = (
    r"data[ -]?loss",
    rf"loss of (?:\w+ )?{_THINGS}",
    rf"lost (?:all|every|my|our|their|his|her|customer|\d+) (?:\w+ )?{_THINGS}",
    r"(?:lost|losing|lose|loses) (?:data|everything)",
    rf"{_MUCH} (?:\w+ ){{0,3}}{_THINGS} (?:\w+ ){{0,3}}(?:is|are|was|were|has|have|got|been) (?:\w+ )?{_GONE}",
    rf"(?:{_GONE}|overwrote|destroyed) (?:all|my|our|every|the whole) (?:\w+ ){{0,2}}{_THINGS}",
    rf"{_THINGS} (?:\w+ ){{0,2}}(?:vanished|wiped|permanently deleted)",
    r"(?:un|ir)recoverabl[ey]",
    r"data corruption|corrupt(?:ed)? (?:data|database|records)",
    r"dataförlust\w*",
    rf"(?:alla|mina|våra|hela|all) (?:\w+ ){{0,3}}{_THINGS} (?:\w+ ){{0,3}}{_BORTA}",
    r"allt är (?:borta|raderat|förlorat)",
    r"(?:förlorat|tappat|mist) (?:alla?|mina|våra|hela|data)\b(?: \w+){0,2}",
    r"raderat (?:alla|mina|våra|hela)(?: \w+){0,2}",
    rf"skrev över (?:\w+ ){{0,3}}{_THINGS}",
)
_BROKEN_SECURITY = (
    r"(?:security|data|privacy|personal data) (?:breach|leak|incident|hole)",
    r"breach of (?:data|security|privacy|personal)",
    r"(?:sql|script|code|command|prompt)[ -]?injection|cross[ -]site scripting|xss|remote code execution",
    r"directory traversal|privilege escalation|account takeover|credential stuffing|zero[ -]day",
    r"vulnerabilit(?:y|ies)|ransomware|ransom note|malware|exfiltration|hacked|fraudulent transfers?",
    r"(?:was|were|been|got|is|are) (?:breached|leaked|compromised|stolen|phished)",
    rf"leak(?:s|ed|ing)? (?:\w+ ){{0,3}}(?:{_SECRETS}|data|e-?mails?|addresses|records)",
    rf"{_SECRETS} (?:\w+ ){{0,4}}(?:exposed|leaked|in (?:plain|clear) ?(?:text|sight)|in the logs?|visible|public)",
    rf"{_SEES} (?:\w+ ){{0,3}}(?:someone|somebody|anyone|everybody|everyone) else(?:['’]s)?",
    rf"{_SEES} (?:\w+ ){{0,2}}(?:other|another|different) {_PEOPLE}(?:['’]s?)? (?:\w+ ){{0,2}}{_PRIVATE}",
    r"(?:logged|logs|got) into my account",
    r"unauthenticated|without (?:any )?(?:log-?in|logging in|password|authentication|signing in|sign-in)",
    r"unauthori[sz]ed access|bucket is public",
    r"säkerhetshål\w*|säkerhetsincident\w*|säkerhetsbrist\w*|dataintrång\w*|intrång\w*|personuppgiftsincident\w*",
    r"sårbarhet\w*|(?:läcker|läckt|läckte|läckage|läcka)\b(?: \w+){0,2}|(?:blivit|har|är) hackad\w*",
    r"(?:ser|såg|se|visar|visas|öppna|läsa) (?:\w+ ){0,2}(?:andras|någon annans|en annan \w+s|andra \w+s) \w+",
    r"(?:lösenord|nyckel)\w*(?: \w+){0,3} (?:klartext|synlig\w*|loggen)",
    r"tagit sig in på mitt konto|utan (?:att logga in|inloggning|lösenord)",
)
_RULES = tuple(
    (re.compile(rf"(?i)\b(?:{'|'.join(told)})(?!\w)".replace(" ", r"\s")), rule)
    for told, rule in ((_LOST_DATA, "rule: data-loss words"), (_BROKEN_SECURITY, "rule: security words"))
)
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
    for pattern, rule in _RULES:
        for found in pattern.finditer(text):
            if not _is_denied(text, found):
                return Floor(" ".join(found[0].split())[:60], rule)
    return None


def _is_denied(text: str, found: re.Match[str]) -> bool:
    return bool(_DENIED_BEFORE.search(text[: found.start()]) or _DENIED_WITHIN.search(found[0]))
