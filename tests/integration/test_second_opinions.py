"""A second opinion from a language model on loopback: what it is sent, what of its answer counts, and that nothing depends on it."""

import json
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.integration.rows import make_feedback
from triage.classify import second_opinions
from triage.models import Decision, SecondOpinion

pytestmark = pytest.mark.django_db


@pytest.fixture
def model(settings):
    """An OpenAI-compatible server: `says` is what it answers, `heard` what it was sent."""

    class Handler(BaseHTTPRequestHandler):
        says, status, heard = {"category": "bug", "severity": "3", "sentiment": "negative"}, 200, []

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            Handler.heard.append((self.path, dict(self.headers), json.loads(body)))
            said = Handler.says if isinstance(Handler.says, str) else json.dumps(Handler.says)
            answer = json.dumps({"choices": [{"message": {"content": said}}]}).encode()
            self.send_response(Handler.status)
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


def test_model_that_fails_is_left_alone_for_a_while_and_given_up_after_three_tries(model, unsure, now):
    model.status = 500
    assert [get(now), get(now)] == [1, 0]
    assert [get(now + timedelta(minutes=minutes)) for minutes in (2, 4, 6)] == [1, 1, 0]
    assert SecondOpinion.objects.get(feedback=unsure).problem == "small-1 answered 500."


def test_without_a_model_nobody_is_asked(settings, unsure, now):
    settings.LLM_URL = ""
    assert get(now) == 0


def test_page_shows_the_opinion_beside_our_own(model, unsure, client, people, now):
    get(now)
    client.force_login(people["lead"])
    page = client.get(f"/launches/shop/feedback/{unsure.key}/").content.decode()
    assert "Second opinion of small-1" in page
