"""This module tests the widget's door: who may send, what is taken, what is refused, and what is set aside."""

import io
import json
import resource
from datetime import date, timedelta
from urllib.parse import urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from feedback import quarantine, rates
from feedback.models import Attachment, Feedback, Quarantined, Reporter
from hypercare.core import clock
from hypercare.core.launches import create_launch
from hypercare.core.models import Launch, LaunchKey, TimelineEntry
from hypercare.core.timeline import SYSTEM
from hypercare.core.widget_keys import issue_key

SHOP = "https://shop.example.org"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.fixture
def key(launch):
    found = LaunchKey.objects.get(launch=launch)
    found.origins = [f"{SHOP}/"]
    found.save()
    return found


@pytest.fixture(autouse=True)
def own_folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def send(key, data, *, origin=SHOP, **options):
    body = data if isinstance(data, bytes | str) else json.dumps(data)
    headers = {"Origin": origin} if origin else {}
    options.setdefault("content_type", "application/json")
    return Client().post(f"/w/{key.key}/reports", body, headers=headers, **options)


def send_form(key, **fields):
    return Client().post(f"/w/{key.key}/reports", fields, headers={"Origin": SHOP})


def picture(name="shot.png"):
    file = io.BytesIO()
    Image.new("RGB", (3, 3), "teal").save(file, "PNG")
    return SimpleUploadedFile(name, file.getvalue(), "image/png")


def pointers(response):
    return [error["pointer"] for error in response.json()["errors"]]


def test_a_report_is_stored_and_answered_with_its_number_and_link(key, settings):
    response = send(
        key, {"kind": "broken", "text": "The basket is empty again. I had two boots in it.", "language": "sv"}
    )
    assert response.status_code == 201
    row = Feedback.objects.get()
    assert response.json()["id"] == row.key
    assert response.json()["status_url"].startswith(f"{settings.PUBLIC_URL}/r/")
    assert (row.channel, row.source, row.kind, row.language) == ("widget", f"key:{key.pk}", "broken", "sv")
    assert row.title == "The basket is empty again."
    assert row.body == "The basket is empty again. I had two boots in it."


def test_the_link_in_the_answer_opens_the_report(key):
    link = send(key, {"text": "The basket is empty again."}).json()["status_url"]
    assert Client().get(urlsplit(link).path).status_code == 200


def test_the_same_report_again_is_answered_with_the_first_number(key):
    report = {"text": "The basket is empty again.", "external_id": "a1"}
    first = send(key, report)
    again = send(key, report)
    assert again.status_code == 200
    assert again.json() == first.json() | {"replayed": True}
    assert Feedback.objects.count() == 1


def test_another_body_under_a_known_external_id_gets_no_secret_link(key):
    send(key, {"text": "The basket is empty again.", "external_id": "a1"})
    assert send(key, {"text": "Guessed.", "external_id": "a1"}).json()["status_url"] is None


def test_what_the_page_knew_is_kept_and_the_last_failed_call_gives_the_trace(key):
    context = {
        "url": "https://shop.example.org/basket",
        "requests": [
            {"status": 503, "traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"},
            {"status": 503},
            {"status": 200, "traceparent": f"00-{'a' * 32}-00f067aa0ba902b7-01"},
        ],
    }
    send(key, {"text": "Stock does not load.", "context": context})
    row = Feedback.objects.get()
    assert row.context["url"] == "https://shop.example.org/basket"
    assert row.trace_id == TRACE


@pytest.mark.parametrize("requests", [3, {"a": 1}, ["x", None], [{"traceparent": 5}], [{"traceparent": "00-zz-1-1"}]])
def test_a_list_of_calls_that_is_none_gives_no_trace(key, requests):
    assert send(key, {"text": "Stock does not load.", "context": {"requests": requests}}).status_code == 201
    assert Feedback.objects.get().trace_id == ""


def test_one_address_in_two_cases_is_one_reporter(key):
    send(key, {"text": "The basket is empty.", "email": "Elin@Example.org"})
    send(key, {"text": "It is empty again.", "email": "elin@example.ORG"})
    assert Reporter.objects.get().email == "elin@example.org"


def test_a_name_without_an_address_is_kept_with_the_page(key):
    send(key, {"text": "The basket is empty.", "name": "Elin S."})
    assert Feedback.objects.get().context["name"] == "Elin S."


def test_the_first_report_of_a_key_is_noted_once(key):
    send(key, {"text": "The basket is empty."})
    first = LaunchKey.objects.get(pk=key.pk).first_report_at
    send(key, {"text": "It is empty again."})
    assert first is not None
    assert LaunchKey.objects.get(pk=key.pk).first_report_at == first


