"""These tests teach a source its own JSON on the page, watch the preview, and replay what was refused before."""

import json

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from feedback.models import Feedback
from gateway_ingest import dead_letters, mappings, sources
from gateway_ingest.mapping import Expressions
from gateway_ingest.models import Alert, DeadLetter, Mapping
from hypercare.core.models import TimelineEntry
from hypercare.core.timeline import SYSTEM

BODY = {
    "report": {"headline": "Till is offline", "urgency": "high", "number": "RPT-7", "service": "checkout"},
    "phase": "open",
}
FIELDS = {
    "title": "report.headline",
    "severity": "report.urgency",
    "status": "phase",
    "key": "report.number",
    "component": "report.service",
}


@pytest.fixture(autouse=True)
def clock(now):
    with time_machine.travel(now, tick=False) as traveller:
        yield traveller


@pytest.fixture
def made(launch, now):
    return sources.create(launch, name="Till", actor=SYSTEM, now=now)


@pytest.fixture
def source(made):
    return made[0]


@pytest.fixture
def post(made):
    def send(body, path=""):
        return Client().post(f"/ingest/{made[1]}/{path}", json.dumps(body), content_type="application/json").json()

    return send


@pytest.fixture
def page(people, source):
    client = Client()
    client.force_login(people["lead"])
    client.address = reverse("gateway_ingest:mapping", args=["shop", source.pk])
    return client


@pytest.fixture
def mapped(source, now):
    return mappings.save(source, Expressions(**FIELDS), actor=SYSTEM, now=now)


def text_of(answer):
    return answer.content.decode()


@pytest.mark.parametrize("path", ["", "generic/"])
def test_mapped_source_takes_any_json_of_its_shape_and_its_end_closes_it(post, mapped, path):
    assert post(BODY, path)["accepted"] == 1
    alert = Alert.objects.get()
    assert (alert.title, alert.severity, alert.fingerprint) == ("Till is offline", "high", "RPT-7")
    assert alert.component.slug == "checkout"
    assert post(BODY | {"phase": "closed"}, path)["accepted"] == 1
    assert (Alert.objects.get().status, Feedback.objects.count()) == ("resolved", 1)


def test_known_format_goes_before_the_mapping(post, mapped):
    assert post({"check_id": 1, "check_name": "Ping", "current_state": "DOWN"})["accepted"] == 1
    assert Alert.objects.get().title == "Ping"


def test_mapping_that_finds_nothing_names_its_expression(post, mapped):
    answer = post({"other": 1})
    assert answer["rejected"][0]["error"] == "“title” (report.headline): it found nothing; every alert needs a title."
    assert DeadLetter.objects.get().key == answer["dead_letter"]


def test_proposal_fills_the_fields_and_says_why(page):
    shown = text_of(page.post(page.address, {"do": "propose", "sample": json.dumps(BODY)}))
    assert 'value="report.headline"' in shown
    assert 'value="report.number"' in shown
    assert "“high” is a severity we know." in shown
    assert not Mapping.objects.exists()


@pytest.mark.parametrize(("sample", "said"), [("", "Paste a sample first."), ("{", "not valid JSON")])
def test_proposal_needs_a_sample_that_can_be_read(page, sample, said):
    answer = page.post(page.address, {"do": "propose", "sample": sample})
    assert answer.status_code == 400
    assert said in text_of(answer)


def test_preview_shows_the_alert_and_puts_errors_beside_their_fields(page):
    shown = text_of(page.post(f"{page.address}preview/", FIELDS | {"sample": json.dumps(BODY)}))
    assert "Till is offline" in shown
    assert "RPT-7" in shown
    wrong = text_of(page.post(f"{page.address}preview/", FIELDS | {"status": "a..b", "sample": json.dumps(BODY)}))
    beside = wrong.split('<div id="fault-status" hx-swap-oob="true">')[1].split("</div>")[0]
    assert "this is no JMESPath expression" in beside
    assert not Mapping.objects.exists()
    assert not Alert.objects.exists()


def test_preview_complains_of_nothing_before_anything_is_typed(page):
    assert "required" not in text_of(page.post(f"{page.address}preview/", {"sample": "", "title": ""}))


def test_preview_says_when_no_mapping_is_needed(page):
    known = json.dumps({"check_id": 1, "check_name": "Ping", "current_state": "DOWN"})
    assert "“pingdom”, which is read without a mapping" in text_of(
        page.post(f"{page.address}preview/", {"title": "check_name", "sample": known})
    )


