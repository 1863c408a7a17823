"""This module finds words of lost data and broken security, which put a floor under a report's severity until a person checks."""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Floor:
    """The words that were found and the rule they belong to."""

    words: str
    rule: str


_THINGS = (
    r"(?:data|files?|documents?|orders?|records?|entries|invoices?|bookings?|messages?|notes?|drafts?|history|patients?|customers?|"
    r"work|accounts?|contacts?|photos?|backups?|balances?|projects?|"
    r"data|uppgifter(?:na)?|filer(?:na)?|dokument(?:en)?|beställningar(?:na)?|poster(?:na)?|bokningar(?:na)?|"
    r"anteckningar(?:na)?|historik(?:en)?|ärenden(?:a)?|journaler(?:na)?|bilder(?:na)?)"
)
_DATA_LOSS = re.compile(
    rf"""(?ix)\b(?:
    data[ -]?loss | loss\ of\ (?:\w+\ )?{_THINGS} | dataförlust\w*
    | lost\ (?:all|every|my|our|their|his|her|the|customer|\d+)\ (?:\w+\ )?{_THINGS}
    | (?:lost|losing|lose|loses)\ (?:data|everything)
    | (?:all|my|our|their|every|\d+|whole|entire|half\ of)\ (?:\w+\ ){{0,3}}{_THINGS}\ (?:\w+\ ){{0,3}}
      (?:is|are|was|were|has|have|got|been)\ (?:\w+\ )?(?:gone|lost|deleted|wiped|erased|overwritten|vanished|disappeared|corrupted)
    | (?:deleted|wiped|erased|overwrote|overwritten|destroyed|corrupted)\ (?:all|my|our|every|the\ whole)\ (?:\w+\ ){{0,2}}{_THINGS}
    | {_THINGS}\ (?:\w+\ ){{0,2}}(?:vanished|wiped|permanently\ deleted|irrecoverabl\w+)
    | unrecoverable | irrecoverabl\w+
    | data\ corruption | corrupt(?:ed)?\ (?:data|database|records)
    | (?:alla|mina|våra|hela|all)\ (?:\w+\ ){{0,3}}{_THINGS}\ (?:\w+\ ){{0,3}}(?:borta|raderad\w*|försvun\w+|förlorad\w*|överskriv\w+)
    | (?:förlorat|tappat|mist)\ (?:alla?|mina|våra|hela|data)\b(?:\ \w+){{0,2}}
    | raderat\ (?:alla|mina|våra|hela)(?:\ \w+){{0,2}}
    )(?!\w)"""
)
_SECURITY = re.compile(
    r"""(?ix)\b(?:
    (?:security|data|privacy|personal\ data)\ (?:breach|leak|incident|hole) | breach\ of\ (?:data|security|privacy|personal)
    | (?:sql|script|code|command|prompt)[ -]?injection | cross[ -]site\ scripting | xss\b | remote\ code\ execution
    | vulnerabilit(?:y|ies) | zero[ -]day | ransomware | malware
    | (?:was|were|been|got|is|are)\ (?:hacked|breached|leaked|compromised|stolen|phished)
    | leak(?:s|ed|ing)?\ (?:\w+\ ){0,3}(?:passwords?|tokens?|keys?|data|e?-?mails?|addresses|records|secrets|credentials)
    | (?:passwords?|tokens?|api\ keys?|secrets|credentials|card\ numbers?)\ (?:\w+\ ){0,4}(?:exposed|leaked|in\ (?:plain|clear)\ ?text|in\ the\ logs?|visible|public)
    | (?:see|sees|seeing|saw|read|open|view|shows?|showed|showing|shown|access|reach)\ (?:\w+\ ){0,3}
      (?:someone|somebody|anyone|everybody|everyone)\ else(?:['’]s)?
    | (?:see|sees|seeing|saw|read|open|view|shows?|showed|showing|access|reach)\ (?:\w+\ ){0,2}
      (?:other|another|different|strangers?['’]?)\ (?:people|peoples|users?|customers?|patients?|members?|tenants?|compan(?:y|ies)|families|persons?|clients?|households?)(?:['’]s?)?\ (?:\w+\ ){0,2}
      (?:data|orders?|address(?:es)?|names?|details|accounts?|invoices?|records?|results?|letters?|salar(?:y|ies)|messages?|documents?|files?|profiles?|baskets?|receipts?)
    | without\ (?:any\ )?(?:login|logging\ in|password|authentication|signing\ in)
    | unauthori[sz]ed\ access | privilege\ escalation
    | säkerhetshål\w* | säkerhetsincident\w* | säkerhetsbrist\w* | dataintrång\w* | intrång\w* | personuppgiftsincident\w* | sårbarhet\w*
    | (?:läcker|läckt|läckte|läckage|läcka)\b(?:\ \w+){0,2} | (?:blivit|har|är)\ hackad\w*
    | (?:ser|såg|se|visar|visas|öppna|läsa)\ (?:\w+\ ){0,2}(?:andras|någon\ annans|en\ annan\ \w+s|andra\ \w+s)\ \w+
    | lösenord\w*\ (?:\w+\ ){0,3}(?:klartext|synlig\w*|loggen)
    | utan\ (?:att\ logga\ in|inloggning|lösenord)
    )(?!\w)"""
)
_NEGATED = re.compile(
    r"(?i)\b(?:no|not|never|without|nor|neither|none|nothing|isn['’]t|wasn['’]t|aren['’]t|weren['’]t|didn['’]t|don['’]t|doesn['’]t|hasn['’]t|"
    r"haven['’]t|cannot|can['’]t|could(?:n['’]t)?|might|may|avoid\w*|prevent\w*|protect\w*|against|fear\w*|afraid|if|unless|before|"
    r"inga|inget|ingen|inte|aldrig|utan|ej|undvik\w*|skydd\w*|förhindr\w*|om|ifall|rädd)\b[^.!?;:\n]{0,40}$"
)
_NEGATED_WITHIN = re.compile(r"(?i)\b(?:not|never|no|inte|aldrig|ej|inga)\b|n['’]t\b")


def floor_of(text: str) -> Floor | None:
    """The first words of lost data or broken security that the text really claims; "no data was lost" claims nothing."""
    for pattern, rule in ((_DATA_LOSS, "rule: data-loss words"), (_SECURITY, "rule: security words")):
        for found in pattern.finditer(text):
            if not _is_denied(text, found):
                return Floor(" ".join(found[0].split())[:60], rule)
    return None


def _is_denied(text: str, found: re.Match[str]) -> bool:
    return bool(_NEGATED.search(text[: found.start()]) or _NEGATED_WITHIN.search(found[0]))
