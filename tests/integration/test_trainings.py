"""What people decide becomes labels, labels a challenger, a better challenger the champion; and all of it can be undone."""

import hashlib
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from hypercare.core import clock
from hypercare.core.models import Launch
from hypercare.core.timeline import SYSTEM, Actor
from tests.integration.rows import make_feedback, make_issue
from triage import closing, lifecycle, merging, overrides
from triage.classify import classify as classifier
from triage.classify import text_model
from triage.classify.classify import load_model
from triage.classify.corpus import FOLDER, corpus_digest, read_corpus
from triage.classify.train import train
from triage.classify.versions import FORMAT, champion_of, path_of
from triage.learn import champions, tickets, trainings
from triage.learn.card import card_of
from triage.learn.contest import meet
from triage.learn.examples import examples_of
from triage.learn.questions import questions_of
from triage.learn.recent import split
from triage.learn.retrain import ABSTAINED, KEPT, PROMOTED, retrain, settle
from triage.learn.teach import teach as lesson
from triage.models import Decision, Label, Match, ModelVersion, OldTicket, TicketImport, Training

# Words that no text of the seed corpus has, so that only a launch's own decisions can teach them.
WORDS = {"bug": "zimbel kraxa blunkar", "praise": "vextor lyser finfint", "question": "plomma undrar kvart"}


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    """Five texts of each category, and the model that they teach, trained once for all tests here."""
    folder, shelf = tmp_path_factory.mktemp("corpus"), tmp_path_factory.mktemp("models")
    for path in FOLDER.glob("*.csv"):
        (folder / path.name).write_text("\n".join(path.read_text().splitlines()[:6]) + "\n")
    model, figures = train(read_corpus(folder), number=1)
    digest = text_model.save(model, shelf / "text-model-1.skops")
    return folder, shelf, digest, figures | {"corpus": corpus_digest(folder), "format": FORMAT, "encoder": ""}


@pytest.fixture
def small(shelf, settings, db, now):
    """The small corpus, with its model as the shipped one."""
    folder, settings.MODELS_HOME, digest, figures = shelf
    ModelVersion.objects.create(
        name="text", number=1, path="text-model-1.skops", digest=digest, figures=figures, trained_at=now
    )
    return folder


@pytest.fixture(autouse=True)
def fresh_process(monkeypatch):
    """A process that holds no model yet and looks every time."""
    monkeypatch.setattr(classifier, "_held", type(classifier._held)())
    monkeypatch.setattr(classifier, "LOOK_AGAIN_SECONDS", 0.0)


@pytest.fixture
def lead(people):
    """Alice, who manages the launch."""
    return Actor.person(people["lead"])


@pytest.fixture
def teach(launch, now):
    """Lets people label so many reports of made-up words, the oldest first; says what each was labelled."""

    def label(count, *users, days_ago=10, value=None):
        for number in range(count):
            true = list(WORDS)[number % len(WORDS)]
            row = make_feedback(launch, now=now, title=f"{WORDS[true]} {_spelled(number)}", body="igen")
            user = users[number % len(users)]
            at = now - timedelta(days=days_ago) + timedelta(minutes=number)
            Label.objects.create(
                launch=launch, way="override", field="category", value=value or true, feedback=row, said_value="usability",
                said_by="text model 1", actor=user, actor_name=str(user), labelled_at=at,
            )  # fmt: skip

    return label


def _spelled(number):
    """A word of its own for each number, since texts that differ in numbers alone are one."""
    return "".join("aeiouybdfg"[int(digit)] + "k" for digit in str(number))


def said(launch, report, field="category"):
    return Decision.objects.create(
        launch=launch, feedback=report, field=field, value="usability", origin="model", decider="text model 1",
        confidence=0.7, reason="because of: “basket”", decided_at=report.received_at,
    )  # fmt: skip


def ways(launch):
    return list(
        Label.objects.filter(launch=launch, withdrawn_at=None).order_by("id").values_list("way", "field", "value")
    )


