"""This module tells spam and noise by rules: advertising, floods of links, mashed keys, blobs, tests, and nothing at all.

Nobody has shown us enough real spam to learn from, so each rule says its name and what it saw. They are made to be right
rather than to find all: whoever says that something does not work is never held for more than doubtful.
"""

import re
from collections.abc import Iterable, Sequence, Set
from urllib.parse import urlsplit

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from triage.classify.phrases import Phrases, quoted
from triage.classify.suggestion import Suggestion
from triage.vocabulary import read_once


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_Thoughts = Sequence[tuple[int, int, str]]

FIELD = "spam"
SPAM, NOISE, GENUINE = "spam", "noise", "genuine"
VERDICTS = (SPAM, NOISE, GENUINE)
CERTAIN, SURE, LIKELY, DOUBTFUL = 0.95, 0.90, 0.70, 0.60

_WARES, _CALL = "wares", "call"
_ADVERTISING = Phrases({
    _WARES: """
        seo backlinks backlink guest_post guest_posts link_building first_page_of_google top_of_google rank_your
        website_traffic more_traffic organic_traffic web_design_services website_redesign_services app_development_services
        digital_marketing_agency casino online_casino betting_site sports_betting free_spins jackpot viagra cialis kamagra
        weight_loss_pills male_enhancement crypto_investment bitcoin_investment forex_signals trading_signals
        guaranteed_returns passive_income earn_money make_money_online work_from_home payday_loan instant_loan business_loan
        loan_offer loan_offers cheap_loans replica_watches fake_documents buy_followers instagram_followers email_lists
        bulk_email leads_database escort escorts adult_dating hot_singles sexy_girls essay_writing_service
        write_your_essay diploma_for_sale cbd_oil cheap_medication online_pharmacy sms_lån snabblån casinobonus
        sökmotoroptimering fler_besökare tjäna_pengar""",
    _CALL: """
        click_here click_the_link_below visit_our visit_my check_out_our check_out_my contact_us_today contact_me_on
        contact_me_at call_now call_us_now order_now order_today buy_now shop_now sign_up_now register_now join_now
        whatsapp telegram limited_time limited_offer special_offer exclusive_offer best_price best_prices lowest_price
        cheap_price cheap_prices affordable_price affordable_prices act_now don't_miss 100_free risk_free free_quote
        free_consultation money_back_guarantee we_offer we_provide our_services our_team_can i_can_help_you
        i_came_across_your i_visited_your i_was_looking_at_your i_found_your_website dear_sir dear_madam dear_website_owner
        dear_business_owner reply_to_this_email unsubscribe_here per_day_from_home klicka_här besök_vår kontakta_oss_idag
        begränsat_erbjudande beställ_nu köp_nu vi_erbjuder""",
})  # fmt: skip
# Thoughts of the vocabulary that say that something is amiss.
_TROUBLE = frozenset({
    "error", "slow", "timeout", "crash", "down", "invalid", "gone", "stuck", "mismatch", "stale", "twice", "loop",
    "logout", "forgets", "madeup", "delayed", "permission", "security", "ratelimit",
})  # fmt: skip
# Whoever speaks of spam is seldom a spammer.
_ABOUT_SPAM = _words("spam spammer spammers spamming adverts phishing captcha moderation skräppost reklam")
_ADDRESS = re.compile(r"(?:https?://|www\.)[^\s\"'<>\]\[)]+", re.IGNORECASE)
_MARKUP = re.compile(r"\[url[=\]]|\[link=|<a\s+href\s*=", re.IGNORECASE)
_MANY_LINKS, _MANY_HOSTS = 3, 3

_TEST_WORDS = _words("""
    test tests testing tester testar testa testmeddelande prov ignore disregard bortse teste prueba
""")
_BESIDE_A_TEST = _words("""
    this is a an just only please message report feedback my the first one hello hi hey there again ok 1 2 3 12
    123 1234 det här är ett bara vänligen hej igen från mig from me
""")
_GREETINGS = _words("hello hi hey hej hallå hallo hejsan yo hola bonjour moin")
_FEW_WORDS = 8

_ROWS = ("qwertyuiop", "qwertzuiop", "azertyuiop", "asdfghjkl", "zxcvbnm", "yxcvbnm")
_RUNS = (*_ROWS, *(row[::-1] for row in _ROWS))
_MASHED = _words("asd asdf qwe qwer qwert jkl zxc zxcv")
_LETTERS_MASHED = 6
_VOWELS = re.compile(r"[aeiouy]")
_BLOB = re.compile(r"[A-Za-z0-9+/=_-]{60,}")
_LEAST_BLOB, _WORDS_BESIDE_A_BLOB = 120, 2


def suggest_spam(text: str) -> Suggestion | None:
    """Why a text may be spam or noise, not applied by itself; None for nearly all texts."""
    if not any(map(str.isalnum, text)):
        return _said(NOISE, CERTAIN, "empty", _("it holds no letter and no digit"))
    words, told = read_once(text)
    return _small(words) or _blob(text, words) or _advertising(text, words) or _flood(text, told)


def _said(value: str, confidence: float, rule: str, reason: str) -> Suggestion:
    return Suggestion(FIELD, value, confidence, reason[:300], "rule", f"rule: {rule}", applied=False)


