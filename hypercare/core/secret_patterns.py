"""This module knows what passwords, tokens, keys and cookies look like in running text."""

import base64
import binascii
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import regex as re

KINDS = ("card", "account", "token", "password", "key")
PLACEHOLDER = re.compile(rf"\[(?:{'|'.join(KINDS)}) removed\]")
NEW = rf"(?!{PLACEHOLDER.pattern})"


def placeholder(kind: str) -> str:
    """What stands where a secret of this kind stood."""
    return f"[{kind} removed]"


def is_placeholder(text: str) -> bool:
    """Whether `text` is nothing but a placeholder."""
    return PLACEHOLDER.fullmatch(text) is not None


def _always(_match: re.Match[str]) -> bool:
    return True


def _secret(match: re.Match[str]) -> str:
    """The last group that takes part; a stop behind a bare value ends the sentence."""
    found = match[match.lastindex or 0]
    return found.rstrip(".,;:") if match.lastgroup == "bare" else found


@dataclass(frozen=True)
class Pattern:
    """One way in which secrets appear: the last group that takes part, else the whole match, is secret.

    Texts without any of the `needles` (in small letters) need not be searched. `believes` has the last word.
    """

    kind: str
    regex: re.Pattern[str]
    needles: tuple[str, ...]
    believes: Callable[[re.Match[str]], bool] = _always

    def mask(self, text: str, counts: Counter[str]) -> str:
        """Replace each secret by its placeholder and count it; the text has one of the needles."""

        def replaced(match: re.Match[str]) -> str:
            if not (_secret(match) and self.believes(match)):
                return match[0]
            counts[self.kind] += 1
            start = match.start(match.lastindex or 0) - match.start()
            end = start + len(_secret(match))
            return match[0][:start] + self._stand_in(match) + match[0][end:]

        return self.regex.sub(replaced, text)

    def _stand_in(self, match: re.Match[str]) -> str:
        """A bare value behind a quoted name is JSON, and stays JSON."""
        quote = match["closing"] if match.lastgroup == "bare" and match["closing"] else ""
        return f"{quote}{placeholder(self.kind)}{quote}"


# --- secrets that stand behind their name -------------------------------------------------------------------

# After the name: its closing quote (escaped where JSON stands inside a string), then a colon or equals sign.
SEPARATOR = r"(?P<closing>\\{0,3}[\"'`])?[ \t]{0,8}(?:(?P<equals>:=|=>|={1,2})|:)[ \t]{0,8}"
QUOTED = rf"(?P<quote>\\{{0,3}}[\"'`]){NEW}(?P<inner>(?:(?!(?P=quote))(?:\\[^\r\n]|[^\\\r\n]))++)(?P=quote)"
# Words that tell something about a password and are not one.
REMARK = (
    r"(?:is|was|are|must|may|should|will|does|can|cannot|not|no|none|null|nil|true|false|undefined|required"
    r"|incorrect|invalid|wrong|expired|missing|field|too|this|the|my|your|please|reset|error|nothing|after|when"
    r"|or|and|i|we|it)(?![^\s.,;:!?}\]])"
)
BARE = (
    rf"{NEW}(?!{REMARK})(?P<bare>(?(closing)[^\s\"'`<>\\,;{{}}\[\]]++"
    r"|(?(equals)[^\s\"'`<>\\&;]++|[^\s\"'`<>\\][^\s\"`<>\\]*+)))"
)


def _assigned(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?i)(?P<name>{name}){SEPARATOR}(?:{QUOTED}|{BARE})")


def _looks_random(match: re.Match[str]) -> bool:
    """Tell `token: 9f8e7d6c` from `tokens left: 4096` and from prose such as `secret: sauce`."""
    secret = _secret(match)
    if secret.isdigit():
        return len(secret) > 6
    if match["equals"] or match.lastgroup == "inner" or _is_joined(match):
        return True
    return len(secret) >= 16 or (len(secret) >= 6 and any(character.isdigit() for character in secret))


def _is_joined(match: re.Match[str]) -> bool:
    """Whether the name is a program's, such as `client_secret` or `apikey`, and no word of prose."""
    name = match.string[max(match.start() - 1, 0) : match.start("name") + len(match["name"])]
    return re.search(r"(?i)[\w-](?:token|secret|credential|jwt)|[_-]key|ikey", name) is not None


def _has_digit(match: re.Match[str]) -> bool:
    return any(character.isdigit() for character in _secret(match))