def test_saved_mapping_is_kept_with_its_words_and_written_to_the_timeline(page, source):
    sent = FIELDS | {"do": "save", "status_words": "gone = resolved\nblue = firing"}
    assert page.post(page.address, sent).status_code == 302
    kept = Mapping.objects.get(source=source)
    assert (kept.title, kept.status_words) == ("report.headline", {"gone": "resolved", "blue": "firing"})
    assert TimelineEntry.objects.get(kind="source.mapped").subject == f"source:{source.pk}"
    assert 'value="report.headline"' in text_of(page.get(page.address))
    assert "gone = resolved" in text_of(page.get(page.address))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"title": ""}, "This field is required."),
        ({"title": "a["}, "this is no JMESPath expression"),
        ({"severity_words": "ouch = loud"}, "“ouch = loud” says nothing"),
    ],
)
def test_wrong_mapping_is_not_saved_and_says_why(page, changes, said):
    answer = page.post(page.address, FIELDS | {"do": "save"} | changes)
    assert answer.status_code == 400
    assert said in text_of(answer)
    assert not Mapping.objects.exists()


def test_mapping_is_removed(page, mapped, post):
    page.post(page.address, {"do": "remove"})
    assert not Mapping.objects.exists()
    assert post(BODY)["accepted"] == 0


def test_dead_letter_is_mapped_and_replayed_in_one_step(page, post, source):
    post(BODY)
    letter = DeadLetter.objects.get()
    shown = text_of(page.get(page.address, {"letter": letter.pk}))
    assert letter.key in shown
    assert 'value="report.headline"' in shown
    page.post(page.address, FIELDS | {"do": "replay", "letter": letter.pk})
    letter.refresh_from_db()
    assert letter.handled_at is not None
    assert Alert.objects.get().title == "Till is offline"
    assert DeadLetter.objects.count() == 1
    assert TimelineEntry.objects.get(kind="dead_letter.replayed").data == {"source": "Till", "accepted": 1}


def replay(page, letter):
    return page.post(reverse("gateway_ingest:letter_replay", args=["shop", letter.pk]), follow=True)


def test_replayed_letter_leaves_the_list_and_cannot_be_replayed_twice(page, post, source, now):
    post(BODY)
    mappings.save(source, Expressions(**FIELDS), actor=SYSTEM, now=now)
    letter = DeadLetter.objects.get()
    assert f"{letter.key} was replayed: 1 alert." in text_of(replay(page, letter))
    assert "This letter was replayed or dismissed before." in text_of(replay(page, letter))
    assert Alert.objects.get().count == 1


def test_letter_that_is_still_unreadable_stays_as_the_one_it_was(page, post):
    post(BODY)
    letter = DeadLetter.objects.get()
    assert "We do not know this format" in text_of(replay(page, letter))
    letter.refresh_from_db()
    assert (letter.handled_at, DeadLetter.objects.count()) == (None, 1)


def test_oldest_letter_survives_a_replay_that_fails(page, source, now):
    oldest = dead_letters.keep(source, b'{"what": 1}', reason="unread", format_name="", now=now)
    for number in range(dead_letters.KEPT_PER_SOURCE - 1):
        dead_letters.keep(source, b"{}", reason=f"r{number}", format_name="", now=now)
    replay(page, oldest)
    oldest.refresh_from_db()
    assert (oldest.handled_at, DeadLetter.objects.count()) == (None, dead_letters.KEPT_PER_SOURCE)
    source.refresh_from_db()
    assert source.letters == dead_letters.KEPT_PER_SOURCE


def test_handled_letters_make_room_before_those_that_wait(source, now):
    waiting = dead_letters.keep(source, b"{}", reason="waits", format_name="", now=now)
    for _number in range(dead_letters.KEPT_PER_SOURCE):
        letter = dead_letters.keep(source, b"{}", reason="done", format_name="", now=now)
        DeadLetter.objects.filter(pk=letter.pk).update(handled_at=now)
    assert DeadLetter.objects.filter(pk=waiting.pk).exists()


@pytest.mark.parametrize(("size", "offered"), [(60_000, True), (70_000, False)])
def test_letter_of_which_only_the_beginning_was_kept_offers_no_replay(page, source, now, size, offered):
    body = json.dumps({"title": "x" * size + "…"}, ensure_ascii=False).encode()
    letter = dead_letters.keep(source, body, reason="unread", format_name="", now=now)
    address = reverse("gateway_ingest:letter_replay", args=["shop", letter.pk])
    shown = text_of(page.get("/launches/shop/sources/"))
    assert (address in shown, "only its beginning was kept" in shown) == (offered, not offered)
    assert ("only its beginning was kept" in text_of(replay(page, letter))) is not offered