def _small(words: Sequence[str]) -> Suggestion | None:
    """A test, a greeting or mashed keys and nothing else; a title is often said again in the body."""
    if not words or len(words) > 2 * _FEW_WORDS:
        return None
    told = dict.fromkeys(words)
    if len(told) > _FEW_WORDS:
        return None
    if told.keys() <= _TEST_WORDS | _BESIDE_A_TEST and told.keys() & _TEST_WORDS:
        return _said(NOISE, SURE, "test messages", _nothing_but(told))
    if told.keys() <= _GREETINGS:
        return _said(NOISE, DOUBTFUL, "greetings", _nothing_but(told))
    if all(map(is_mashed, told)) and _mashed_enough(told.keys()):
        return _said(SPAM, SURE, "mashed keys", _nothing_but(told))
    return None


def _mashed_enough(words: Set[str]) -> bool:
    return sum(map(len, words)) >= _LETTERS_MASHED or words <= _MASHED or len(set("".join(words))) == 1


def _nothing_but(words: Iterable[str]) -> str:
    return _("nothing but: %(words)s") % {"words": quoted(list(words))}


def is_mashed(word: str) -> bool:
    """Whether a word looks like keys hit at random: repeated, along a row of keys, or without a vowel."""
    if len(word) < 3 or not word.isascii() or not word.isalpha():
        return False
    if word in _MASHED or _along_the_rows(word):
        return True
    if len(word) >= _LETTERS_MASHED - 2 and len(set(word)) == 1:
        return True
    is_repeated = len(word) >= _LETTERS_MASHED and word in (word + word)[1:-1]
    return is_repeated or (len(word) > _LETTERS_MASHED and not _VOWELS.search(word))


def _along_the_rows(word: str) -> bool:
    """Whether it is made of runs of three keys or more that stand side by side."""
    if len(word) < 3:
        return not word
    longest = next((n for n in range(len(word), 2, -1) if any(word[:n] in run for run in _RUNS)), 0)
    return longest > 0 and _along_the_rows(word[longest:])


def _blob(text: str, words: Sequence[str]) -> Suggestion | None:
    """Encoded data without a word about it."""
    if len(text) < _LEAST_BLOB or len(words) > len(text) / 20:
        return None
    tokens = text.split()
    blobs = [token for token in tokens if _BLOB.fullmatch(token.rstrip("…")) and _is_encoded(token)]
    if not blobs or len(tokens) - len(blobs) > _WORDS_BESIDE_A_BLOB:
        return None
    return _said(SPAM, SURE, "encoded data", _("encoded data and not a word about it"))


def _is_encoded(token: str) -> bool:
    return any(map(str.isupper, token)) and any(map(str.islower, token)) and any(map(str.isdigit, token))


def _advertising(text: str, words: Sequence[str]) -> Suggestion | None:
    found = _ADVERTISING.find(words)
    wares, calls = found.get(_WARES, []), found.get(_CALL, [])
    if not wares and len(calls) < 3:
        return None
    hosts, has_markup = _hosts(text), bool(_MARKUP.search(text))
    if not (calls or hosts or has_markup):  # it speaks of a trade and offers nothing
        return None
    strength = 2 * len(wares) + len(calls) + bool(hosts) + 2 * has_markup + (len(hosts) >= _MANY_HOSTS)
    if strength < 3:
        return None
    confidence = CERTAIN if strength >= 5 else SURE if strength == 4 else LIKELY
    offered = {word for phrase in (*wares, *calls) for word in phrase.split()}
    if not wares or _in_trouble(text, offered) or not _ABOUT_SPAM.isdisjoint(words):
        confidence = min(confidence, LIKELY)
    reason = _("because of: %(words)s") % {"words": quoted([*wares, *calls], most=4)}
    links = ngettext("links to %(n)s site", "links to %(n)s sites", len(hosts)) % {"n": len(hosts)} if hosts else ""
    return _said(SPAM, confidence, "advertising words", "; ".join(filter(None, (reason, links))))


def _flood(text: str, told: _Thoughts) -> Suggestion | None:
    if text.count("://") + text.count("www.") < _MANY_LINKS:
        return None
    links = _ADDRESS.findall(text)
    hosts, beside = _hosts(text), _ADDRESS.sub(" ", text).split()
    if len(links) < _MANY_LINKS or len(beside) > len(links):
        return None
    says_more = any(concept in _TROUBLE for _at, _length, concept in told) or any(map(_has_digit, beside))
    if len(hosts) < _MANY_HOSTS or says_more:
        return None
    counts = {"links": len(links), "sites": len(hosts), "words": len(beside)}
    reason = _("%(links)s links to %(sites)s sites and only %(words)s words beside them") % counts
    return _said(SPAM, SURE, "floods of links", reason)


def _has_digit(token: str) -> bool:
    return any(map(str.isdigit, token))


def _in_trouble(text: str, offered: Set[str]) -> bool:
    """Whether it says that something is amiss, in other words than those of the offer and its addresses."""
    words, told = read_once(_ADDRESS.sub(" ", text))
    amiss = (words[at : at + length] for at, length, concept in told if concept in _TROUBLE)
    return any(not offered >= set(said) for said in amiss)


def _hosts(text: str) -> set[str]:
    if "://" not in text and "www." not in text:
        return set()
    found = (address if "://" in address else f"http://{address}" for address in _ADDRESS.findall(text))
    return {_host(address) for address in found}


def _host(address: str) -> str:
    try:
        return (urlsplit(address).hostname or "").removeprefix("www.")
    except ValueError:  # such as http://[…
        return ""