def test_a_picture_is_stored_for_the_owner_of_the_files_alone(key, tmp_path):
    response = send_form(key, text="The basket is empty.", file=picture(), context='{"url": "/basket"}')
    assert response.status_code == 201
    stored = tmp_path / Attachment.objects.get().file.name
    assert stored.stat().st_mode & 0o777 == 0o600
    assert Feedback.objects.get().context == {"url": "/basket"}


@pytest.mark.parametrize(
    ("data", "pointer"),
    [
        ({"text": "   "}, "/text"),
        ({"kind": "broken"}, "/text"),
        ({"text": ["a"]}, "/text"),
        ({"text": "a\x1bb"}, None),
        ({"text": "Fine.", "kind": "gossip"}, "/kind"),
        ({"text": "Fine.", "kind": ["broken"]}, "/kind"),
        ({"text": "Fine.", "email": "no address"}, "/email"),
        ({"text": "Fine.", "name": 5}, "/name"),
        ({"text": "Fine.", "context": "page"}, "/context"),
        ({"text": "Fine.", "context": {"dom": "x" * 65_537}}, "/context"),
        ({"text": "Fine.", "external_id": "x" * 256}, "/external_id"),
        ({"text": "Fine.", "fields": {"color": "red"}}, "/fields/color"),
    ],
)
def test_a_faulty_field_is_named_and_nothing_is_stored(key, data, pointer):
    response = send(key, data)
    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"
    assert pointer is None or pointers(response) == [pointer]
    assert not Feedback.objects.exists()


def test_a_text_over_the_limit_is_refused_with_the_limit(key):
    response = send(key, {"text": "å" * 32_769})
    assert response.status_code == 413
    assert "64 kB" in response.json()["detail"]


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b"[" * 100_000,
        b'{"text": "a", "text": "b"}',
        b'{"text": "\\ud800"}',
        b'{"text": "a\\u0000b"}',
        b"\xff\xfe",
    ],
)
def test_json_that_cannot_be_stored_is_refused(key, body):
    assert send(key, body).status_code == 400
    assert not Feedback.objects.exists()


def test_an_empty_body_is_refused(key):
    response = Client().generic("POST", f"/w/{key.key}/reports", b"", headers={"Content-Type": "application/json"})
    assert response.status_code == 400


def test_a_body_over_the_limit_is_refused_before_it_is_read(key):
    assert send(key, b"x" * (1024 * 1024 + 1)).status_code == 413


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "application/xml", ""])
def test_another_content_type_is_refused_with_the_known_ones(key, content_type):
    response = send(key, b"text=a", content_type=content_type)
    assert response.status_code == 415
    assert "multipart/form-data" in response.json()["detail"]


@pytest.mark.parametrize(
    "fields",
    [
        {"text": "a\x00b"},
        {"text": "Fine.", "context": "{"},
        {"text": "Fine.", "name": "a\x07b"},
        {"text": ["Fine.", "Twice."]},
        {"text": "Fine.", "file": SimpleUploadedFile("run.exe", b"MZ\x90\x00" * 20)},
        {"text": "Fine.", "file": SimpleUploadedFile("big.txt", b"a" * (5 * 1024 * 1024 + 1))},
        {"text": "Fine.", "shot": SimpleUploadedFile("a.txt", b"text")},
    ],
)
def test_a_faulty_form_is_refused_and_nothing_is_stored(key, fields, tmp_path):
    assert send_form(key, **fields).status_code == 400
    assert not Feedback.objects.exists()
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_three_files_are_too_many(key):
    response = send_form(key, text="Fine.", file=[picture("a.png"), picture("b.png"), picture("c.png")])
    assert response.status_code == 400
    assert "2 files" in response.json()["detail"]


def test_a_form_that_breaks_off_is_refused(key):
    response = send(key, b"--x\r\nContent-Disposition: form-data; na", content_type="multipart/form-data; boundary=x")
    assert response.status_code == 400


def test_a_form_is_read_as_utf_8_whatever_it_claims(key):
    body = b'--x\r\nContent-Disposition: form-data; name="text"\r\n\r\nFine text.\r\n--x--\r\n'
    odd = "multipart/form-data; boundary=x; charset=base64"
    response = Client().generic("POST", f"/w/{key.key}/reports", body, content_type=odd)
    assert response.status_code == 201


def test_a_full_disk_stores_nothing_and_says_so(key, tmp_path, transactional_db):
    noisy = SimpleUploadedFile("log.txt", b"line of a log\n" * 4000, "text/plain")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        response = send_form(key, text="The basket is empty.", file=noisy)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert response.status_code == 507
    assert "without its file" in response.json()["detail"]
    assert not Feedback.objects.exists()
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_closed_launch_takes_no_report(key, now):
    key.launch.closed_at = now
    key.launch.save()
    assert send(key, {"text": "The basket is empty."}).status_code == 409


