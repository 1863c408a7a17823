"""What rules tell by words: spam and noise, how an AI failed, what touches governance, and the language."""

import pytest

from benchmarks.spam_on_real_texts import judged, read_examples, said_of
from feedback.models import Feedback
from hypercare.core.templatetags.hypercare_ui import AI_FAILURE_WORDS, GOVERNANCE_WORDS, LANGUAGE_WORDS, SPAM_WORDS
from triage.classify.ai_failures import AI_FAILURES, is_about_ai, suggest_failure
from triage.classify.governance import GOVERNANCE, suggest_flag
from triage.classify.languages import LANGUAGES, suggest_language
from triage.classify.phrases import Phrases
from triage.classify.spam import GENUINE, SURE, VERDICTS, is_mashed
from triage.vocabulary import words_of

EXAMPLES = read_examples()


@pytest.mark.parametrize("text", [text for what, text in EXAMPLES if what == GENUINE])
def test_genuine_reports_are_never_sure_to_be_spam_or_noise(text):
    found = said_of(text)
    assert found is None or found.confidence < SURE


def test_most_of_our_spam_and_noise_is_found_without_a_false_alarm():
    figures = judged(EXAMPLES)
    assert figures["set_aside"]["precision"] == 1
    assert figures["set_aside"]["recall"] >= 0.9
    assert figures["marked"]["precision"] >= 0.95


@pytest.mark.parametrize(
    ("text", "value", "rule", "seen"),
    [
        ("😀 👍", "noise", "rule: empty", "no letter"),
        ("Just a test, please ignore", "noise", "rule: test messages", "“test”"),
        ("asdf asdf jkl", "spam", "rule: mashed keys", "“asdf”"),
        ("Online casino, free spins, register now https://a.example", "spam", "rule: advertising words", "“casino”"),
        ("https://a.example https://b.example https://c.example", "spam", "rule: floods of links", "3 sites"),
        ("aGVsbG8gd29ybGQg" * 12, "spam", "rule: encoded data", "encoded data"),
    ],
)
def test_each_rule_says_its_name_and_what_it_saw(text, value, rule, seen):
    found = said_of(text)
    assert (found.value, found.decider, found.origin, found.applied) == (value, rule, "rule", False)
    assert found.confidence >= SURE
    assert seen in found.reason


def test_who_says_that_something_does_not_work_is_only_doubtful():
    offer = "We offer SEO and backlinks, contact us today: https://a.example"
    assert said_of(offer).confidence >= SURE
    assert said_of(f"{offer} Your checkout crashes with error 500").confidence < SURE


@pytest.mark.parametrize("word", ["asdfasdf", "qwertyuiop", "kjhsdkfjhs", "aaaa", "lkjlkjlkj", "sdfghjkl"])
def test_mashed_keys_are_told(word):
    assert is_mashed(word)


@pytest.mark.parametrize(
    "word", ["were", "power", "rhythm", "nginx", "strč", "支付", "1234", "http", "tree", "schlecht"]
)
def test_words_are_not_taken_for_mashed_keys(word):
    assert not is_mashed(word)


def test_phrases_are_found_as_they_stand_and_with_their_endings():
    phrases = Phrases({"loss": "lost_the_thread forg*", "cost": "token"})
    assert phrases.find(words_of("It forgot me, lost the thread and every token, token.")) == {
        "loss": ["forgot", "lost the thread"],
        "cost": ["token"],
    }
    assert phrases.find(words_of("lost the")) == {}


@pytest.mark.parametrize(
    ("text", "failure"),
    [
        ("The assistant invents boots that do not exist", "made_up"),
        ("It forgets what I told it and asks me again for my order number", "context_lost"),
        ("The bot showed me another customer's home address", "privacy_leak"),
        ("The answer was wrong and misleading", "incorrect"),
        ("Boten vägrar, den vill inte svara på frågor om retur", "refused_wrongly"),
        ("It takes forever, forty seconds to answer", "too_slow"),
        ("Since the new model it got worse", "drift"),
        ("The reply is cut off in the middle of a sentence", "format_broken"),
    ],
)
def test_ai_failures_are_told_by_their_words(text, failure):
    found = suggest_failure(words_of(text))
    assert (found.value, found.origin, found.applied) == (failure, "rule", True)
    assert "“" in found.reason


def test_two_ways_of_failing_told_as_loudly_are_not_applied():
    assert not suggest_failure(words_of("It was wrong and took forever")).applied
    assert suggest_failure(words_of("Thank you")) is None


def test_only_what_is_about_ai_can_fail_as_ai():
    assert is_about_ai(Feedback(channel="ai_answer"), category="bug", thoughts=())
    assert is_about_ai(Feedback(channel="widget"), category="bug", thoughts={"assistant"})
    assert not is_about_ai(Feedback(channel="widget"), category="bug", thoughts={"slow"})


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        ("The field was renamed without a new version, a breaking change", "versioning"),
        ("We get HTML instead of JSON and no error code", "error_format"),
        ("The API key in the URL ends up in our logs", "security_policy"),
        ("The export holds personal data, is that fine with GDPR?", "data_protection"),
        ("Our quota is used up, every call is 429", "sla_quotas"),
        ("The limit header is not documented, the docs say nothing", "documentation"),
        ("One endpoint uses camel case, the other snake case", "design_standard"),
    ],
)
def test_governance_is_flagged_by_its_words(text, flag):
    assert suggest_flag(words_of(text)).value == flag


def test_an_error_code_alone_is_no_matter_of_governance():
    assert suggest_flag(words_of("The checkout answers error code 500")) is None


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Det går inte att betala och jag har försökt från min telefon", "sv"),
        ("Ich kann nicht bezahlen, wenn ich auf den Knopf drücke und die Seite lädt nicht", "de"),
        ("Je ne peux pas payer avec ma carte, la page est blanche et il ne se passe rien", "fr"),
        ("لا أستطيع تسجيل الدخول", "ar"),
        ("ログインできません、画面が真っ白です", "ja"),
        ("Не работает оплата", "ru"),
    ],
)
def test_language_is_told_where_it_is_another_than_said(text, language):
    assert suggest_language(text, words_of(text), said="en").value == language
    assert suggest_language(text, words_of(text), said=language) is None


@pytest.mark.parametrize("text", ["404", "nginx 502 bad gateway", "Checkout kaputt", "ERROR pool exhausted trace=4bf9"])
def test_language_of_a_few_words_is_left_open(text):
    assert suggest_language(text, words_of(text), said="sv") is None


def test_every_answer_has_a_word():
    assert set(AI_FAILURE_WORDS) == {*AI_FAILURES, "none"}
    assert set(GOVERNANCE_WORDS) == {*GOVERNANCE, "none"}
    assert set(LANGUAGE_WORDS) == set(LANGUAGES)
    assert set(SPAM_WORDS) == set(VERDICTS)
