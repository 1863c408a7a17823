"""What the classifier says of a report: value, confidence, origin, and the words that decided."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer

from feedback.models import Feedback
from hypercare.core.models import Component
from triage.categories import CATEGORIES
from triage.classify import text_model
from triage.classify.calibration import PLAIN, calibration_error, fit_lone_words, softmax
from triage.classify.classify import classify
from triage.classify.corpus import read_corpus
from triage.classify.features import prepare
from triage.classify.feelings import feelings_in
from triage.classify.figures import figures_of
from triage.classify.lesson import learn
from triage.classify.reading import Counted
from triage.classify.severity_words import RULES, floor_of
from triage.classify.suggestion import ABSTAIN_UNDER, APPLY_AT, MAX_REASON
from triage.vocabulary import words_of

CHECKOUT = Component(pk=1, slug="checkout", name="Checkout", hints=["basket", "postcode", "/cart"])
CATALOG = Component(pk=2, slug="catalog-api", name="Product pages", hints=["product", "stock"])


@pytest.fixture(scope="module")
def said(trained):
    """What is suggested for one report, by field."""
    model, _figures = trained

    def say(title, body="", **more):
        row = Feedback(title=title, body=body, **({"channel": "widget"} | more))
        return {suggestion.field: suggestion for suggestion in classify([row], [CHECKOUT, CATALOG], model=model)[0]}

    return say


def test_model_is_much_better_than_chance_on_texts_it_had_not_seen(trained):
    _model, figures = trained
    assert figures["category"]["macro_f1"] >= 0.48
    assert figures["severity"]["macro_f1"] >= 0.38
    assert figures["sentiment"]["macro_f1"] >= 0.60


def test_confidence_is_honest_within_a_tenth(trained):
    _model, figures = trained
    assert max(figures[field]["expected_calibration_error"] for field in ("category", "severity", "sentiment")) <= 0.10


def test_figures_say_how_well_each_class_is_told_and_what_chance_alone_gives(trained):
    _model, figures = trained
    assert set(figures["category"]["classes"]) == set(CATEGORIES)
    assert sum(one["texts"] for one in figures["category"]["classes"].values()) == figures["texts"]
    assert 0 < figures["category"]["error_of_perfect_confidence"] < 0.05


def test_applied_categories_are_right_oftener_than_the_threshold(trained):
    _model, figures = trained
    assert figures["category"]["applied_accuracy"] >= APPLY_AT
    assert figures["category"]["applied_share"] >= 0.25


@pytest.mark.parametrize(
    ("title", "category"),
    [
        ("Thank you, the new search is wonderful, great work everyone!", "praise"),
        ("p95 latency of the order list is 9 seconds, it was 1 second last week", "performance"),
        ("The assistant made up a court ruling that does not exist", "ai_quality"),
        ("Jag kan inte logga in, mitt lösenord godkänns inte", "access"),
        ("The site is down, all pages answer 503 service unavailable", "availability"),
    ],
)
def test_plain_reports_get_their_category(said, title, category):
    assert said(title)["category"].value == category
    assert said(title)["category"].applied


def test_reason_quotes_words_of_the_report(said):
    reason = said("The assistant made up a court ruling that does not exist")["category"].reason
    assert reason.startswith("because of: “")
    assert "“made up”" in reason or "“assistant”" in reason


def test_reason_quotes_no_number(said):
    log = said("Log", "\n".join(f"0 ERROR cart {number} NullPointerException 0" for number in range(30)))
    assert "“0”" not in log["category"].reason + log["severity"].reason


def test_unsure_suggestion_is_kept_and_not_applied(said):
    unsure = said("as discussed with you")["category"]
    assert (unsure.applied, unsure.value in CATEGORIES) == (False, True)
    assert unsure.reason.startswith("not sure: ")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "🚀🚀🚀",
        "مرحبا",
        "?!?!",
        "购物车是空的?",
        "لا يعمل https://shop.example/ 123",
        "12345 67890",
        "a@b.se",
        "😡",
        "z" * 900,
        "a " + "a" * 900,
    ],
)
def test_text_without_a_word_the_model_knows_gets_no_value_and_the_reason(said, text):
    for field in ("category", "severity"):
        nothing = said(text)[field]
        assert (nothing.value, nothing.applied) == ("", False)
        assert nothing.reason.startswith("abstained: ")
        assert nothing.likeliest


@pytest.mark.parametrize("text", ["error", "help", "login", "timeout", "gdpr", "great"])
def test_lone_word_is_said_with_doubt(said, text):
    assert not said(text)["category"].applied
    assert said(text)["sentiment"].confidence < 0.95


def test_confidence_of_lone_words_comes_true_and_more_words_are_surer_again():
    draw = np.random.default_rng(7)
    margins = draw.normal(size=(4000, 3)) * 3
    truth = (softmax(margins, temperature=4).cumsum(axis=1) < draw.random((4000, 1))).sum(axis=1)
    told = fit_lone_words(PLAIN, margins, truth)
    lone = told.probabilities(margins, words=np.ones(4000))
    assert calibration_error(lone.max(axis=1), lone.argmax(axis=1) == truth) < 0.05
    assert (lone.argmax(axis=1) == margins.argmax(axis=1)).all()
    one, two, many = (told.probabilities(margins[:1], words=np.array([words])).max() for words in (1.0, 2.0, 20.0))
    assert one < two < many
    assert many == pytest.approx(told.probabilities(margins[:1]).max(), abs=1e-6)


@pytest.mark.parametrize("texts", [["basket empty"], ["basket empty", "invoice wrong", "page slow"]])
def test_model_that_learned_one_answer_alone_says_none(texts):
    one, _unseen = learn(texts, {"category": ["bug"] * len(texts)}, spread_by="category", number=1)
    [suggestion] = classify([Feedback(title="The basket is empty", channel="widget")], [], model=one)[0]
    assert (suggestion.value, suggestion.likeliest, suggestion.applied) == ("", "bug", False)
    assert suggestion.reason == "abstained: it learned one answer alone"


def test_value_that_is_hardly_likelier_than_others_is_not_suggested(said):
    found = [said(text)["category"] for text in ("hm", "so it goes", "see attached", "the thing with the list")]
    assert all((each.value == "") == (each.confidence < ABSTAIN_UNDER) for each in found)
    assert any(each.value == "" for each in found)


def test_reason_fits_its_column_whatever_the_text(said):
    words = " ".join(f"{'x' * 80}{number} crash" for number in range(40))
    assert all(len(suggestion.reason) <= MAX_REASON for suggestion in said(words[:300], words).values())


def test_decider_names_the_version(said):
    assert said("The basket is broken")["sentiment"].decider == "text model 7"


def test_kind_the_reporter_chose_counts_and_is_said(said):
    alone, with_kind = said("A bigger map")["category"], said("A bigger map", kind="idea")["category"]
    assert (with_kind.value, with_kind.applied, alone.applied) == ("enhancement", True, False)
    assert "reported as “idea”" in with_kind.reason


def test_component_named_by_the_reporter_is_certain(said):
    named = said("Nothing happens", component_id=2)["component"]
    assert (named.value, named.confidence, named.origin) == ("catalog-api", 1.0, "rule")
    assert named.reason == "named by the reporter"


@pytest.mark.parametrize(
    "report",
    [
        {"title": "My postcode is refused"},
        {"title": "Checkout does nothing"},
        {"title": "Nothing happens", "context": {"page": "https://shop.example/checkout?step=2"}},
        {"title": "Nothing happens", "context": {"url": "/cart/17"}},
        {"title": "POST /checkout answers 400"},
    ],
)
def test_component_is_found_by_name_hint_and_page(said, report):
    found = said(**report)["component"]
    assert (found.value, found.applied, found.origin) == ("checkout", True, "rule")
    assert found.reason.startswith("because of: ")


def test_component_is_left_out_without_a_sign(said):
    assert "component" not in said("My letters come twice")


def test_two_components_alike_are_not_applied(said):
    torn = said("The stock in my basket is wrong")["component"]
    assert not torn.applied
    assert "fits as well" in torn.reason


def test_broken_page_context_harms_nothing(said):
    assert "category" in said("Help", context={"page": "http://[broken", "url": 7, "route": None})


@pytest.mark.parametrize(
    "title",
    [
        "After the update all my orders are gone",
        "We have a data breach, addresses leaked to a partner",
        "I can see other customers' invoices in my account",
        "Alla mina anteckningar är borta efter uppdateringen",
        "Jag ser någon annans beställningar när jag loggar in",
    ],
)
def test_words_of_lost_data_or_broken_security_put_a_floor_of_sev2(said, title):
    severity = said(title)["severity"]
    assert (severity.value, severity.origin, severity.applied) == ("2", "rule", True)
    assert "until a person checks" in severity.reason
    assert severity.decider in {"rule: data-loss words", "rule: security words"}


SEARCHES = [search for told in RULES.values() for search in told]


@pytest.mark.parametrize(("words", "pattern"), SEARCHES, ids=range(len(SEARCHES)))
@given(data=st.data())
@settings(max_examples=30, deadline=None)
def test_whatever_a_search_for_damage_finds_holds_one_of_the_words_it_is_tried_for(words, pattern, data):
    found = data.draw(st.from_regex(pattern.pattern.removeprefix("(?i)"), fullmatch=True))
    assert any(word in found.lower() for word in words)


@pytest.mark.parametrize(
    "text",
    [
        "The import stopped but no data was lost",
        "No customer records were deleted and no passwords leaked",
        "It did not show someone else's order, only mine",
        "Backups protect us against data loss",
        "Inga uppgifter har läckt och inget är raderat",
        "What happens if all my files are deleted?",
        "The security check at the airport took long",
    ],
)
def test_denied_or_imagined_damage_puts_no_floor(text):
    assert floor_of(text) is None


def test_model_never_says_sev1(trained):
    model, _figures = trained
    worst = [example for example in read_corpus() if example.severity == "1"]
    rows = [Feedback(title=example.text[:300], channel="api") for example in worst]
    severities = [found[1] for found in classify(rows, [], model=model)]
    assert {severity.value for severity in severities} & {"1"} == set()
    assert any("SEV1" in severity.reason for severity in severities)


def alert(**more):
    return {"channel": "alert", "context": {"alert": {"severity": "critical", "suggested_severity": 2} | more}}


def test_alert_takes_its_severity_from_the_machine_by_rule(said):
    severity = said("InstanceDown web-03", **alert())["severity"]
    assert (severity.value, severity.confidence, severity.origin) == ("2", 1.0, "rule")


def test_alert_has_no_tone(said):
    assert said("InstanceDown web-03", **alert())["sentiment"].value == "neutral"


def test_alert_category_comes_from_its_label(said):
    labelled = said("Nightly job", **alert(labels={"category": "data_integrity"}))["category"]
    assert (labelled.value, labelled.origin) == ("data_integrity", "rule")


def test_alert_category_comes_from_its_name_where_no_label_says(said):
    assert said("HighLatency on /orders", **alert(labels={}))["category"].value == "performance"


def test_person_cannot_claim_to_be_a_machine(said):
    claimed = said("InstanceDown web-03", channel="widget", context=alert()["context"])["severity"]
    assert claimed.confidence < 1.0


def test_empty_batch_gives_an_empty_answer(trained):
    assert classify([], [], model=trained[0]) == []


@pytest.mark.parametrize("text", ["", " ", "\n\n", "???", "漢字", "\U0001f621" * 40, "a" * 2_000_000])
def test_odd_text_is_classified_like_any_other(said, text):
    assert {"category", "severity", "sentiment"} <= said("x", text).keys()


def test_batch_says_what_single_reports_say(trained):
    model, _figures = trained
    rows = [Feedback(title=example.text[:300], channel="api") for example in read_corpus()[::97]]
    assert classify(rows, [CHECKOUT], model=model) == [classify([row], [CHECKOUT], model=model)[0] for row in rows]


def test_prepared_text_masks_numbers_and_keeps_status_codes():
    prepared = prepare("Order 4711 gave 503 at https://shop.example/x").split()
    assert {"order", "0", "503", "webaddress"} <= set(prepared)
    assert "4711" not in prepared


def test_address_and_path_are_no_unhappy_face():
    assert "facebad" not in prepare("See https://shop.example/cart and C:/temp, at 10:/30").split()
    assert "facegood" not in prepare("Fails with (code:D41)").split()
    assert {"facebad", "facegood"} <= set(prepare("It is gone :( and back :) now").split())
    assert "facebad" in prepare("hm :/").split()


@pytest.mark.parametrize(
    ("text", "marks"),
    [
        ("I love it", ["feelglad"]),
        ("this is not good", ["feelsorry"]),
        ("Det är inte bra", ["feelsorry"]),
        ("awful, just awful", ["feelsorry", "feelsorry"]),
        ("not bad", []),
        ("The list has nine rows", []),
    ],
)
def test_words_of_feeling_are_counted_and_turned_round_where_denied(text, marks):
    assert list(feelings_in(words_of(text))) == marks


@pytest.mark.parametrize(
    ("block", "as_sklearn_says_it"),
    [
        ("words", {"ngram_range": (1, 2), "token_pattern": r"(?u)\b\w+\b"}),
        ("pieces", {"analyzer": "char_wb", "ngram_range": (2, 5), "min_df": 2}),
    ],
)
def test_reading_weighs_terms_as_tf_idf(block, as_sklearn_says_it):
    texts = [prepare(text) for text in ["", "a", "é 漢字", "x " * 700, *(each.text for each in read_corpus()[::19])]]
    rows = np.arange(len(texts))
    features, seen = Counted(texts).learn(rows, then=rows)
    vectorizer = TfidfVectorizer(sublinear_tf=True, **as_sklearn_says_it)
    wanted = vectorizer.fit_transform(texts)
    names = features.blocks[block].names
    first = {"words": 0, "pieces": len(features.blocks["words"].names)}[block]
    ours = [first + names.index(name) for name in vectorizer.get_feature_names_out()]
    assert len(names) == len(ours)
    assert features.told(ours[-1]) == (block, names[ours[-1] - first].strip())
    assert abs(seen[:, ours] - wanted).max() < 1e-5
    assert abs(features.read(texts) - seen).max() < 1e-6


def test_opening_joins_words_that_stand_near_each_other_in_either_order():
    rows = np.arange(2)
    texts = ["card was charged twice", "charged twice, my card"]
    names = Counted(texts).learn(rows, then=rows)[0].blocks["opening"].names
    assert {"card~charg", "card~twic", "charg~twic"} <= set(names)


def test_model_file_is_private_checked_and_gives_the_same_answers(trained, tmp_path):
    model, _figures = trained
    path = tmp_path / "models" / "text-model-7.skops"
    digest = text_model.save(model, path)
    assert path.stat().st_mode & 0o777 == 0o600
    loaded = text_model.load(path, digest=digest)
    rows = [Feedback(title="Checkout crashes", channel="api")]
    assert classify(rows, [], model=loaded) == classify(rows, [], model=model)


def test_changed_model_file_is_refused(trained, tmp_path):
    path = tmp_path / "text-model-7.skops"
    digest = text_model.save(trained[0], path)
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(text_model.ModelFileProblem):
        text_model.load(path, digest=digest)


def test_calibration_error_is_the_gap_between_confidence_and_truth():
    assert calibration_error(np.array([0.9, 0.9]), np.array([True, False])) == pytest.approx(0.4)
    assert figures_of(np.array([[0.9, 0.1], [0.2, 0.8]]), np.array([0, 1]))["accuracy"] == 1.0


def test_only_what_is_surely_about_ai_is_asked_how_the_ai_failed(said):
    assert "ai_failure" not in said(
        "Pickup date wrong by one day again", "The mail says the 14th, the store says the 15th."
    )
    assert said("The answer is wrong", kind="ai_answer")["ai_failure"].value == "incorrect"
    assert said("The chatbot answers wrong")["ai_failure"].reason == "because of: “wrong”"


def test_machines_are_not_asked_for_spam_language_or_governance(said):
    found = said("429 on /search", "Our quota is used up, rate limited", channel="alert", context={"alert": {}})
    assert not {"spam", "language", "governance", "ai_failure"} & found.keys()