PASSWORDS_ARE_CALLED = "pass(?:word|wd|phrase|code|wort)|pwd|lösenord"
KEYS_ARE_CALLED = "(?:api|private|secret|signing|encryption|account|master|shared|access|subscription)[_ -]?key"
TOKENS_ARE_CALLED = "token|secret|credentials?|jwt"
SESSIONS_ARE_CALLED = r"(?:[a-z_.-]{0,20}sess(?:ion)?(?:[_-]?id)?|(?:connect\.)?sid|remember[_-]?me)"
PARAMETERS_ARE_CALLED = (
    r"[\w.-]{0,40}(?:token|secret|passw(?:or)?d|pwd|signature|credential)"
    r"|sig|key|api[_-]?key|code|auth|sid|session(?:_?id)?|otp|ticket"
)

BEHIND_A_NAME = (
    Pattern("password", _assigned(PASSWORDS_ARE_CALLED), ("pass", "pwd", "lösenord")),
    Pattern("key", _assigned(KEYS_ARE_CALLED), ("key",), _looks_random),
    Pattern("token", _assigned(TOKENS_ARE_CALLED), ("token", "secret", "credential", "jwt"), _looks_random),
    Pattern(
        "token",
        re.compile(rf"(?i)\b{SESSIONS_ARE_CALLED}={NEW}([\w%.~+/|-]{{16,}}+=*+)"),
        ("sess", "sid=", "remember"),
    ),
    Pattern(
        "password",
        re.compile(
            r"(?i)(?<![a-z])(?:cvv2?|cvc2?|cvn|pin(?:[ _-]?(?:code|kod))?)(?P<closing>[\"'])?[ \t]{0,3}"
            r"(?:[:=]|is|är)?[ \t]{0,3}(?:[\"']([0-9]{3,8})(?=[\"'])|(?P<bare>[0-9]{3,8})(?![0-9.,:-]?[0-9]))"
        ),
        ("cvv", "cvc", "cvn", "pin"),
    ),
    Pattern(
        "password",
        re.compile(
            r"(?i)(?:password|passcode|lösenord(?:et)?|pin-?kod(?:en)?)[ \t]{1,4}(?:is|was|är|var)[ \t]{1,4}"
            rf"(?:now |nu )?[\"']?{NEW}([^\s\"']{{4,64}})"
        ),
        ("password", "passcode", "lösenord", "kod"),
        _has_digit,
    ),
    Pattern(
        "password",
        re.compile(
            r"(?i)<(?:[\w.:-]{0,60})(?:password|passwd|pwd|secret|token|api[_-]?key)>"
            rf"{NEW}([^<>\r\n]{{1,500}})(?=</)"
        ),
        ("</",),
    ),
    Pattern(
        "password",
        re.compile(
            r"(?i)--(?:[a-z]{1,20}-){0,2}(?:password|passwd|token|secret|api-key)[ \t]{1,2}[\"']?"
            rf"{NEW}([^\s\"'\-][^\s\"']*+)"
        ),
        ("--",),
    ),
    Pattern("password", re.compile(rf"(?<=\s-u )[\"']?[^\s:\"']{{1,100}}:{NEW}([^\s\"']++)"), ("-u ",)),
)


# --- secrets in headers and addresses -----------------------------------------------------------------------


def _is_basic(match: re.Match[str]) -> bool:
    try:
        return b":" in base64.b64decode(_secret(match), validate=True)
    except binascii.Error:
        return False


def _is_bearer(match: re.Match[str]) -> bool:
    return len(_secret(match)) >= 20 or _has_digit(match)


def _is_code(match: re.Match[str]) -> bool:
    """`?code=404` tells of an error; every other value may open a session."""
    return not (len(_secret(match)) <= 4 and _secret(match).isdigit())