def test_rest_of_a_letter_that_is_taken_in_part_is_a_new_letter(page, post, source, now):
    post([{"t": "A"}, {"n": 1}])
    mappings.save(source, Expressions(title="t", items="@"), actor=SYSTEM, now=now)
    letter = DeadLetter.objects.get()
    replay(page, letter)
    letter.refresh_from_db()
    assert letter.handled_at is not None
    rest = DeadLetter.objects.get(handled_at=None)
    assert json.loads(rest.body) == [{"n": 1}]


def test_alerts_refused_in_an_envelope_can_be_replayed_in_it(page, post):
    good, bad = ({"status": "firing", "labels": labels} for labels in ({"alertname": "A"}, {}))
    post({"receiver": "x", "alerts": [good, bad]}, "alertmanager/")
    letter = DeadLetter.objects.get()
    assert json.loads(letter.body) == {"receiver": "x", "alerts": [bad]}


def test_binary_cloud_event_is_replayed_with_its_attributes(page, source, now):
    from gateway_ingest.dead_letters import keep

    headers = {"ce-specversion": "1.0", "ce-id": "1", "ce-source": "/a", "ce-type": "t", "authorization": "secret"}
    letter = keep(source, b'{"title": "X"}', reason="Later", format_name="", headers=headers, now=now)
    assert "authorization" not in letter.headers
    replay(page, letter)
    assert Alert.objects.get().title == "X"


def test_letter_of_another_launch_is_not_found(page, now, people):
    from datetime import date

    from gateway_ingest.dead_letters import keep
    from hypercare.core.launches import create_launch
    from hypercare.core.models import Launch

    days = {"go_live_on": date(2026, 5, 1), "planned_end_on": date(2026, 5, 31)}
    far = create_launch(Launch(slug="far", name="Far", **days), owner=people["outsider"], now=now)
    letter = keep(sources.create(far, name="F", actor=SYSTEM, now=now)[0], b"{}", reason="x", format_name="", now=now)
    assert replay(page, letter).status_code == 404


@pytest.mark.parametrize(
    ("name", "offered"),
    [("", True), ("grafana", True), ("calls/kong", False), ("deploys/github", True), ("otlp", False)],
)
def test_replay_is_offered_only_where_enough_was_kept_for_it(page, source, now, name, offered):
    letter = dead_letters.keep(source, b"{}", reason="unread", format_name=name, now=now)
    address = reverse("gateway_ingest:letter_replay", args=["shop", letter.pk])
    assert (address in page.get("/launches/shop/sources/").content.decode()) is offered


# --- only what was not taken is replayed --------------------------------------------------------------------

GOOD, BAD = {"t": "Good", "k": "1"}, {"n": 1}
MESSAGE = {"type": "incident.trigger", "incident": {"id": "P1", "title": "Down", "status": "triggered"}}


@pytest.mark.parametrize(
    ("items", "body", "kept"),
    [
        ("found.rows", {"found": {"rows": [GOOD, BAD]}, "of": 2}, {"found": {"rows": [BAD]}, "of": 2}),
        ("rows[?k || n]", {"rows": [GOOD, {"z": 1}, BAD]}, {"rows": [{"z": 1}, BAD]}),
        ("@", [GOOD, BAD], [BAD]),
        ("a[].b", {"a": [{"b": GOOD}, {"b": BAD}]}, None),
        ("rows[].{t: t}", {"rows": [GOOD, BAD]}, [{"t": None}]),
    ],
)
def test_letter_holds_only_the_alerts_that_were_not_taken_wherever_the_mapping_finds_them(
    post, source, now, items, body, kept
):
    mappings.save(source, Expressions(title="t", key="k", items=items), actor=SYSTEM, now=now)
    assert post(body)["accepted"] == 1
    letter = json.loads(DeadLetter.objects.get().body)
    assert kept is None or letter == kept
    assert "Good" not in json.dumps(letter)


def test_replay_of_what_was_not_taken_counts_no_alert_again(post, page, source, now):
    mappings.save(source, Expressions(title="t", key="k", items="rows"), actor=SYSTEM, now=now)
    post({"rows": [GOOD, BAD]})
    mappings.save(source, Expressions(title="t || 'No name'", key="k", items="rows"), actor=SYSTEM, now=now)
    replay(page, DeadLetter.objects.get())
    assert sorted(Alert.objects.values_list("title", "count")) == [("Good", 1), ("No name", 1)]


def test_letter_of_several_messages_of_pagerduty_holds_only_the_bad_ones(post):
    answer = post({"messages": [MESSAGE, {"type": "incident.trigger", "incident": {"x": 1}}]}, "pagerduty/")
    assert (answer["accepted"], len(answer["rejected"])) == (1, 1)
    assert json.loads(DeadLetter.objects.get().body) == {
        "messages": [{"type": "incident.trigger", "incident": {"x": 1}}]
    }
