"""This module tests the languages: the Swedish catalogue is whole, and each person is answered in their own language."""

import re
from datetime import UTC, datetime
from http import HTTPStatus

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po
from django.conf import settings as django_settings
from django.test import Client
from django.urls import reverse
from django.utils import translation

from feedback import closing_the_loop, receipts
from feedback.intake import accept
from feedback.models import Feedback
from feedback.report import Report
from hypercare.core.invitations import invite
from hypercare.core.models import Message as Mail
from hypercare.core.models import MessageKind, User
from hypercare.core.roles import Role
from hypercare.core.timeline import SYSTEM
from triage.models import StatusReport
from triage.reports.daily import keep_up
from triage.reports.send import send

PORTAL = "/launches/shop/portal/"
BOARD = "/launches/shop/board/"
SWEDISH = {"Accept-Language": "sv-SE,sv;q=0.9,en;q=0.5"}
ENGLISH = {"Accept-Language": "en-GB,en;q=0.9"}
PLACEHOLDER = re.compile(r"%\(\w+\)[-\d.]*[a-z]|%%|\{\w*\}")
TAG = re.compile(r"</?\w+[^>]*>")
DUE = datetime(2026, 5, 28, 13, 0, tzinfo=UTC)  # 15:00 in Stockholm


# The catalogue


@pytest.fixture(scope="module", params=[code for code, _name in django_settings.LANGUAGES if code != "en"])
def catalogue(request) -> Catalog:
    """Each language's catalogue as it lies in the repository."""
    with (django_settings.LOCALE_PATHS[0] / request.param / "LC_MESSAGES" / "django.po").open("rb") as file:
        return read_po(file, locale=request.param, abort_invalid=True)


def texts(catalogue: Catalog) -> list[Message]:
    return [message for message in catalogue if message.id]


def forms(text: str | tuple[str, ...]) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else text


def test_every_text_is_translated(catalogue):
    assert [message.id for message in texts(catalogue) if not all(forms(message.string))] == []


def test_no_translation_is_a_guess(catalogue):
    assert [message.id for message in texts(catalogue) if message.fuzzy] == []


def test_every_plural_has_all_its_forms(catalogue):
    plurals = [message for message in texts(catalogue) if message.pluralizable]
    assert [message.id for message in plurals if len(forms(message.string)) != catalogue.num_plurals] == []


def test_every_translation_keeps_its_placeholders(catalogue):
    wrong = []
    for message in texts(catalogue):
        sources = [sorted(PLACEHOLDER.findall(source)) for source in forms(message.id)]
        wrong += [string for string in forms(message.string) if sorted(PLACEHOLDER.findall(string)) not in sources]
        # The last form serves every number, so it needs what the source's last form has.
        wrong += [message.id] if sorted(PLACEHOLDER.findall(forms(message.string)[-1])) != sources[-1] else []
    assert wrong == []


def test_every_translation_keeps_its_markup(catalogue):
    wrong = [
        message.id
        for message in texts(catalogue)
        if any(
            sorted(TAG.findall(string)) != sorted(TAG.findall(forms(message.id)[-1]))
            for string in forms(message.string)
        )
    ]
    assert wrong == []


def test_the_compiled_texts_are_those_of_the_catalogue(catalogue):
    with translation.override(str(catalogue.locale)):
        spoken = [m.id for m in texts(catalogue) if not m.pluralizable and translation.gettext(m.id) != m.string]
    assert spoken == []


# The portal


@pytest.fixture
def client():
    return Client()


def test_the_portal_speaks_the_browsers_language(client, launch):
    page = client.get(PORTAL, headers=SWEDISH).content.decode()
    assert '<html lang="sv"' in page
    assert "Är något inte som det ska i Meridian Shop?" in page
    assert "Something not right" not in page


def test_the_portal_speaks_english_to_other_browsers(client, launch):
    page = client.get(PORTAL, headers={"Accept-Language": "fi"}).content.decode()
    assert '<html lang="en"' in page
    assert "Something not right in Meridian Shop?" in page


def test_the_switch_is_offered_in_its_own_language_and_wins_over_the_browser(client, launch):
    assert "Svenska</a>" in client.get(PORTAL, headers=ENGLISH).content.decode()
    assert "Vad hände?" in client.get(PORTAL, {"lang": "sv"}, headers=ENGLISH).content.decode()


def test_the_switch_is_kept_for_a_year(client, launch):
    response = client.get(PORTAL, {"lang": "sv"}, headers=ENGLISH)
    cookie = response.cookies[django_settings.LANGUAGE_COOKIE_NAME]
    assert (cookie.value, cookie["max-age"]) == ("sv", 365 * 24 * 3600)
    assert "Vad hände?" in client.get(PORTAL, headers=ENGLISH).content.decode()


