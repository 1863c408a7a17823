"""Models and the questions about them when something goes wrong: files that nobody can read, two people at once, roll-backs."""

import hashlib
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from hypercare.core import clock
from hypercare.core.problem import Problem
from hypercare.core.timeline import SYSTEM, Actor
from tests.integration.rows import make_feedback
from triage.classify import classify as classifier
from triage.classify.classify import load_model
from triage.classify.corpus import FOLDER, corpus_digest
from triage.classify.versions import FORMAT, champion_of, path_of
from triage.learn import champions, tickets
from triage.learn.card import card_of
from triage.learn.contest import Contest, Meeting
from triage.learn.examples import Example, Word, examples_of
from triage.learn.recent import Split
from triage.learn.retrain import KEPT, settle
from triage.learn.ticket_words import Mapping
from triage.models import Decision, Label, ModelVersion, OldTicket, TicketImport

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def home(settings, tmp_path, monkeypatch):
    """A shelf of its own, and a process that holds no model yet and looks every time."""
    settings.MODELS_HOME = tmp_path
    monkeypatch.setattr(classifier, "_held", type(classifier._held)())
    monkeypatch.setattr(classifier, "LOOK_AGAIN_SECONDS", 0.0)
    return tmp_path


@pytest.fixture
def lead(people):
    return Actor.person(people["lead"])


def version(launch, number, now, **more):
    """A version whose file is there and is what was written, though no model."""
    content = f"version {number}".encode()
    given = {"digest": hashlib.sha256(content).hexdigest(), "figures": {"format": FORMAT, "encoder": ""}} | more
    row = ModelVersion.objects.create(
        launch=launch, name="text", number=number, path=f"text-model-{number}.skops", trained_at=now, **given
    )
    path_of(row).write_bytes(content)
    return row


def number_of_champion(launch):
    champion = champion_of(launch.pk)
    return champion.number if champion else None


def test_version_that_was_rolled_back_does_not_come_back_by_the_next_roll_back(launch, lead, now):
    for number in (1, 2, 3):
        version(launch, number, now)
    minutes = (now + timedelta(minutes=minute) for minute in range(9))
    champions.promote(launch, 1, actor=lead, now=next(minutes))
    champions.promote(launch, 2, actor=lead, now=next(minutes))
    champions.roll_back(launch, actor=lead, now=next(minutes))
    champions.promote(launch, 3, actor=lead, now=next(minutes))
    champions.roll_back(launch, actor=lead, now=next(minutes))
    assert number_of_champion(launch) == 1
    champions.roll_back(launch, actor=lead, now=next(minutes))
    assert number_of_champion(launch) is None


@pytest.mark.parametrize(
    "figures", [{"format": FORMAT - 1, "encoder": ""}, {"format": FORMAT, "encoder": "another encoder"}]
)
def test_whole_file_that_this_version_cannot_read_neither_decides_nor_is_said_to(launch, lead, now, figures):
    version(launch, 7, now, figures=figures)
    with pytest.raises(Problem) as refused:
        champions.promote(launch, 7, actor=lead, now=now)
    assert refused.value.status == 409
    ModelVersion.objects.update(standing="champion", decided_from=now)
    deciding = card_of(launch, now=now).deciding
    assert (deciding.is_own, deciding.is_broken) == (False, True)


def won():
    return Contest(Meeting(40, 0), {"category": Meeting(40, 0)}, {}, {})


def learned(launch, people, now):
    words = {"category": Word("bug", "user:1", 3.0)}
    one = Example(make_feedback(launch, now=now), words, now)
    return Split([one], [one], one_voice=False)


def test_challenger_that_met_a_version_which_no_longer_decides_waits(launch, people, lead, now, monkeypatch):
    version(launch, 1, now)
    version(launch, 2, now)
    champions.promote(launch, 1, actor=SYSTEM, now=now)
    met = champion_of(launch.pk)
    champions.promote(launch, 2, actor=lead, now=now + timedelta(minutes=1))
    monkeypatch.setattr("triage.classify.text_model.save", lambda _model, path: path.write_bytes(b"") and "0")
    outcome = settle(launch, Numbered(), {}, won(), learned(launch, people, now), met=met, now=now)
    assert (outcome.name, number_of_champion(launch)) == (KEPT, 2)
    assert "while it was trained" in outcome.reason


class Numbered:
    """As much of a model as a shelf asks of it."""

    features = SimpleNamespace(middle=None)

    def numbered(self, _number):
        return self


def test_shipped_model_that_cannot_be_read_is_trained_anew(now, tmp_path):
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for path in FOLDER.glob("*.csv"):
        (corpus / path.name).write_text("\n".join(path.read_text().splitlines()[:4]) + "\n")
    figures = {"format": FORMAT, "encoder": "", "corpus": corpus_digest(corpus)}
    version(None, 5, now, figures=figures)
    assert load_model(now=now, corpus=corpus).number == 6
    assert load_model(now=now, corpus=corpus).number == 6