def test_an_unknown_key_is_not_found(db):
    for name in ("hcw_unknown_key_of_nobody", "a", "x" * 300, "hcw%00"):
        response = Client().post(f"/w/{name}/reports", "{}", content_type="application/json")
        assert response.status_code == 404
        assert response["Content-Type"] == "application/problem+json"


def test_an_old_key_works_until_its_end_and_then_says_what_to_do(key, launch):
    key.expires_at = clock.now() + timedelta(hours=1)
    key.save()
    assert send(key, {"text": "The basket is empty."}).status_code == 201
    key.expires_at = clock.now() - timedelta(seconds=1)
    key.save()
    response = send(key, {"text": "The basket is empty."})
    assert response.status_code == 404
    assert "new snippet" in response.json()["detail"]
    assert Client().get(f"/w/{key.key}/widget.js").status_code == 404


def test_a_named_origin_may_send_and_read_the_answer(key):
    response = send(key, {"text": "The basket is empty."})
    assert response["Access-Control-Allow-Origin"] == SHOP
    assert "Origin" in response["Vary"]


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "https://shop.example.org:8443", "http://shop.example.org", "x" * 500]
)
def test_another_origin_is_refused_with_the_cure(key, origin):
    response = send(key, {"text": "The basket is empty."}, origin=origin)
    assert response.status_code == 403
    assert "origins" in response.json()["detail"]
    assert "Access-Control-Allow-Origin" not in response
    assert not Feedback.objects.exists()


def test_without_named_origins_only_this_host_may_send(key, settings):
    key.origins = []
    key.save()
    assert send(key, {"text": "From the test page."}, origin="http://testserver").status_code == 201
    assert send(key, {"text": "From the test page."}, origin=settings.PUBLIC_URL).status_code == 201
    assert send(key, {"text": "From elsewhere."}, origin=SHOP).status_code == 403


def test_a_refusal_can_be_read_by_the_page_that_caused_it(key):
    assert send(key, {"text": ""})["Access-Control-Allow-Origin"] == SHOP


def test_a_browser_may_ask_before_it_sends(key):
    headers = {
        "Origin": SHOP,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
    }
    response = Client().options(f"/w/{key.key}/reports", headers=headers)
    assert response.status_code == 204
    assert response["Access-Control-Allow-Origin"] == SHOP
    assert response["Access-Control-Allow-Headers"] == "content-type"


def test_the_door_needs_no_cookie_and_sets_none(key):
    client = Client(enforce_csrf_checks=True)
    response = client.post(
        f"/w/{key.key}/reports", '{"text": "Fine."}', content_type="application/json", headers={"Origin": SHOP}
    )
    assert response.status_code == 201
    assert not response.cookies