def test_a_language_we_do_not_speak_changes_nothing(client, launch):
    response = client.get(PORTAL, {"lang": "xx"}, headers=ENGLISH)
    assert "What happened?" in response.content.decode()
    assert django_settings.LANGUAGE_COOKIE_NAME not in response.cookies


def test_what_is_wrong_with_a_form_is_said_in_swedish(client, launch):
    page = client.post(PORTAL, {"kind": "broken", "text": "", "language": "sv"})
    assert page.status_code == HTTPStatus.BAD_REQUEST
    assert "Skriv åtminstone ett ord: vad hände?" in page.content.decode()


# The mails to reporters


@pytest.fixture
def reported(launch, now):
    """A report that Elin wrote in Swedish."""
    told = Report(
        channel="portal", source="guest", title="Varukorgen är tom", reporter_email="elin@example.org", language="sv"
    )
    receipt = accept(launch, told, actor=SYSTEM, now=now)
    return Feedback.objects.select_related("launch", "reporter").get(pk=receipt.feedback_id)


def test_a_swedish_reporter_gets_a_swedish_receipt(reported):
    mail = Mail.objects.get(kind=MessageKind.RECEIPT)
    assert mail.subject == f"Vi har tagit emot din rapport {reported.key}"
    assert "Tack. En människa läser varje rapport." in mail.text
    assert "Thank you" not in mail.text


def test_a_swedish_reporter_is_told_in_swedish_that_it_is_closed(reported, now):
    closing_the_loop.tell_closed([reported], resolution="fixed", now=now)
    mail = Mail.objects.get(kind=MessageKind.CLOSED)
    assert mail.subject == f"Din rapport {reported.key} är stängd: åtgärdat"
    assert "Vi har åtgärdat det och kontrollerat att det fungerar." in mail.text


def test_a_swedish_reporters_page_is_swedish_in_any_browser(client, reported):
    page = client.get(receipts.path_of(reported), headers=ENGLISH).content.decode()
    assert "Mottagen" in page
    assert "28 maj 2026" in page


def test_the_lead_reads_english_while_the_reporter_reads_swedish(client, reported, people):
    client.force_login(people["lead"])
    page = client.get("/launches/shop/inbox/", headers=ENGLISH).content.decode()
    assert '<html lang="en"' in page
    assert "Varukorgen är tom" in page
    assert "Reports" in page


# People who sign in


def test_the_board_speaks_the_browsers_language(client, people):
    client.force_login(people["lead"])
    page = client.get(BOARD, headers=SWEDISH).content.decode()
    assert '<html lang="sv"' in page
    assert "Hoppa till tavlan" in page


def test_the_account_menu_switches_the_language_here_and_for_mails(client, people):
    client.force_login(people["lead"])
    assert 'value="sv" lang="sv"' in client.get(BOARD, headers=ENGLISH).content.decode()
    response = client.post(reverse("set_language"), {"language": "sv", "next": BOARD}, headers=ENGLISH)
    assert response["Location"] == BOARD
    assert "Hoppa till tavlan" in client.get(BOARD, headers=ENGLISH).content.decode()
    assert User.objects.get(pk=people["lead"].pk).language == "sv"


def test_a_language_we_do_not_speak_is_not_kept_for_mails(client, people):
    client.force_login(people["lead"])
    client.post(reverse("set_language"), {"language": "xx", "next": BOARD})
    assert User.objects.get(pk=people["lead"].pk).language == "en"


def test_a_new_person_is_invited_in_the_language_of_who_invites(launch, now):
    with translation.override("sv"):
        invite(launch, "nils@example.org", role=Role.RESPONDER, actor=SYSTEM, now=now)
    assert User.objects.get(email="nils@example.org").language == "sv"
    assert Mail.objects.get(to_address="nils@example.org").subject == "Du är inbjuden till Meridian Shop"


def test_a_known_person_is_invited_in_their_own_language(launch, people, now):
    with translation.override("sv"):
        invite(launch, "oscar@example.org", role=Role.RESPONDER, actor=SYSTEM, now=now)
    assert Mail.objects.get(to_address="oscar@example.org").subject == "You are invited to Meridian Shop"


def test_the_daily_report_is_mailed_in_each_readers_language(launch, people):
    User.objects.filter(pk=people["responder"].pk).update(language="sv")
    keep_up(now=DUE)
    send(StatusReport.objects.get(launch=launch).pk, actor=SYSTEM, now=DUE)
    mails = {mail.to_address: mail for mail in Mail.objects.filter(kind=MessageKind.DAILY_REPORT)}
    swedish, english = mails["responder@example.org"], mails["alice@example.org"]
    assert ("Dagen i siffror" in swedish.text, "Today in numbers" in english.text) == (True, True)
    assert ('<html lang="sv"' in swedish.html, '<html lang="en"' in english.html) == (True, True)
    assert swedish.subject.startswith("[Meridian Shop] Dag 9 av ")