def test_person_learns_that_somebody_else_answered_the_question_meanwhile(launch, people, now):
    row = make_feedback(launch, now=now)
    Decision.objects.create(launch=launch, feedback=row, field="category", value="usability", origin="model",
                            decider="text model 1", confidence=0.5, reason="r", decided_at=now)  # fmt: skip
    one, other = Client(), Client()
    one.force_login(people["agent"])
    other.force_login(people["lead"])
    address = f"/launches/shop/teach/{row.key}/"
    for _twice in range(2):
        first = one.post(address, {"field": "category", "value": "bug"}, follow=True).content.decode()
    assert f"{row.key}: Type is set." in first.replace("</a>", "")
    late = other.post(address, {"field": "category", "value": "praise"}, follow=True).content.decode()
    row.refresh_from_db()
    assert (row.category, Label.objects.get().value) == ("bug", "bug")
    assert "answered" in late
    assert str(people["agent"]) in late
    one.post(address, {"field": "category", "value": "praise"})
    row.refresh_from_db()
    assert row.category == "praise"


def test_question_says_once_that_the_model_does_not_know(launch, people):
    row = make_feedback(launch, now=clock.now())
    reason = "abstained: the likeliest of all is only 30 % likely"
    Decision.objects.create(launch=launch, feedback=row, field="category", value="", origin="model", decider="text model 1",
                            confidence=0.3, reason=reason, applied=False, decided_at=row.received_at)  # fmt: skip
    browser = Client()
    browser.force_login(people["agent"])
    page = browser.get("/launches/shop/teach/").content.decode()
    assert "The model abstained: the likeliest of all is only 30 % likely." in page
    assert "does not guess" not in page


def test_who_may_only_read_learns_nothing_of_single_teachers(api, launch, people, now):
    figures = {"format": FORMAT, "voices": {"user:7": {"heard": 0.4, "agrees": 0.2}}, "texts": 40}
    version(launch, 1, now, figures=figures)
    shown = api.get("/api/v1/launches/shop/model/").json()["versions"][0]["figures"]
    assert shown["texts"] == 40
    assert "voices" not in shown


def test_class_rests_on_what_the_deciding_version_learned(launch, people, now):
    rows = [make_feedback(launch, now=now, title=f"Report {number}") for number in range(60)]
    Label.objects.bulk_create(
        Label(launch=launch, way="override", field="category", value="bug", feedback=row, actor=people["lead"],
              actor_name="Alice", labelled_at=now) for row in rows
    )  # fmt: skip

    def bug():
        return next(line for line in card_of(launch, now=now).fields[0].classes if line.value == "bug")

    assert (bug().written, bug().learned, bug().rests_on_seed) == (60, 0, True)
    version(launch, 1, now, standing="champion", decided_from=now,
            figures={"format": FORMAT, "encoder": "", "people": {"category": {"bug": 55}}})  # fmt: skip
    assert (bug().written, bug().learned, bug().rests_on_seed) == (60, 55, False)


def imported(launch, lead, now, cells):
    table = tickets.Table(["title", "type", "created"], [(2, cells)])
    run = tickets.upload(launch, table, name="x.csv", actor=lead, now=now)
    mapping = Mapping({"title": 0, "category": 1, "happened_at": 2}, {"category": {"Bug": "bug"}})
    tickets.start(run, mapping, actor=lead, now=now)
    return run


def test_tickets_in_three_files_are_one_voice_and_no_more_queries(launch, lead, people, api, now):
    browser, shown = Client(), []
    browser.force_login(people["lead"])
    for title in ("Basket empty", "Basket is gone", "Basket lost"):
        imported(launch, lead, now, [title, "Bug", "2026-04-01"])
        tickets.read_waiting(clock=lambda: now)
        with CaptureQueriesContext(connection) as asked:
            browser.get("/launches/shop/model/tickets/")
            listed = api.get("/api/v1/launches/shop/model/tickets/").json()
        shown.append(len(asked))
    assert [(one["read"], one["refused"]) for one in listed] == [(1, 0)] * 3
    assert shown[1] == shown[2]
    assert {voice for one in examples_of(launch) for voice in one.voices} == {f"import:{people['lead'].pk}"}
    [voice] = card_of(launch, now=now).voices
    assert (voice.name, voice.words, voice.is_import) == (str(people["lead"]), 3, True)


@pytest.mark.parametrize("day", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "0000-00-00", "0001-01-01"])
def test_ticket_of_an_impossible_day_keeps_no_other_from_being_read(launch, lead, now, day):
    odd = imported(launch, lead, now, ["Basket empty", "Bug", day])
    good = imported(launch, lead, now, ["Basket is gone", "Bug", "2026-04-01"])
    tickets.read_waiting(clock=lambda: now)
    assert set(TicketImport.objects.exclude(ended_at=None)) == {odd, good}
    assert OldTicket.objects.get(run=good).said == {"category": "bug"}
    assert len(examples_of(launch)) == (2 if day.startswith("9999") else 1)