def test_the_script_is_open_to_every_page_and_answers_304_to_whoever_has_it(key):
    first = Client().get(f"/w/{key.key}/widget.js")
    assert first.status_code == 200
    assert first["Content-Type"].startswith("text/javascript")
    assert first["Access-Control-Allow-Origin"] == "*"
    again = Client().get(f"/w/{key.key}/widget.js", headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 304


def test_the_script_comes_compressed_to_whoever_reads_it(key):
    assert (
        Client().get(f"/w/{key.key}/widget.js", headers={"Accept-Encoding": "gzip, br;q=1"})["Content-Encoding"] == "br"
    )


@pytest.fixture
def two_a_minute(settings):
    settings.REPORTS_A_MINUTE_PER_SENDER = 2


def test_what_comes_over_the_rate_is_counted_and_kept_redacted(key, two_a_minute):
    answers = [send(key, {"text": f"Report {n}, card 4111 1111 1111 1111 was refused."}) for n in range(3)]
    assert [answer.status_code for answer in answers] == [201, 201, 429]
    assert 1 <= int(answers[2]["Retry-After"]) <= 60
    kept = Quarantined.objects.get()
    assert kept.report["title"].startswith("Report 2")
    assert "4111" not in json.dumps(kept.report)


def test_a_key_has_a_rate_of_its_own(key, settings):
    settings.REPORTS_A_MINUTE_PER_DOOR = 1
    answers = [
        Client(REMOTE_ADDR=address).post(f"/w/{key.key}/reports", '{"text": "Fine."}', content_type="application/json")
        for address in ("192.0.2.1", "192.0.2.2")
    ]
    assert [answer.status_code for answer in answers] == [201, 429]


def test_one_ipv6_network_is_one_sender(key, two_a_minute):
    answers = [
        Client(REMOTE_ADDR=f"2001:db8::{n}").post(
            f"/w/{key.key}/reports", '{"text": "Fine."}', content_type="application/json"
        )
        for n in range(3)
    ]
    assert answers[2].status_code == 429


def test_rates_hold_without_the_broker(key, two_a_minute, settings, monkeypatch):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    monkeypatch.setattr(rates, "_tally", rates.Tally())
    assert [send(key, {"text": "Fine."}).status_code for _ in range(3)] == [201, 201, 429]


def test_the_same_report_is_set_aside_once(key, two_a_minute):
    for _ in range(2):
        send(key, {"text": "Fine."})
    for _ in range(2):
        assert send(key, {"text": "Too much.", "external_id": "x"}).status_code == 429
    assert Quarantined.objects.count() == 1


def test_a_report_tried_again_later_no_longer_waits_in_quarantine(key, two_a_minute, settings):
    for _ in range(2):
        send(key, {"text": "Fine."})
    send(key, {"text": "Too much.", "external_id": "x"})
    settings.REPORTS_A_MINUTE_PER_SENDER = 20
    assert send(key, {"text": "Too much.", "external_id": "x"}).status_code == 201
    assert not quarantine.waiting_in(key.launch).exists()
    assert Feedback.objects.filter(title="Too much.").count() == 1


def test_a_full_quarantine_tells_the_sender_to_come_again(key, two_a_minute, monkeypatch):
    monkeypatch.setattr(quarantine, "MOST_WAITING", 1)
    answers = [send(key, {"text": f"Report {n}."}) for n in range(4)]
    assert [answer.json().get("kept") for answer in answers] == [None, None, True, False]
    assert Quarantined.objects.count() == 1


@pytest.fixture
def aside(key, two_a_minute):
    for n in range(3):
        send(key, {"text": f"Report {n}.", "email": "elin@example.org"})
    return Quarantined.objects.get()


def test_a_report_in_quarantine_is_let_in_by_the_team(aside, people, client):
    client.force_login(people["agent"])
    assert "Report 2." in client.get("/launches/shop/quarantine/").content.decode()
    client.post(f"/launches/shop/quarantine/{aside.pk}/", {"do": "let_in"})
    row = Feedback.objects.order_by("id").last()
    assert (row.title, row.reporter.email, row.received_at > row.occurred_at) == ("Report 2.", "elin@example.org", True)
    entry = TimelineEntry.objects.get(kind="quarantine.released")
    assert (entry.actor_id, entry.data) == (people["agent"].pk, {"feedback": row.key})
    assert "Report 2." not in client.get("/launches/shop/quarantine/", headers={"HX-Request": "true"}).content.decode()


def test_a_report_in_quarantine_is_dropped_with_a_trace(aside, people, client):
    client.force_login(people["lead"])
    client.post(f"/launches/shop/quarantine/{aside.pk}/", {"do": "drop"})
    assert Feedback.objects.count() == 2
    assert TimelineEntry.objects.filter(kind="quarantine.dropped").exists()
    aside.refresh_from_db()
    assert aside.handled_by == people["lead"]


def test_a_decision_on_a_quarantined_report_is_made_once(aside, people, client):
    client.force_login(people["lead"])
    codes = [
        client.post(f"/launches/shop/quarantine/{aside.pk}/", {"do": do}).status_code
        for do in ("drop", "let_in", "guess")
    ]
    assert codes == [302, 409, 400]
    assert Feedback.objects.count() == 2


@pytest.mark.parametrize(("role", "status"), [("stakeholder", 403), ("reporter", 403), ("outsider", 404)])
def test_the_quarantine_is_closed_to_others(aside, people, client, role, status):
    client.force_login(people[role])
    assert client.get("/launches/shop/quarantine/").status_code == status
    assert client.post(f"/launches/shop/quarantine/{aside.pk}/", {"do": "let_in"}).status_code == status


def test_the_quarantine_of_another_launch_is_not_reachable(aside, people, client, now):
    other = Launch(slug="other", name="Other", go_live_on=date(2026, 5, 20), planned_end_on=date(2026, 6, 8))
    create_launch(other, owner=people["outsider"], now=now)
    client.force_login(people["outsider"])
    assert client.post(f"/launches/other/quarantine/{aside.pk}/", {"do": "let_in"}).status_code == 404
    assert quarantine.waiting_in(aside.launch).count() == 1


def test_the_test_page_carries_the_newest_live_key_and_waits_for_the_first_report(key, people, client, now):
    key.expires_at = clock.now() - timedelta(days=1)
    key.save()
    newest = issue_key(key.launch, actor=SYSTEM, now=now)
    client.force_login(people["stakeholder"])
    page = client.get("/launches/shop/widget-test/").content.decode()
    assert f'<script src="/w/{newest.key}/widget.js" defer>' in page
    assert 'hx-trigger="every 2s"' in page
    send(newest, {"text": "Hello."}, origin="http://testserver")
    line = client.get("/launches/shop/first-report/").content.decode()
    assert "First report received" in line
    assert "hx-trigger" not in line
