"""This module sends events to real servers on this machine: good ones, and those that hang, fail, end, redirect or flood."""

import json
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.db import transaction
from standardwebhooks.webhooks import Webhook

from hypercare.core import clock, happenings
from hypercare.core.access import Principal
from hypercare.core.members import set_member
from hypercare.core.models import Happening, Message, OutgoingWebhook, TimelineEntry, WebhookDelivery
from hypercare.core.problem import Problem
from hypercare.core.sealing import seal
from hypercare.core.timeline import SYSTEM, Actor, Entry, record
from hypercare.core.webhooks import again, hooks, payload, queue, sending
from hypercare.core.webhooks.hooks import Said

STATUS = "issue.status_changed"


class Receiver(BaseHTTPRequestHandler):
    """Answers by the path: /200, /500, /410, /302, /hang until /release, /flood, /later, /never."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.heard.append((self.path, dict(self.headers.items()), body))
        word = self.path.strip("/")
        status = {"500": 500, "410": 410, "302": 302, "later": 503, "never": 503}.get(word, 200)
        if word == "release":
            self.server.released.set()
        if word == "hang" and not self.server.released.wait(8):
            status = 500
        self.send_response(status)
        if word == "302":
            self.send_header("location", f"http://127.0.0.1:{self.server.server_address[1]}/200")
        if word == "later":
            self.send_header("retry-after", "7200")
        if word == "never":
            self.send_header("retry-after", "1 Jan 99999999999999999999 00:00:00 GMT")
        self.end_headers()
        answer = b"x" * (2 * 1024 * 1024) if word == "flood" else b"got it, password=hunter2secret"
        try:
            self.wfile.write(answer)
        except OSError:
            return

    def log_message(self, *_given):
        return


@pytest.fixture(scope="module")
def receiver():
    """Two hosts that share what they heard; the second has the port of the first."""
    one = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    two = ThreadingHTTPServer(("127.0.0.2", one.server_address[1]), Receiver)
    heard, released = [], threading.Event()
    for server in (one, two):
        server.heard, server.released = heard, released
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield one
    released.set()
    for server in (one, two):
        server.shutdown()
        server.server_close()


@pytest.fixture(autouse=True)
def inside(settings, receiver):
    """An administrator listed this machine; nothing was heard yet."""
    settings.OUTGOING_ALLOWED = ["127.0.0.0/8"]
    receiver.heard.clear()
    receiver.released.clear()


@pytest.fixture
def hook(launch, people, receiver, now):
    """Makes a webhook that hears of status changes."""

    def make(word="200", *, name="chat", host="127.0.0.1", **more):
        said = Said(name, f"http://{host}:{receiver.server_address[1]}/{word}", (STATUS,), **more)
        return hooks.add(launch, said, by=Principal(people["lead"]), now=now)

    return make


def happens(launch, *, now, subject="IS-7", actor=SYSTEM, **data):
    told = {"field": "status", "old": "new", "new": "triaged", "transition": "accept", "reason": "Call Anna"} | data
    record(launch, [Entry(subject, "issue.status", told)], actor=actor, now=now)


def send(now):
    queue.fan_out(now=now)
    return sending.send_due(clock=lambda: now)


def the_delivery() -> WebhookDelivery:
    return WebhookDelivery.objects.select_related("webhook").get()


def test_an_event_arrives_signed_and_in_the_documented_shape(hook, launch, people, receiver):
    now = clock.now()
    _made, secret = hook()
    happens(launch, now=now, actor=Actor.person(people["agent"]))
    assert send(now) == 1
    _path, headers, body = receiver.heard[0]
    said = Webhook(secret).verify(body, {name.lower(): value for name, value in headers.items()})
    assert said["type"] == STATUS
    assert said["data"] == {
        "launch": "shop",
        "subject": "IS-7",
        "url": "http://127.0.0.1:8000/launches/shop/issues/IS-7/",
        "by": "person",
        "facts": {"field": "status", "old": "new", "new": "triaged", "transition": "accept"},
    }
    assert datetime.fromisoformat(said["timestamp"]) == now
    row = the_delivery()
    assert (row.done_at, row.log.get().status) == (now, 200)
    assert headers["webhook-id"] == row.message_id
    assert "hunter2secret" not in row.log.get().answer
    assert not Happening.objects.exists()


def test_people_are_named_only_where_the_owner_chose_it_and_may(hook, launch, people, receiver, now):
    hook(with_people=True)
    happens(launch, now=now, actor=Actor.person(people["agent"]))
    send(now)
    assert json.loads(receiver.heard[0][2])["data"]["people"]["said"]["reason"] == "Call Anna"
    set_member(launch, people["admin"], role="lead", actor=SYSTEM, now=now)
    set_member(launch, people["lead"], role="agent", actor=SYSTEM, now=now)
    happens(launch, now=now)
    send(now)
    assert len(receiver.heard) == 1
    stopped = OutgoingWebhook.objects.get()
    assert (stopped.is_on, stopped.paused_why) == (False, "owner")
    assert set(Message.objects.filter(kind="switched_off").values_list("to_address", flat=True)) == {
        "admin@example.org"
    }


def test_values_that_name_people_stay_here(hook, launch, receiver, now):
    made, _secret = hook()
    hooks.change(made, Said("chat", made.url, ("issue.changed",)), by=Principal(made.owner), now=now)
    entry = Entry("IS-7", "issue.field", {"field": "owner", "old": "", "new": "bo@example.org", "reason": "x"})
    record(launch, [entry], actor=SYSTEM, now=now)
    send(now)
    assert b"bo@example.org" not in receiver.heard[0][2]


def test_during_a_change_of_secret_both_sign(hook, launch, receiver):
    now = clock.now()
    made, old = hook()
    new = hooks.rotate(made, actor=SYSTEM, now=now)
    happens(launch, now=now)
    send(now)
    _path, headers, body = receiver.heard[0]
    for secret in (old, new):
        Webhook(secret).verify(body, {name.lower(): value for name, value in headers.items()})
    made.refresh_from_db()
    assert old not in made.sealed_before
    later = clock.now() + timedelta(hours=25)
    happens(launch, now=later)
    send(later)
    assert " " not in receiver.heard[-1][1]["webhook-signature"]


def test_a_failure_is_tried_again_by_the_schedule_and_then_given_up(hook, launch, now):
    hook("500")
    happens(launch, now=now)
    queue.fan_out(now=now)
    moment, waits = now, []
    while (row := the_delivery()).given_up_at is None:
        moment = row.next_try_at
        sending.send_due(clock=lambda moment=moment: moment)
        waits.append((the_delivery().next_try_at - moment).total_seconds())
    expected = [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400]
    assert [abs(seen / wanted - 1) <= 0.1 for seen, wanted in zip(waits, expected, strict=False)] == [True] * 9
    assert the_delivery().log.count() == 10


def test_a_receiver_may_ask_for_more_time(hook, launch, now):
    hook("later")
    happens(launch, now=now)
    send(now)
    assert the_delivery().next_try_at == now + timedelta(hours=2)


def test_a_date_beyond_all_calendars_is_an_ordinary_failure(hook, launch, now):
    hook("never")
    hook(name="other", host="127.0.0.2")
    happens(launch, now=now)
    assert send(now) == 1
    failed = WebhookDelivery.objects.get(webhook__name="chat")
    assert (failed.log.get().status, failed.claimed_until) == (503, None)


def test_a_result_that_cannot_be_noted_is_a_failed_try_and_harms_no_other(hook, launch, now):
    hook()
    hook(name="other", host="127.0.0.2")
    happens(launch, now=now)
    queue.fan_out(now=now)
    OutgoingWebhook.objects.filter(name="chat").update(sealed=seal("x"))
    sending.send_due(clock=lambda: now)
    assert WebhookDelivery.objects.get(webhook__name="other").done_at == now
    assert WebhookDelivery.objects.get(webhook__name="chat").log.get().status is None


def test_a_thing_that_cannot_be_told_lets_the_others_pass_and_is_given_up(hook, launch, now):
    hook()
    happens(launch, now=now, subject="IS-7")
    happens(launch, now=now, subject="IS-8")
    Happening.objects.filter(subject="IS-7").update(data={"moved": {"severity": 5}})
    queue.fan_out(now=now)
    assert WebhookDelivery.objects.get().subject == "IS-8"
    for minutes in range(0, 60, 10):
        queue.fan_out(now=now + timedelta(minutes=minutes))
    assert not Happening.objects.exists()


def test_a_worker_with_many_events_does_its_other_work_between_them(hook, launch, monkeypatch, now):
    monkeypatch.setattr(happenings, "HEARD_AT_ONCE", 2)
    hook()
    for number in range(3):
        happens(launch, now=now, subject=f"IS-{number}")
    assert queue.fan_out(now=now) <= 2
    assert Happening.objects.exists()


def test_410_ends_the_webhook_and_tells_its_owner(hook, launch, now):
    made, _secret = hook("410")
    happens(launch, now=now)
    happens(launch, now=now, subject="IS-8")
    send(now)
    made.refresh_from_db()
    assert (made.is_on, made.paused_why) == (False, "gone")
    assert not WebhookDelivery.objects.filter(given_up_at=None).exists()
    assert "410" in Message.objects.get(kind="switched_off").text
    happens(launch, now=now)
    assert not Happening.objects.exists(), "nobody waits any more"


def test_five_days_without_one_good_answer_switch_it_off(hook, launch, now):
    made, _secret = hook("500")
    for days in (0, 4, 5.1):
        happens(launch, now=now + timedelta(days=days))
        send(now + timedelta(days=days))
        made.refresh_from_db()
        assert made.is_on == (days < 5)
    assert made.paused_why == "failing"


@pytest.mark.parametrize(("word", "said"), [("302", "302"), ("flood", "larger than one megabyte")])
def test_a_redirect_or_a_flood_is_a_failure(hook, launch, receiver, now, word, said):
    hook(word)
    happens(launch, now=now)
    assert send(now) == 0
    tried = the_delivery().log.get()
    assert said in f"{tried.status} {tried.trouble}"
    assert len(receiver.heard) == 1


def test_an_address_inside_is_refused_when_written_and_again_at_each_call(hook, launch, receiver, settings, now):
    hook()
    settings.OUTGOING_ALLOWED = []
    with pytest.raises(Problem) as refused:
        hook(name="other")
    assert refused.value.errors[0].pointer == "/url"
    happens(launch, now=now)
    send(now)
    assert "inside a network" in the_delivery().log.get().trouble
    assert receiver.heard == []


def test_a_receiver_that_hangs_holds_up_nobody_else(hook, launch, receiver, now):
    hook("hang", name="slow")
    hook("release", name="quick", host="127.0.0.2")
    for number in range(4):
        happens(launch, now=now, subject=f"IS-{number + 1}")
    assert send(now) == 8, "the slow one answers well only if it hears that the quick one was called meanwhile"


def test_what_becomes_due_does_not_wait_for_one_that_hangs(hook, launch):
    now = clock.now()
    hook("hang", name="slow")
    hook("release", name="quick", host="127.0.0.2")
    happens(launch, now=now)
    queue.fan_out(now=now)
    WebhookDelivery.objects.filter(webhook__name="quick").update(next_try_at=clock.now() + timedelta(seconds=0.3))
    assert sending.send_due(clock=clock.now) == 2


def test_one_host_is_called_twice_at_a_time_however_many_workers_there_are(hook, launch, now):
    hook(name="one")
    hook(name="two", host="127.0.0.2")
    for number in range(4):
        happens(launch, now=now, subject=f"IS-{number + 1}")
    queue.fan_out(now=now)
    held = queue.claim(rows=8, now=now).deliveries
    assert sorted(one.host for one in held) == ["127.0.0.1"] * 2 + ["127.0.0.2"] * 2
    assert queue.claim(rows=8, now=now).deliveries == []


def test_claims_of_two_workers_share_no_message(hook, launch, now):
    hook()
    happens(launch, now=now)
    happens(launch, now=now, subject="IS-8")
    queue.fan_out(now=now)
    one, two = queue.claim(rows=1, now=now), queue.claim(rows=8, now=now)
    assert {row.pk for row in one.deliveries} & {row.pk for row in two.deliveries} == set()
    after = queue.claim(rows=8, now=now + queue.LEASE + timedelta(seconds=1))
    assert len(after.deliveries) == 2, "a worker that died gives its messages back"


def test_replay_sends_one_or_all_failed_again_under_the_same_id(hook, launch, people, receiver, now):
    made, _secret = hook("500")
    happens(launch, now=now)
    send(now)
    actor = Actor.person(people["lead"])
    assert again.replay_failed(made, since=now - timedelta(days=1), actor=actor, now=now) == 1
    sending.send_due(clock=lambda: now)
    again.replay(the_delivery(), actor=actor, now=now)
    sending.send_due(clock=lambda: now)
    assert len({headers["webhook-id"] for _path, headers, _body in receiver.heard}) == 1
    assert the_delivery().log.count() == 3
    assert TimelineEntry.objects.filter(kind="webhook.replayed").count() == 2


def test_a_test_message_says_that_it_is_one(hook, people, receiver, now):
    made, _secret = hook()
    again.send_test(made, actor=Actor.person(people["lead"]), now=now)
    sending.send_due(clock=lambda: now)
    assert json.loads(receiver.heard[0][2])["type"] == "webhook.test"
    hooks.switch(made, on=False, by=Principal(people["lead"]), now=now)
    with pytest.raises(Problem):
        again.send_test(made, actor=SYSTEM, now=now)


def test_a_message_is_never_larger_than_receivers_must_take(launch, now):
    people = {"said": {"note": "x" * 30_000}}
    body = payload.body_of(
        launch, event="issue.commented", subject="IS-1", occurred_at=now, facts={}, by="person", people=people
    )
    assert len(body) < payload.LONGEST
    assert json.loads(body)["data"]["cut"] is True


def test_what_failed_to_commit_is_never_told(hook, launch, now):
    hook()
    with transaction.atomic():
        happens(launch, now=now)
        transaction.set_rollback(True)
    assert queue.fan_out(now=now) == 0


def test_nothing_is_sent_for_a_closed_launch(hook, launch, receiver, now):
    hook()
    happens(launch, now=now)
    queue.fan_out(now=now)
    launch.closed_at = now
    launch.save()
    assert sending.send_due(clock=lambda: now) == 0
    happens(launch, now=now)
    assert queue.fan_out(now=now) == 1
    assert WebhookDelivery.objects.count() == 1


def test_what_waits_for_a_webhook_that_is_off_is_forgotten_after_a_month(hook, launch, people, now):
    made, _secret = hook()
    happens(launch, now=now)
    queue.fan_out(now=now)
    hooks.switch(made, on=False, by=Principal(people["lead"]), now=now)
    assert again.forget_old(now=now + timedelta(days=29)) == 0
    assert again.forget_old(now=now + timedelta(days=31)) == 1


def test_the_api_adds_shows_and_removes_without_ever_showing_the_secret_again(api, launch, receiver):
    address = f"http://127.0.0.1:{receiver.server_address[1]}/200"
    made = api.post(
        "/api/v1/webhooks/", {"launch": "shop", "name": "chat", "url": address, "events": [STATUS]}, format="json"
    )
    assert made.status_code == 201
    assert made.json()["secret"].startswith("whsec_")
    key = made.json()["webhook"]["id"]
    assert "secret" not in api.get("/api/v1/webhooks/?launch=shop").json()["results"][0]
    assert api.post(f"/api/v1/webhooks/{key}/test/").status_code == 202
    sending.send_due(clock=clock.now)
    log = api.get(f"/api/v1/webhooks/{key}/deliveries/").json()["results"]
    assert log[0]["log"][0]["status"] == 200
    again_at = api.post(f"/api/v1/webhooks/{key}/deliveries/{log[0]['id']}/replay/")
    assert (again_at.status_code, again_at.json()["done_at"]) == (202, None)
    assert api.post(f"/api/v1/webhooks/{key}/secret/").json()["secret"].startswith("whsec_")
    since = (clock.now() - timedelta(hours=1)).astimezone(UTC).isoformat()
    assert "deliveries" in api.post(f"/api/v1/webhooks/{key}/replay/", {"since": since}, format="json").json()
    bad = api.patch(f"/api/v1/webhooks/{key}/", {"url": "http://10.0.0.1/"}, format="json")
    assert (bad.status_code, bad.json()["errors"][0]["pointer"]) == (400, "/url")
    assert api.patch(f"/api/v1/webhooks/{key}/", {"is_on": False}, format="json").json()["is_on"] is False
    assert api.delete(f"/api/v1/webhooks/{key}/").status_code == 204


def test_the_pages_show_the_secret_once_and_the_log(client, people, launch, receiver):
    client.force_login(people["lead"])
    form = {"name": "chat", "url": f"http://127.0.0.1:{receiver.server_address[1]}/500", "events": [STATUS]}
    made = client.post("/launches/shop/settings/webhooks/", form)
    assert "whsec_" in made.content.decode()
    hook = OutgoingWebhook.objects.get()
    page = f"/launches/shop/settings/webhooks/{hook.pk}/"
    assert "whsec_" not in client.get(page).content.decode()
    client.post(page + "test/")
    sending.send_due(clock=clock.now)
    text = client.get(page).content.decode()
    assert "webhook.test" in text
    assert "Nothing was taken there since" in text
    one = f"{page}deliveries/{the_delivery().pk}/"
    assert "got it" in client.get(one).content.decode()
    assert client.post(one + "again/").status_code == 302
    refused = client.post("/launches/shop/settings/webhooks/", form | {"name": "in", "url": "http://10.1.1.1/"})
    assert (refused.status_code, "inside a network" in refused.content.decode()) == (400, True)