def test_correction_confirmation_and_release_are_labels(launch, lead, now):
    row, other = make_feedback(launch, now=now), make_feedback(launch, now=now)
    for report in (row, other):
        said(launch, report)
    act = {"actor": lead, "now": now}
    overrides.override_feedback(row, field="category", value="bug", reason="", **act)
    overrides.override_feedback(other, field="category", value="usability", reason="", **act)
    assert ways(launch) == [("override", "category", "bug"), ("accept", "category", "usability")]
    label = Label.objects.get(value="bug")
    assert (label.said_value, label.said_by, label.said_confidence, label.actor, label.feedback) == (
        "usability", "text model 1", 0.7, lead.user, row)  # fmt: skip
    overrides.release_feedback(row, field="category", **act)
    assert ways(launch) == [("accept", "category", "usability")]


def test_merges_are_answered_pairs_and_answers_to_proposals_are_labels(launch, lead, now):
    one, other = make_issue(launch, now=now), make_issue(launch, now=now)
    merging.merge(one.pk, into_id=other.pk, actor=lead, now=now)
    assert card_of(launch, now=now).pairs == {"same": 1}
    merging.unmerge(one.pk, actor=lead, now=now)
    assert card_of(launch, now=now).pairs == {"different": 1}
    Decision.objects.create(launch=launch, issue=other, field="resolution", value="close", origin="rule", decider="rule: x",
                            confidence=0.8, reason="over", applied=False, decided_at=now)  # fmt: skip
    closing.keep_open(other.pk, actor=lead, now=now)
    assert [way for way, _field, _value in ways(launch)] == ["reject"]


def test_what_is_taken_up_uncorrected_is_let_stand(launch, lead, now):
    issue, row = make_issue(launch, now=now), make_feedback(launch, now=now)
    Match.objects.create(feedback=row, issue=issue, origin="model", confidence=0.9, reason="alike", matched_at=now)
    said(launch, row)
    lifecycle.move(issue.pk, to="triaged", actor=SYSTEM, now=now)
    assert ways(launch) == []
    lifecycle.move(make_issue(launch, now=now).pk, to="triaged", actor=lead, now=now)
    issue.refresh_from_db()
    issue.status = "new"
    issue.save()
    lifecycle.move(issue.pk, to="triaged", actor=lead, now=now)
    assert ways(launch) == [("let_stand", "category", "usability")]


def test_better_challenger_decides_until_it_is_rolled_back(launch, people, lead, teach, small, now):
    teach(120, people["lead"], people["agent"])
    found = split(examples_of(launch), seen_until=None)
    taught = lesson(found.learned, seed=read_corpus(small), components=[])
    contest = meet(load_model(now=now, corpus=small), taught.model, found.held, fields=["category"])
    outcome = settle(launch, taught.model, {}, contest, found, met=None, now=now)
    assert outcome.name == PROMOTED, outcome.reason
    assert champion_of(launch.pk) == outcome.version
    assert contest.whole.gained > 20
    assert load_model(now=now, launch_id=launch.pk, corpus=small).name == f"text model {outcome.version.number}"
    assert load_model(now=now, corpus=small).number == 1
    champions.roll_back(launch, actor=lead, now=now)
    assert champion_of(launch.pk) is None
    assert load_model(now=now, launch_id=launch.pk, corpus=small).number == 1
    again = settle(launch, taught.model, {}, contest, found, met=None, now=now)
    assert (again.name, champion_of(launch.pk)) == (KEPT, None)
    assert "rolled back" in again.reason
    champions.promote(launch, again.version.number, actor=lead, now=now)
    assert champion_of(launch.pk) == again.version
    assert not champions.is_held_back(launch)