SCHEME = "(?:bearer|basic|token|apikey|negotiate|aws4-hmac-sha256)"
IN_HEADERS = (
    Pattern(
        "token",
        re.compile(
            r"(?i)\b(?:set-)?cookie2?[\"']?\s{0,4}[:=]\s{0,4}[\"']?"
            r"([^\s=;:\"'\[]{1,128}=[^\r\n\"']*+)"
        ),
        ("cookie",),
    ),
    Pattern(
        "token",
        re.compile(
            r"(?i)authorization\\{0,3}[\"']?[ \t]{0,8}[:=][ \t]{0,8}\\{0,3}[\"']?"
            rf"{NEW}(digest[ \t](?:[\w-]{{1,30}}=(?:\\{{0,3}}\"[^\"\r\n]{{0,400}}\"|[^\s,\"]{{1,300}})"
            r"[, \t]{0,4}){1,15}"
            rf"|{SCHEME}[ \t]{{1,4}}{NEW}[^\s\"'<>\\]++"
            r"|[^\s\"'<>\\0-9=]{0,200}[0-9=][^\s\"'<>\\]*+)"
        ),
        ("authorization",),
    ),
    Pattern("token", re.compile(r"(?i)\bbearer[ \t]{1,4}([\w.~+/-]{8,}+=*+)"), ("bearer",), _is_bearer),
    Pattern("token", re.compile(r"(?i)\bbasic[ \t]{1,4}([A-Za-z0-9+/]{8,}+={0,2})"), ("basic",), _is_basic),
    Pattern(
        "password",
        re.compile(rf"(?<=://){NEW}(?:[^\s/?#@:\"'<>]{{0,200}}:[^\s/?#\"'<>]{{1,300}}|[^\s/?#@:\"'<>]{{16,200}})(?=@)"),
        ("://",),
    ),
    Pattern(
        "token",
        re.compile(rf"(?i)[?&#](?:amp;)?(?:{PARAMETERS_ARE_CALLED})={NEW}([^&#\s\"'<>\\]++)"),
        ("?", "&", "#"),
        _is_code,
    ),
    Pattern(
        "token",
        re.compile(r"(?i)(?:hooks\.slack\.com/(?:services|workflows)|discord(?:app)?\.com/api/webhooks)/([\w/-]{8,}+)"),
        ("hooks.slack.com", "/webhooks/"),
    ),
)


# --- secrets that are known by their own look ---------------------------------------------------------------


def _is_issued(match: re.Match[str]) -> bool:
    """Random parts of this length have a digit or a capital; names of tables and modules have neither."""
    return any(character.isdigit() or character.isupper() for character in match[0])


def _has_segments(match: re.Match[str]) -> bool:
    return "." in match[0]


KEYS_BEGIN = (
    "(?:AKIA|ASIA|ABIA|ACCA)(?=[A-Z0-9]{16})|AIza|GOCSPX-|sk-|(?:sk|rk|pk)_(?:live|test)_|whsec_|(?:sk|pk)-lf-"
    r"|gsk_|xai-|SG\.|NRAK-|dapi(?=[0-9a-f]{32})|key-(?=[0-9a-f]{32})|sq0[a-z]{3}-|AGE-SECRET-KEY-"
)
TOKENS_BEGIN = (
    r"gh[pousr]_|github_pat_|gl(?:pat|dt|rt|ptt|cbt|ft|soat|agent)-|xox[a-z]-|xapp-|ya29\.|hc[a-z]{0,4}_|hf_"
    r"|npm_|pypi-|do[opr]_v1_|shp[a-z]{2}_|AT(?:A|C)TT|gls?[ac]_|hvs\.|lin_api_|dp\.[a-z]{2}\.|sntry[su]_"
)
# What is issued runs on over letters, digits and joints; a full stop belongs to it when more follows.
TAIL = r"[A-Za-z0-9_-]{16,}+(?:\.[A-Za-z0-9_-]++)*+"

BY_LOOK = (
    Pattern(
        "key",
        re.compile(
            r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
            r"(?:[^-\"<\\]|\\(?!\")|-(?!----END))*+(?:-----END [A-Z0-9 ]{0,60}-----)?"
        ),
        ("private key",),
    ),
    Pattern(
        "token",
        re.compile(r"(?<![A-Za-z0-9])eyJ[A-Za-z0-9_-]{8,}+(?:\.{1,2}[A-Za-z0-9_-]++)*+"),
        ("eyj",),
        _has_segments,
    ),
    Pattern(
        "key",
        re.compile(rf"(?<![A-Za-z0-9])(?:{KEYS_BEGIN}){TAIL}"),
        ("a", "sk", "pk", "whsec", "sg.", "key-", "sq0"),
        _is_issued,
    ),
    Pattern(
        "token",
        re.compile(rf"(?<![A-Za-z0-9])(?:{TOKENS_BEGIN}){TAIL}"),
        ("_", "-", "ya29.", "at", "hvs.", "dp."),
        _is_issued,
    ),
    Pattern("token", re.compile(r"(?<![A-Za-z0-9])[0-9]{8,10}:AA[A-Za-z0-9_-]{30,}+"), (":aa",)),
)

# Whole blocks first, so that no part of one is taken for something else; then names; then looks.
PATTERNS = (BY_LOOK[0], *IN_HEADERS, *BEHIND_A_NAME, *BY_LOOK[1:])
