"""Headers and methods nobody expects harm no door, open no door, and lead to no other host."""

import pytest
from django.db import OperationalError, connection
from django.test import Client

from feedback.models import Feedback
from hypercare.core.members import remove_member
from hypercare.core.models import Membership
from hypercare.core.timeline import SYSTEM
from tests.conftest import bearer
from tests.integration.doors import API, counts, post, refused, report
from tests.integration.rows import make_issue


@pytest.mark.parametrize("key", ["x" * 201, "a\tb", "a\x7f", "\xa0", "é" * 300])
def test_idempotency_key_that_cannot_be_printed_is_refused(robot, untouched, key):
    refused(post(robot, f"{API}feedback/", report(), **{"Idempotency-Key": key}), 400)
    refused(post(robot, f"{API}feedback/bulk/", [report()], **{"Idempotency-Key": key}), 400)


@pytest.mark.parametrize("key", ["x" * 200, "'; --", "é", "../..", "0"])
def test_odd_idempotency_key_is_as_good_as_any(robot, key):
    first = post(robot, f"{API}feedback/", report(), **{"Idempotency-Key": key})
    second = post(robot, f"{API}feedback/", report(), **{"Idempotency-Key": key})

    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert Feedback.objects.count() == 1


def test_idempotency_key_of_one_token_answers_no_other(people, now):
    first, second = (bearer(people["lead"], scopes=["admin"], now=now) for _ in range(2))

    answers = [
        post(client, f"{API}feedback/", report(), **{"Idempotency-Key": "k"}).json() for client in (first, second)
    ]

    assert answers[0]["id"] != answers[1]["id"]
    assert answers[0]["status_url"] != answers[1]["status_url"]


def test_replay_is_refused_once_the_right_is_gone(people, launch, now):
    client = bearer(people["agent"], scopes=["feedback:write"], now=now)
    assert post(client, f"{API}feedback/", report(), **{"Idempotency-Key": "k"}).status_code == 201
    remove_member(Membership.objects.get(launch=launch, user=people["agent"]), actor=SYSTEM, now=now)

    refused(post(client, f"{API}feedback/", report(), **{"Idempotency-Key": "k"}), 404)
    answer = post(client, f"{API}feedback/bulk/", [report()], **{"Idempotency-Key": "k"})
    assert answer.json()["results"][0]["status"] == 404


@pytest.mark.parametrize(
    "header",
    [
        "Bearer",
        "Bearer ",
        "Basic YTpi",
        "bearer x y",
        "Bearer é",
        "Token abc",
        "Bearer " + "x" * 100_000,
        "Bearer hc_",
        "null",
        ",",
        "Bearer a, Bearer b",
    ],
    ids=lambda one: one[:20],
)
def test_authorization_nobody_gave_out_is_401_even_with_a_session(lead, untouched, header):
    answer = lead.get(f"{API}feedback/?launch=shop", headers={"Authorization": header})

    refused(answer, 401)
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_session_may_change_nothing_without_its_csrf_token(people, launch, now):
    client = Client(enforce_csrf_checks=True)
    client.force_login(people["lead"])
    issue = make_issue(launch, now=now)

    refused(post(client, f"{API}issues/{issue.key}/transition/", {"to": "closed"}), 403)
    refused(post(client, f"{API}feedback/", report()), 403)
    assert client.post(f"/launches/shop/issues/{issue.key}/move/", {"to": "closed"}).status_code == 403
    assert not Feedback.objects.exists()


def test_form_sent_to_the_api_by_a_session_is_refused_as_a_problem(lead, untouched):
    refused(lead.post(f"{API}feedback/", report()), 415)
    broken = lead.generic("POST", f"{API}feedback/", b"--x", content_type="multipart/form-data; boundary=")
    refused(broken, 415 if broken.status_code == 415 else 400)
    many = {f"f{number}": "x" for number in range(600)}
    refused(lead.post(f"{API}feedback/", many), 415)


