"""This module tests the portal: what anyone may say there, what is refused in plain words, and what it never shows."""

import re
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from feedback.models import Attachment, Feedback, Quarantined, Reporter
from hypercare.core.models import Message

PORTAL = "/launches/shop/portal/"


@pytest.fixture(autouse=True)
def own_folder(settings, tmp_path, launch):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def client():
    """A browser that enforces the form's own token."""
    return Client(enforce_csrf_checks=True)


def send(client, **answers):
    """Opens the page as a person does and sends the form back with the answers."""
    page = client.get(PORTAL, {"lang": answers.pop("lang")} if "lang" in answers else {}).content.decode()
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
    return client.post(PORTAL, hidden | {"kind": "broken", "text": "The basket is empty again."} | answers)


def text_of(response):
    return re.sub(r"\s+", " ", response.content.decode())


def test_a_guest_sends_a_report_and_lands_on_its_receipt(client):
    response = send(client, kind="slow", text="The product page takes ages. Even at night.")
    row = Feedback.objects.get()
    assert (row.channel, row.source, row.kind, row.title) == ("portal", "guest", "slow", "The product page takes ages.")
    assert response.status_code == 302
    receipt = client.get(response["Location"])
    assert row.key in text_of(receipt)
    assert response["Location"].partition("?")[0] in text_of(receipt)


def test_the_page_shows_nothing_of_the_launch_but_its_name(client, launch):
    page = text_of(client.get(PORTAL))
    assert "Meridian Shop" in page
    for secret in ("Product pages", "Backend", "Alice", "Day 9", "go-live", launch.keys.get().key):
        assert secret not in page


def test_a_portal_nobody_opened_is_not_found(client):
    assert client.get("/launches/nothing/portal/").status_code == 404


def test_the_four_questions_become_part_of_the_body(client):
    send(client, trying="Pay with a card", expected="A receipt")
    body = Feedback.objects.get().body
    assert body.startswith("The basket is empty again.\n\n")
    assert "What were you trying to do?\nPay with a card" in body
    assert "What did you expect?\nA receipt" in body


def test_an_address_left_by_a_guest_gets_the_receipt_by_mail(client):
    send(client, email="Elin@Example.org")
    send(client, email="elin@example.org", text="It is empty again.")
    assert Reporter.objects.get().email == "elin@example.org"
    assert Message.objects.filter(kind="receipt", to_address="elin@example.org").count() == 2


def test_a_signed_in_person_is_not_asked_for_an_address(client, people):
    client.force_login(people["reporter"])
    assert 'name="email"' not in text_of(client.get(PORTAL))
    send(client, email="someone@else.example")
    row = Feedback.objects.get()
    assert (row.reporter.email, row.source) == ("reporter@example.org", f"user:{people['reporter'].pk}")


def test_a_signed_in_person_sees_their_own_reports_to_this_launch(client, people):
    client.force_login(people["reporter"])
    send(client, text="The basket lost my boots.")
    page = text_of(client.get(PORTAL))
    assert "The basket lost my boots." in page
    assert "The basket lost my boots." not in text_of(Client().get(PORTAL))


def test_the_language_is_switched_by_a_link_and_kept_on_the_report(client):
    send(client, lang="sv")
    assert Feedback.objects.get().language == "sv"
    assert client.get(PORTAL)["Content-Language"] == "sv"


def test_the_receipt_speaks_the_language_of_the_report(client):
    link = send(client, lang="sv")["Location"]
    assert Client().get(link)["Content-Language"] == "sv"


def test_sending_the_same_form_twice_stores_one_report(client):
    form_id = str(uuid.uuid4())
    first = send(client, form_id=form_id)
    again = send(client, form_id=form_id)
    assert Feedback.objects.count() == 1
    assert again["Location"] == first["Location"]


def test_a_changed_text_in_the_same_form_is_a_report_of_its_own(client):
    form_id = str(uuid.uuid4())
    send(client, form_id=form_id)
    send(client, form_id=form_id, text="And now the page is blank.")
    assert Feedback.objects.count() == 2


def test_a_form_without_its_id_is_taken_all_the_same(client):
    assert send(client, form_id="not an id").status_code == 400
    assert send(client, form_id="").status_code == 302


