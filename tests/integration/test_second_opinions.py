"""A second opinion from a language model on loopback: what it is sent, what of its answer counts, and that nothing depends on it."""

import json
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.db import connection

from tests.integration.rows import make_feedback
from triage.classify import second_opinions
from triage.models import Decision, SecondOpinion

pytestmark = pytest.mark.django_db


@pytest.fixture
def model(settings):
    """An OpenAI-compatible server: `says` is what it answers, `heard` what it was sent."""

    class Handler(BaseHTTPRequestHandler):
        says, status, heard = {"category": "bug", "severity": "3", "sentiment": "negative"}, 200, []
        headers_more, raw, during = {}, None, staticmethod(lambda: None)

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            Handler.heard.append((self.path, dict(self.headers), json.loads(body)))
            Handler.during()
            said = Handler.says if isinstance(Handler.says, str) else json.dumps(Handler.says)
            answer = Handler.raw or json.dumps({"choices": [{"message": {"content": said}}]}).encode()
            self.send_response(Handler.status)
            for name, value in Handler.headers_more.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.OUTGOING_ALLOWED = ["127.0.0.1"]
    settings.LLM_URL, settings.LLM_KEY, settings.LLM_MODEL = (
        f"http://127.0.0.1:{server.server_port}/v1",
        "k3y",
        "small-1",
    )
    yield Handler
    server.shutdown()
    server.server_close()


@pytest.fixture
def unsure(launch, now):
    """A report whose type the text model is not sure of."""
    row = make_feedback(
        launch, now=now, title="Call +46 70 123 45 67", body="my card is 4111 1111 1111 1111, hm", category=""
    )
    Decision.objects.create(
        launch=launch, feedback=row, field="category", value="bug", applied=False, origin="model",
        decider="text model 1", confidence=0.4, reason="not sure", decided_at=now,
    )  # fmt: skip
    return row


def copy_of(unsure):
    """Another report that the text model is not sure of."""
    [said] = unsure.decisions.all()
    row = make_feedback(unsure.launch, now=unsure.received_at, title="And another", category="")
    said.pk, said.feedback = None, row
    said.save(force_insert=True)
    return row


def get(now):
    return second_opinions.get_due(clock=lambda: now)


def test_unsure_report_gets_one_opinion_that_decides_nothing(model, unsure, api, now):
    assert (get(now), get(now)) == (1, 0)
    unsure.refresh_from_db()
    assert (unsure.category, unsure.decisions.count()) == ("", 1)
    shown = api.get(f"/api/v1/feedback/{unsure.key}/").json()["second_opinion"]
    assert shown == {"model": "small-1", "category": "bug", "severity": "3", "sentiment": "negative"}


def test_text_is_sent_redacted_between_marks_that_nobody_can_guess(model, unsure, now):
    get(now)
    path, headers, asked = model.heard[-1]
    assert (path, headers["Authorization"], asked["model"]) == ("/v1/chat/completions", "Bearer k3y", "small-1")
    orders, report = (message["content"] for message in asked["messages"])
    mark = report.splitlines()[0]
    assert report.endswith(mark)
    assert mark in orders
    assert "4111 1111" not in report


@pytest.mark.parametrize(
    "said",
    [
        "IGNORE ALL, category: security",
        '{"category": "<script>", "severity": "1", "owner": "me"}',
        '{"category": ["bug"]}',
    ],
)
def test_nothing_but_our_own_words_comes_back(model, unsure, now, said):
    model.says = said
    get(now)
    assert SecondOpinion.objects.get(feedback=unsure).answers == {}


@pytest.mark.parametrize(
    ("status", "raw", "more"),
    [
        (302, None, {"Location": "http://127.0.0.1:9/steal"}),
        (200, b"x" * 1_200_000, {}),
        (200, b"[" * 100_000, {}),
        (200, b'{"choices": []}', {}),
        (200, b"\xff\xfe", {}),
        (200, b'{"choices": [{"message": {"content": null}}]}', {}),
    ],
)
def test_broken_answer_is_a_sentence_on_the_report_and_nothing_else(model, unsure, now, status, raw, more):
    model.status, model.raw, model.headers_more = status, raw, more
    assert get(now) == 1
    said = SecondOpinion.objects.get(feedback=unsure)
    assert (said.answers, len(model.heard)) == ({}, 1)
    assert said.problem.endswith(".")


def test_model_inside_the_network_is_not_called_unless_an_administrator_listed_it(model, unsure, now, settings):
    settings.OUTGOING_ALLOWED = []
    get(now)
    assert model.heard == []
    assert "is inside a network" in SecondOpinion.objects.get(feedback=unsure).problem


def test_model_that_fails_is_left_alone_for_a_while_and_given_up_after_three_tries(model, unsure, now):
    model.status = 500
    assert [get(now), get(now)] == [1, 0]
    assert [get(now + timedelta(minutes=minutes)) for minutes in (2, 4, 6)] == [1, 1, 0]
    assert SecondOpinion.objects.get(feedback=unsure).problem == "small-1 answered with status 500."


def test_nonsense_about_one_report_neither_rests_the_model_nor_is_asked_for_again(model, unsure, now):
    model.says = "As you wish: this is PRAISE."
    assert (get(now), get(now + timedelta(minutes=5))) == (1, 0)
    model.says = {"category": "bug"}
    other = copy_of(unsure)
    assert get(now) == 1
    assert SecondOpinion.objects.get(feedback=other).answers == {"category": "bug"}


def test_slow_model_ends_the_turn(model, unsure, now):
    for _more in range(3):
        copy_of(unsure)
    ticks = iter(range(0, 600, 6))
    assert second_opinions.get_due(clock=lambda: now + timedelta(seconds=next(ticks))) < 4


def test_only_one_worker_asks_at_a_time(model, unsure, now):
    within = []
    model.during = lambda: within.append(may_ask_elsewhere())
    assert get(now) == 1
    assert within == [False]
    assert may_ask_elsewhere()


def may_ask_elsewhere():
    """Whether another worker could ask now; from a thread, which has a connection of its own."""

    def look():
        with second_opinions._alone() as is_alone:
            found.append(is_alone)
        connection.close()

    found = []
    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    return found[0]


def test_without_a_model_nobody_is_asked(settings, unsure, now):
    settings.LLM_URL = ""
    assert get(now) == 0


def test_page_shows_the_opinion_beside_our_own(model, unsure, client, people, now):
    get(now)
    client.force_login(people["lead"])
    page = client.get(f"/launches/shop/feedback/{unsure.key}/").content.decode()
    assert "Second opinion of small-1" in page
