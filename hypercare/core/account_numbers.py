"""This module finds payment cards and bank accounts in text by their check digits, and masks them."""

from collections import Counter
from collections.abc import Iterator

import regex as re
from stdnum import ean, iban

CARD = re.compile(
    r"4\d{12}(?:\d{3}(?:\d{3})?)?"  # Visa
    r"|(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}"  # Mastercard
    r"|220[0-4]\d{12,15}"  # Mir
    r"|3[47]\d{13}"  # American Express
    r"|3(?:0[0-5]|095|[689]\d)\d{11}"  # Diners Club
    r"|35(?:2[89]|[3-8]\d)\d{12,15}"  # JCB
    r"|(?:6011|64[4-9]\d|65\d\d|60\d\d|62\d\d|81\d\d|82\d\d|508\d)\d{12,15}"  # Discover, UnionPay, RuPay
    r"|(?:50\d\d|5[6-8]\d\d|6304|67\d\d)\d{9,15}"  # Maestro
    r"|9792\d{12}"  # Troy
)
UUID = r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"
# A phone number's plus sign is taken along, so that its digits do not count as a card's.
DIGIT_RUN = re.compile(rf"(?<![A-Za-z0-9])(?:{UUID}|\+?[0-9](?:[ .\-\u00a0\u202f]{{0,2}}[0-9])*+)(?P<glued>[A-Za-z])?")
DIGITS = re.compile("[0-9]+")
LONGEST_CARD, SHORTEST_CARD = 19, 13

# Each digit doubled, with the digits of the result added up.
DOUBLED = str.maketrans("0123456789", "0246813579")

# Letters and length per country, from the registry of ISO 13616.
IBAN_COUNTRIES = (
    "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 "
    "EE20 EG29 ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 "
    "JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 "
    "NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 "
    "TL23 TN24 TR26 UA29 VA22 VG24 XK20"
)
IBAN_LENGTHS = {entry[:2]: int(entry[2:]) for entry in re.findall(r"\w+", IBAN_COUNTRIES)}
SHORTEST_IBAN = min(IBAN_LENGTHS.values())
IBAN_START = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}[0-9]{2}(?=[ \-]?[A-Za-z0-9])")
IBAN_SPAN = 34 + 33  # every character may be followed by one space or hyphen


def is_card(digits: str) -> bool:
    """Whether `digits` has an issuer's prefix and length and a valid check digit, and is no barcode."""
    return (
        SHORTEST_CARD <= len(digits) <= LONGEST_CARD
        and CARD.fullmatch(digits) is not None
        and _has_luhn_digit(digits)
        and not (len(digits) == 13 and ean.is_valid(digits))
    )


def _has_luhn_digit(digits: str) -> bool:
    """The check of ISO/IEC 7812, four times as fast as stdnum's: long lists of numbers ask it often."""
    singles, doubles = digits[-1::-2], digits[-2::-2].translate(DOUBLED)
    return (sum(map(int, singles)) + sum(map(int, doubles))) % 10 == 0


def mask_cards(text: str, counts: Counter[str]) -> str:
    """Replace card numbers, written in one piece or in groups."""
    if len(text) < SHORTEST_CARD:
        return text
    return _replaced(text, _card_spans(text), "card", counts)


def mask_ibans(text: str, counts: Counter[str]) -> str:
    """Replace international bank account numbers, written in one piece or in groups."""
    if len(text) < SHORTEST_IBAN:
        return text
    return _replaced(text, _iban_spans(text), "account", counts)


def _replaced(text: str, spans: Iterator[tuple[int, int]], kind: str, counts: Counter[str]) -> str:
    pieces, done = [], 0
    for start, end in spans:
        pieces += [text[done:start], f"[{kind} removed]"]
        done = end
        counts[kind] += 1
    return "".join([*pieces, text[done:]]) if pieces else text


def _card_spans(text: str) -> Iterator[tuple[int, int]]:
    for run in DIGIT_RUN.finditer(text):
        if run.end() - run.start() < SHORTEST_CARD or run[0][0] == "+" or not run[0][0].isdigit():
            continue
        groups = [match.span() for match in DIGITS.finditer(text, run.start(), run.end())]
        if run["glued"]:
            groups.pop()
        yield from _cards_among(text, groups)


def _cards_among(text: str, groups: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Find cards made of whole groups of digits, three or more each, or of single digits that stand alone."""
    if SHORTEST_CARD < len(groups) <= LONGEST_CARD and all(end - start == 1 for start, end in groups):
        if is_card("".join(text[start] for start, _end in groups)):
            yield groups[0][0], groups[-1][1]
        return
    first = 0
    while first < len(groups):
        last = _card_end(text, groups, first)
        if last is None:
            first += 1
        else:
            yield groups[first][0], groups[last][1]
            first = last + 1


def _card_end(text: str, groups: list[tuple[int, int]], first: int) -> int | None:
    """The last group of the longest card that begins with the group `first`."""
    if groups[first][1] - groups[first][0] < 4 or text[groups[first][0]] not in "2345689":
        return None
    digits, found = "", None
    for last in range(first, min(first + 6, len(groups))):
        start, end = groups[last]
        if end - start < 3 or len(digits) + end - start > LONGEST_CARD:
            break
        digits += text[start:end]
        # Thirteen digits in groups are far more often a phone number than one of the few such cards.
        if (last == first or len(digits) > SHORTEST_CARD) and is_card(digits):
            found = last
    return found


def _iban_spans(text: str) -> Iterator[tuple[int, int]]:
    done = 0
    for match in IBAN_START.finditer(text):
        if match.start() < done or match[0][:2].upper() not in IBAN_LENGTHS:
            continue
        end = _iban_end(text, match.start())
        if end is not None:
            done = end
            yield match.start(), end


def _iban_end(text: str, start: int) -> int | None:
    """Where the account number that starts here ends, if it has its country's length and check digits."""
    length = IBAN_LENGTHS[text[start : start + 2].upper()]
    stretch = text[start : start + IBAN_SPAN]
    taken = re.match(rf"[A-Za-z0-9](?:[ \-]?[A-Za-z0-9]){{{length - 1}}}(?![A-Za-z0-9])", stretch)
    if taken is None:
        return None
    number = taken[0].replace(" ", "").replace("-", "").upper()
    remainder = int("".join(str(int(character, 36)) for character in number[4:] + number[:4])) % 97
    return start + taken.end() if remainder == 1 and iban.is_valid(number) else None