def test_one_persons_spree_is_bounded_seen_and_never_promoted_alone(launch, people, teach, small, now):
    teach(20, people["lead"], days_ago=20)
    teach(110, people["agent"], value="praise")
    outcome = retrain(launch, now=now, folder=small)
    assert outcome.name == KEPT
    assert "one person" in outcome.reason
    loudest = card_of(launch, now=now).voices[0]
    assert (loudest.name, loudest.words) == (str(people["agent"]), 110)
    assert outcome.version.figures["voices"][f"user:{people['agent'].pk}"]["heard"] < 0.5


def test_too_little_to_learn_from_is_said(launch, people, teach, small, now):
    teach(30, people["lead"], people["agent"])
    outcome = retrain(launch, now=now, folder=small)
    assert (outcome.name, outcome.version) == (ABSTAINED, None)
    assert "Too few" in outcome.reason


def test_broken_file_gives_the_word_to_the_shipped_model_and_says_so(launch, people, small, now, caplog):
    ModelVersion.objects.create(
        launch=launch, name="text", number=9, path="text-model-9.skops", digest="0" * 64, trained_at=now,
        standing="champion", decided_from=now,
    )  # fmt: skip
    path_of(champion_of(launch.pk)).write_bytes(b"something else")
    assert load_model(now=now, launch_id=launch.pk, corpus=small).number == 1
    assert "is not used" in caplog.text
    browser = Client()
    browser.force_login(people["lead"])
    page = browser.get("/launches/shop/model/").content.decode()
    assert "missing, changed or of another format" in page
    assert "The shipped model decides" in page
    assert "would decide" in page
    unreadable = hashlib.sha256(b"something else").hexdigest()  # as another version of a library may find it
    ModelVersion.objects.filter(launch=launch).update(digest=unreadable)
    assert load_model(now=now, launch_id=launch.pk, corpus=small).number == 1


def test_night_asks_once_where_enough_was_decided(launch, people, teach, now):
    Launch.objects.update(created_at=now - timedelta(days=30))
    teach(12, people["lead"])
    for _tick in range(2):
        trainings.ask_for_the_night(now=now)
    assert Training.objects.get().asked_name == "Hypercare"
    Training.objects.update(ended_at=now)
    trainings.ask_for_the_night(now=now + timedelta(days=1))
    assert Training.objects.count() == 1


def test_training_that_died_is_ended_with_a_reason(launch, lead, now):
    asked = trainings.ask(launch, actor=lead, now=now)
    assert trainings.ask(launch, actor=lead, now=now) == asked
    Training.objects.update(begun_at=now - timedelta(hours=1))
    trainings.start_waiting(now=now)
    asked.refresh_from_db()
    assert (asked.outcome, asked.ended_at) == ("failed", now)


CSV = (
    "Summary,Details,Type,Priority,Created\n"
    "Basket empty,My card 4111 1111 1111 1111 was charged,Defect,P1,2026-04-01\n"
    "More colours,Please,Gizmo,P4,2026-04-02\n"
    ",,Defect,P1,2026-04-03\n"
)


def test_old_tickets_are_mapped_redacted_read_and_refused_one_by_one(launch, people, now):
    browser = Client()
    browser.force_login(people["lead"])
    sent = browser.post("/launches/shop/model/tickets/", {"file": SimpleUploadedFile("jira.csv", CSV.encode())})
    run = TicketImport.objects.get()
    assert sent["Location"] == f"/launches/shop/model/tickets/{run.pk}/"
    assert run.mapping["words"] == {"category": {"Defect": "bug"}, "severity": {"P1": "2", "P4": "5"}}
    assert not OldTicket.objects.filter(cells__icontains="4111").exists()
    page = browser.get(sent["Location"]).content.decode()
    assert "Basket empty" in page
    assert "Gizmo" in page
    form = {"do": "start", "column-title": "0", "column-body": "1", "column-category": "2", "column-happened_at": "4"}
    browser.post(sent["Location"], form)
    tickets.read_waiting(clock=lambda: now)
    done = browser.get(sent["Location"]).content.decode()
    assert "1 teach, 2 could not be used" in done
    assert "“Gizmo” has no meaning here." in done
    assert OldTicket.objects.get(error="").said == {"category": "bug"}
    assert card_of(launch, now=now).voices[0].is_import
    browser.post(sent["Location"], {"do": "remove"})
    assert not OldTicket.objects.exists()