def test_a_file_is_kept_with_the_report(client):
    send(client, file=SimpleUploadedFile("console.txt", b"Error: 503 at /stock", "text/plain"))
    assert Attachment.objects.get().feedback == Feedback.objects.get()


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        ({"text": "  "}, "Write at least a word"),
        ({"text": "å" * 32_769}, "64 kB"),
        ({"text": "a\x00b"}, "NUL"),
        ({"text": "a\x1bb"}, "control characters"),
        ({"trying": "a\x07b"}, "control characters"),
        ({"email": "no address"}, "name@example.org"),
        ({"kind": "gossip"}, "gossip"),
        ({"file": SimpleUploadedFile("run.exe", b"MZ\x90\x00" * 20)}, "file"),
        ({"file": SimpleUploadedFile("big.txt", b"a" * (5 * 1024 * 1024 + 1))}, "larger than 5 MB"),
        ({"file": [SimpleUploadedFile(f"{n}.txt", b"a line") for n in range(3)]}, "2 files"),
    ],
)
def test_a_refusal_stands_in_plain_words_and_the_text_is_kept(client, answers, sentence):
    kept = {"expected": "A full basket"}
    response = send(client, **(kept | answers))
    assert response.status_code == 400
    assert sentence in text_of(response)
    assert "A full basket" in text_of(response)
    assert not Feedback.objects.exists()


def test_a_refusal_is_tied_to_its_field(client):
    page = text_of(send(client, email="no address"))
    assert 'aria-invalid="true"' in page
    assert re.search(r'aria-describedby="[^"]*id_email_error[^"]*"', page)
    assert 'id="id_email_error"' in page


def test_details_with_a_fault_stand_open(client):
    assert "<details open>" in text_of(send(client, steps="a\x07b"))


def test_text_is_shown_as_text(client):
    page = text_of(send(client, text="<script>alert(1)</script>", email="no address"))
    assert "<script>alert" not in page


def test_a_form_larger_than_the_limit_is_refused(client):
    client.get(PORTAL)
    response = client.post(
        PORTAL, b"x", content_type="multipart/form-data; boundary=x", headers={"Content-Length": str(10**9)}
    )
    assert response.status_code == 413


def test_bytes_that_are_no_text_are_replaced_and_taken(client):
    page = client.get(PORTAL).content.decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[1].encode()
    fields = {b"csrfmiddlewaretoken": token, b"kind": b"broken", b"text": b"surrogate \xed\xa0\x80 here"}
    parts = [b'--x\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % pair for pair in fields.items()]
    response = client.post(PORTAL, b"".join([*parts, b"--x--\r\n"]), content_type="multipart/form-data; boundary=x")
    assert response.status_code == 302
    assert Feedback.objects.get().title.startswith("surrogate")


def test_a_form_from_another_site_is_refused(client, people):
    client.force_login(people["lead"])
    assert client.post(PORTAL, {"kind": "broken", "text": "Forged."}).status_code == 403
    assert not Feedback.objects.exists()


def test_a_closed_launch_says_so_and_takes_nothing(client, launch, now):
    page = client.get(PORTAL).content.decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[1]
    launch.closed_at = now
    launch.save()
    assert "takes no more reports" in text_of(client.get(PORTAL))
    response = client.post(PORTAL, {"csrfmiddlewaretoken": token, "kind": "broken", "text": "Too late, alas."})
    assert response.status_code == 409
    assert "Too late, alas." in text_of(response)
    assert not Feedback.objects.exists()


def test_what_comes_over_the_rate_is_set_aside_and_the_guest_is_told(client, settings):
    settings.REPORTS_A_MINUTE_PER_SENDER = 1
    send(client)
    response = send(client, text="It is empty again.")
    assert response.status_code == 429
    assert "kept aside" in text_of(response)
    assert Quarantined.objects.get().report["title"] == "It is empty again."


def test_every_page_says_no_to_scripts_in_place(client):
    page = client.get(PORTAL)
    assert "script-src 'self'" in page["Content-Security-Policy"]
    assert not re.search(r"<script(?![^>]*\bsrc=)", text_of(page))
    assert not re.search(r"\sstyle=|\son\w+=", text_of(page))