@pytest.mark.parametrize("name", ["x" * 500, "a b", "a\r\nSet-Cookie: x=1", "<script>", "é", "short"])
def test_request_id_that_is_none_is_replaced(robot, name):
    try:
        answer = robot.get(f"{API}launches/", headers={"X-Request-Id": name})
    except ValueError:
        return  # the test client itself refuses a line break in a header
    assert answer["X-Request-Id"] != name
    assert len(answer["X-Request-Id"]) == 32


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "nonsense", "*/*;q=0", ";;;", ""])
def test_accept_header_is_no_server_error(robot, accept):
    assert robot.get(f"{API}launches/", headers={"Accept": accept}).status_code in {200, 406}


@pytest.mark.parametrize("language", ["xx", "x" * 5000, "sv;q=nonsense", "en-" * 1000, "\xff"])
def test_language_header_is_no_server_error(robot, language):
    assert robot.get(f"{API}exit/?launch=no-such", headers={"Accept-Language": language}).status_code == 404


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("feedback/", "GET POST HEAD OPTIONS"),
        ("feedback/bulk/", "POST OPTIONS"),
        ("issues/", "GET HEAD OPTIONS"),
        ("launches/", "GET POST HEAD OPTIONS"),
        ("launches/shop/", "GET PATCH HEAD OPTIONS"),
        ("launches/shop/board/", "GET HEAD OPTIONS"),
        ("alerts/", "GET HEAD OPTIONS"),
        ("sources/", "GET POST HEAD OPTIONS"),
        ("deployments/", "GET POST HEAD OPTIONS"),
        ("exit/", "GET HEAD OPTIONS"),
    ],
)
def test_other_methods_are_405_and_change_nothing(robot, launch, path, allowed):
    before = counts()
    for method in ("GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "BREW"):
        answer = robot.generic(method, f"{API}{path}?launch=shop", b"", content_type="application/json")
        if method in allowed.split():
            assert answer.status_code < 500
        elif method == "HEAD":
            assert answer.status_code == 405
        else:
            refused(answer, 405)
    assert counts() == before


def test_address_without_its_slash_leads_to_the_right_one(robot):
    answer = robot.get(f"{API}launches?page_size=1")

    assert (answer.status_code, answer["Location"]) == (301, f"{API}launches/?page_size=1")


@pytest.mark.parametrize("path", ["//evil.example/x", "/%2Fevil.example/x", "/\\evil.example"])
def test_missing_slash_never_leads_to_another_host(lead, path):
    answer = lead.generic("GET", path)

    assert not answer.get("Location", "").startswith(("//", "http://evil", "/\\"))


@pytest.mark.parametrize(
    "target",
    ["//evil.example", "https://evil.example/x", "javascript:alert(1)", "/\\evil.example", "\thttps://evil.example"],
)
def test_sign_in_and_language_lead_to_no_other_host(people, target):
    client = Client()
    asked = client.post("/i18n/setlang/", {"language": "sv", "next": target})
    assert "evil" not in asked.get("Location", "")
    assert "script" not in asked.get("Location", "")
    entered = client.post(
        f"/accounts/login/?next={target}", {"login": "alice@example.org", "password": "correct horse", "next": target}
    )
    assert "evil" not in entered.get("Location", "")
    assert "script" not in entered.get("Location", "")


@pytest.mark.parametrize("path", [f"{API}feedback/", f"{API}feedback/bulk/", f"{API}issues/bulk/", "/w/{key}/reports"])
def test_database_that_does_not_answer_is_503_with_a_time_to_come_again(robot, launch, path):
    def refuse(*_anything):
        raise OperationalError("could not extend file: No space left on device")

    address = path.format(key=launch.keys.get().key)
    with connection.execute_wrapper(refuse):
        answer = post(robot, address, report())

    problem = refused(answer, 503)
    assert answer["Retry-After"] == "10"
    assert "device" not in str(problem)