def test_tickets_come_by_the_api_in_our_words_alone(api, launch, now):
    good = {"title": "Basket empty", "category": "bug", "happened_at": "2026-04-01T10:00:00Z"}
    path = "/api/v1/launches/shop/model/tickets/"
    assert api.post(path, {"name": "Jira", "tickets": [good | {"category": "gizmo"}]}, format="json").status_code == 400
    assert api.post(path, {"name": "Jira", "tickets": [good]}, format="json").status_code == 202
    tickets.read_waiting(clock=lambda: now)
    assert api.get(path).json()[0]["read"] == 1
    assert api.get("/api/v1/launches/shop/model/").json()["written"]["category"]["bug"] == 1


def test_import_ends_when_its_last_ticket_is_read_and_goes_whole_when_it_is_cancelled(
    launch, people, api, now, monkeypatch
):
    monkeypatch.setattr(tickets, "READ_AT_ONCE", 2)
    path, browser = "/api/v1/launches/shop/model/tickets/", Client()
    some = [{"title": f"Basket {word}", "category": "bug"} for word in ("empty", "gone", "lost")]
    first = api.post(path, {"name": "Jira", "tickets": some}, format="json").json()["id"]
    second = api.post(path, {"name": "Trac", "tickets": some}, format="json").json()["id"]
    assert tickets._read_some(second, now=now)
    assert api.get(f"{path}{second}/").json()["read"] == 2
    browser.force_login(people["lead"])
    page = f"/launches/shop/model/tickets/{second}/"
    assert "All 3 tickets of “Trac” are removed" in browser.post(page, {"do": "remove"}, follow=True).content.decode()
    assert set(OldTicket.objects.values_list("run", flat=True)) == {first}
    assert browser.get(f"{page}progress/").status_code == 404
    minutes = (now + timedelta(minutes=minute) for minute in range(9))
    tickets.read_waiting(clock=lambda: next(minutes))
    assert TicketImport.objects.get().ended_at == now + timedelta(minutes=2)
    assert api.delete(f"{path}{first}/").status_code == 204
    assert not OldTicket.objects.exists()
    assert api.delete(f"{path}{first}/").status_code == 404


def test_questions_come_near_the_threshold_spread_and_never_twice_alike(launch, now):
    def ask(title, value, confidence):
        row = make_feedback(launch, now=now, title=title)
        Decision.objects.create(launch=launch, feedback=row, field="category", value=value, origin="model", decider="m",
                                confidence=confidence, reason="r", decided_at=now)  # fmt: skip

    ask("The basket loses two articles after every payment", "bug", 0.61)
    ask("The basket loses two articles after every payment!", "bug", 0.60)
    ask("Somebody thanked us for the gift wrapping", "praise", 0.95)
    ask("Invoices arrive without any tax number", "bug", 0.30)
    found = questions_of(launch, field="category", now=now)
    assert [one.said.value for one in found] == ["bug", "praise", "bug"]
    assert [one.said.confidence for one in found] == [0.60, 0.95, 0.30]


def test_answer_is_a_decision_and_the_next_question_comes(launch, people):
    row = make_feedback(launch, now=clock.now())
    said(launch, row)
    browser = Client()
    browser.force_login(people["agent"])
    assert "usability" in browser.get("/launches/shop/teach/").content.decode().lower()
    answered = browser.post(f"/launches/shop/teach/{row.key}/", {"field": "category", "value": "bug"}, follow=True)
    row.refresh_from_db()
    assert row.category == "bug"
    assert ways(launch) == [("override", "category", "bug")]
    assert "Nothing to ask" in answered.content.decode()
