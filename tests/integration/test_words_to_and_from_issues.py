"""This module tests labels, issues opened by hand, and replies to the people who reported."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from feedback import closing_the_loop, receipts
from feedback.models import Feedback, ReceiptLink, Reply, Reporter
from hypercare.core.models import Message, TimelineEntry
from hypercare.core.secrets import digest
from hypercare.core.timeline import Actor
from tests.integration.rows import make_feedback, make_issue
from triage import labels, lifecycle, merging, replies
from triage.models import Issue, Match
from triage.orders import giving
from triage.orders.telling import sentence_of
from triage.story import story_of

pytestmark = pytest.mark.django_db
CHANGES, ISSUES = "/api/v1/launches/shop/changes/", "/api/v1/issues/"


def give(api, action, *issues, **given):
    return api.post(CHANGES, {"action": action, "ids": [one.key for one in issues], **given}, format="json")


def labels_of(*issues):
    return [Issue.objects.get(pk=issue.pk).labels for issue in issues]


def written(launch, issue, now, name, **fields):
    """A report of a person with an address."""
    person = Reporter.objects.create(launch=launch, email=f"{name}@example.org", name=name.title(), created_at=now)
    return make_feedback(launch, now=now, issue_key=issue.key, reporter=person, **fields)


def page_of(report, *, at):
    """The secret page of a report, as it stands at a time."""
    ReceiptLink.objects.get_or_create(
        feedback=report, defaults={"digest": digest(receipts.secret_of(report.pk)), "created_at": at}
    )
    with time_machine.travel(at, tick=False):
        return Client().get(receipts.path_of(report)).content.decode()


# labels


def test_labels_are_words_in_small_letters_put_on_many_and_taken_off_by_one_undo(launch, api, now):
    one, other = make_issue(launch, now=now), make_issue(launch, now=now, labels=["mobile"])
    told = give(api, "label", one, other, labels=" Mobile ,Gift  Cards", preview=True).json()
    assert (told["words"], told["will_change"]) == ("labelled gift cards, mobile", 2)
    change = give(api, "label", one, other, labels=" Mobile ,Gift  Cards").json()
    assert labels_of(one, other) == [["gift cards", "mobile"], ["gift cards", "mobile"]]
    assert give(api, "label", one, labels=["mobile"]).json()["detail"] == f"{one.key} is labelled so already."
    assert api.post(f"{CHANGES}{change['id']}/undo/").json()["taken_back"] == 2
    assert labels_of(one, other) == [[], ["mobile"]]


def test_undo_leaves_the_label_that_a_colleague_took_off_or_put_on_since(launch, api, people, now):
    one, other = make_issue(launch, now=now), make_issue(launch, now=now)
    change = give(api, "label", one, other, labels=["mobile"]).json()
    responder = Actor.person(people["responder"])
    labels.remove(one.pk, ["mobile"], actor=responder, now=now)
    labels.add(one.pk, ["vip"], actor=responder, now=now)
    undone = api.post(f"{CHANGES}{change['id']}/undo/").json()
    assert "changed by Responder Person meanwhile" in undone["not_taken_back"][0]["detail"]
    assert labels_of(one, other) == [["vip"], []]


def test_a_preview_counts_a_merged_issue_once_and_the_mails_of_the_whole_tree(launch, api, now):
    root, twin = make_issue(launch, now=now), make_issue(launch, now=now, labels=["mobile"])
    written(launch, twin, now, "karin")
    merging.merge(twin.pk, into_id=root.pk, actor=Actor("Alice"), now=now)
    assert give(api, "label", twin, labels=["mobile"], preview=True).json()["will_change"] == 0
    assert give(api, "unlabel", twin, labels=["tills"], preview=True).json()["will_change"] == 0
    assert give(api, "move", root, to="closed", preview=True).json()["mails"] == 1


def test_an_issue_has_twelve_labels_at_most_and_the_order_names_it(launch, api, now):
    full, free = make_issue(launch, now=now, labels=[f"w{n}" for n in range(12)]), make_issue(launch, now=now)
    told = give(api, "label", full, free, labels=["mobile"]).json()
    assert told["failures"] == [{"id": full.key, "detail": f"{full.key} would have more than 12 labels."}]
    assert labels_of(free) == [["mobile"]]


def test_labels_filter_the_board_views_and_the_api_and_stand_in_shape_and_timeline(launch, api, client, people, now):
    tagged, plain = make_issue(launch, now=now, title="Till is slow"), make_issue(launch, now=now, title="Typo")
    give(api, "label", tagged, labels=["tills", "vip"])
    found = api.get(f"{ISSUES}?launch=shop&label=VIP&label=tills").json()["results"]
    assert [(one["id"], one["labels"]) for one in found] == [(tagged.key, ["tills", "vip"])]
    assert api.get("/api/v1/launches/shop/labels/").json()["results"][0] == {"label": "tills", "issues": 1}
    client.force_login(people["lead"])
    board = client.get("/launches/shop/board/?label=vip")
    assert [card.issue.pk for lane in board.context["lanes"] for card in lane.cards] == [tagged.pk]
    assert b'<span class="hc-label">vip</span>' in board.content
    view = {"name": "Tills", "visibility": "private", "query": "label=tills"}
    assert api.post("/api/v1/launches/shop/views/", view, format="json").json()["query"] == "label=tills"
    entry = TimelineEntry.objects.get(kind="issue.labels")
    assert story_of([entry])[0].words == "Labels changed: + tills, + vip"
    assert plain.key.encode() not in board.content


def test_labels_are_changed_by_plain_forms(client, launch, people, now):
    issue = make_issue(launch, now=now)
    client.force_login(people["lead"])
    page = f"/launches/shop/issues/{issue.key}/"
    client.post(f"{page}label/", {"labels": "tills"})
    assert b"Take off the label tills" in client.get(page).content
    client.post(f"{page}unlabel/", {"labels": "tills"})
    assert labels_of(issue) == [[]]


# opening by hand


def test_an_issue_opened_by_hand_is_a_report_of_its_writer_with_what_they_said(launch, api, people, now):
    said = {"launch": "shop", "title": "Printers ask for a.b@example.org", "severity": 2, "component": "checkout",
            "text": "All tills", "once": "f1"}  # fmt: skip
    made = api.post(ISSUES, said, format="json")
    assert (made.status_code, made.json()["severity"], made.json()["component"]) == (201, 2, "checkout")
    issue, row = Issue.objects.get(), Feedback.objects.get()
    assert (issue.feedback_count, row.issue_key, row.channel) == (1, issue.key, "operations_note")
    assert row.triaged_at is not None
    match = Match.objects.get()
    assert (match.origin, match.actor, match.reason) == ("person", people["lead"], "opened by hand")
    assert set(issue.decisions.filter(origin="person").values_list("field", flat=True)) == {"severity", "component"}
    assert issue.board_version == 1
    again = api.post(ISSUES, said, format="json")
    assert (again.status_code, again.json()["id"], Issue.objects.count()) == (200, issue.key, 1)


def test_what_cannot_be_opened_is_refused_and_leaves_nothing(launch, api, now):
    for bad, status, says in (
        ({"title": " "}, 400, "Write a title"),
        ({"title": "x" * 301}, 400, "Write a title"),
        ({"title": "Till", "severity": 9}, 400, "Use one of 1, 2"),
        ({"title": "Till", "component": "moon"}, 400, "no component “moon”"),
    ):
        answer = api.post(ISSUES, {"launch": "shop", **bad}, format="json")
        assert (answer.status_code, says in answer.json()["detail"]) == (status, True), answer.json()
    launch.closed_at = now
    launch.save()
    assert api.post(ISSUES, {"launch": "shop", "title": "Till"}, format="json").status_code == 409
    assert not Feedback.objects.exists()
    assert not Issue.objects.exists()


def test_the_page_to_open_one_keeps_what_was_typed_when_it_is_refused(client, people):
    client.force_login(people["lead"])
    path = "/launches/shop/issues/new/"
    refused = client.post(path, {"title": "", "severity": "1", "text": "All tills", "component": "", "once": "f2"})
    assert (refused.status_code, b"All tills" in refused.content) == (400, True)
    opened = client.post(path, {"title": "Tills", "severity": "1", "text": "", "component": "", "once": "f2"})
    assert opened.url == f"/launches/shop/issues/{Issue.objects.get().key}/"


# replies


def test_a_reply_reaches_each_person_once_and_says_first_who_it_does_not_reach(launch, api, now):
    issue = make_issue(launch, now=now)
    karin = written(launch, issue, now, "karin")
    make_feedback(launch, now=now, issue_key=issue.key, reporter=karin.reporter)
    make_feedback(launch, now=now, issue_key=issue.key)
    make_feedback(launch, now=now, issue_key=issue.key, channel="alert")
    outside = Reporter.objects.create(launch=launch, external_id="u7", created_at=now)
    make_feedback(launch, now=now, issue_key=issue.key, reporter=outside)
    make_feedback(launch, now=now, issue_key=issue.key, channel="import")
    told = api.get(f"{ISSUES}{issue.key}/reporters/").json()
    assert (told["count"], told["reached"]) == (3, "1 by mail, 2 on their receipt page")
    assert [one["name"] for one in told["results"]] == ["u7", "Guest", "Karin"]
    assert told["unreached"] == ["1 report of another tool's history"]
    shown = give(api, "reply", issue, text="Hello", preview=True).json()
    assert (shown["mails"], shown["receipts"], shown["unreached"]) == (1, 2, told["unreached"])
    assert shown["can_undo"]
    assert give(api, "reply", issue, text="We look at it; password=hunter2secret").status_code == 200
    mail = Message.objects.get()
    assert (mail.kind, mail.to_address) == ("reply", "karin@example.org")
    assert mail.not_before - mail.created_at == timedelta(seconds=10)
    assert mail.text.startswith("We look at it; ")
    assert "hunter2secret" not in mail.text
    entry = TimelineEntry.objects.get(kind="issue.replied")
    assert story_of([entry])[0].words == "Replied to 3 people"


def test_a_reply_stands_on_the_receipt_page_with_its_time_after_ten_seconds(launch, api, people, now):
    issue = make_issue(launch, now=now)
    karin, guest = written(launch, issue, now, "karin"), make_feedback(launch, now=now, issue_key=issue.key)
    rows = Feedback.objects.select_related("reporter", "launch").filter(pk__in=[karin.pk, guest.pk])
    closing_the_loop.reply(rows, words="It is <b>safe</b>", once="reply:1", now=now)
    assert [Message.objects.get().about] == [karin.key]
    for row in rows:
        assert "What we answered" not in page_of(row, at=now + timedelta(seconds=9))
        page = page_of(row, at=now + timedelta(seconds=10))
        assert "It is &lt;b&gt;safe&lt;/b&gt;" in page
        assert '<time datetime="2026-05-28T12:32:10+00:00">28 May 2026, 14:32</time>' in page


def test_a_reply_that_was_withdrawn_is_never_shown_and_one_that_was_shown_stays(launch, people, now):
    issue = make_issue(launch, now=now)
    karin, guest = written(launch, issue, now, "karin"), make_feedback(launch, now=now, issue_key=issue.key)
    only, later = Issue.objects.filter(pk=issue.pk), now + timedelta(minutes=1)

    def undone(*, at):
        given = {"text": "We look at it", "to": ""}
        change = giving.give(launch, only, action="reply", given=given, actor=people["lead"], clock=lambda: now)
        giving.ask_back(change, actor=people["lead"], clock=lambda: at)
        change.refresh_from_db()
        return change

    in_time = undone(at=now + timedelta(seconds=9))
    assert (in_time.told_before, Reply.objects.count()) == (0, 0)
    assert "We look at it" not in page_of(guest, at=later)
    late = undone(at=later)
    assert (late.told_before, sentence_of(late)) == (2, "2 people had the reply already")
    assert all("We look at it" in page_of(one, at=later) for one in (guest, karin))
    assert Message.objects.get().about == karin.key, "what her page showed goes to her by mail too"


def test_a_reply_to_one_report_goes_to_no_other_and_undo_withdraws_what_has_not_gone(launch, people, now):
    one, other = make_issue(launch, now=now), make_issue(launch, now=now)
    karin, omar = written(launch, one, now, "karin"), written(launch, other, now, "omar")
    both = Issue.objects.filter(pk__in=[one.pk, other.pk])

    def reply(**given):
        return giving.give(launch, both, action="reply", given=given, actor=people["lead"], clock=lambda: now)

    alone = reply(text="Only you", to=karin.key)
    assert (alone.changed, alone.failed, Message.objects.get().about) == (1, 1, karin.key)
    giving.ask_back(alone, actor=people["lead"], clock=lambda: now)
    assert not Message.objects.exists()
    change = reply(text="Both of you")
    Message.objects.filter(about=omar.key).update(sent_at=now)
    change = giving.ask_back(change, actor=people["lead"], clock=lambda: now)
    assert (change.told_before, [mail.about for mail in Message.objects.all()]) == (1, [omar.key])
    withdrawn = TimelineEntry.objects.filter(kind="issue.reply_withdrawn", subject=one.key)
    assert [entry.data for entry in withdrawn] == [{"people": 1}, {"people": 1}]


def test_undo_says_of_no_issue_that_a_reply_is_withdrawn_which_its_reporter_had_about_another(launch, people, now):
    one, other = make_issue(launch, now=now), make_issue(launch, now=now)
    karin = written(launch, one, now, "karin")
    make_feedback(launch, now=now, issue_key=other.key, reporter=karin.reporter)
    written(launch, other, now, "omar")
    both, given = Issue.objects.filter(pk__in=[one.pk, other.pk]), {"text": "Hello"}
    change = giving.give(launch, both, action="reply", given=given, actor=people["lead"], clock=lambda: now)
    Message.objects.filter(about=karin.key).update(sent_at=now)
    change = giving.ask_back(change, actor=people["lead"], clock=lambda: now)
    withdrawn = TimelineEntry.objects.filter(kind="issue.reply_withdrawn").values_list("subject", "data__people")
    assert (change.told_before, list(withdrawn)) == (1, [(other.key, 1)])  # Omar's


def test_a_reply_is_written_on_the_issues_own_page(client, launch, people, now):
    issue = make_issue(launch, now=now)
    written(launch, issue, now, "karin")
    client.force_login(people["lead"])
    page = f"/launches/shop/issues/{issue.key}/"
    assert b"It reaches 1 by mail." in client.get(page).content
    client.post(f"{page}reply/", {"text": "Thank you", "to": ""})
    assert Message.objects.get().text.startswith("Thank you")


def test_a_reply_long_in_the_writing_goes_out_though_the_issue_was_changed_meanwhile(client, launch, people, now):
    issue = make_issue(launch, now=now)
    written(launch, issue, now, "karin")
    client.force_login(people["lead"])
    page = f"/launches/shop/issues/{issue.key}/"
    [form] = re.findall(rf'action="{page}reply/">(.*?)</form>', client.get(page).content.decode(), re.DOTALL)
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form))
    lifecycle.move(issue.pk, to="in_progress", actor=Actor.person(people["responder"]), now=now)
    client.post(f"{page}reply/", hidden | {"text": "We look into it", "to": ""})
    assert Message.objects.get().text.startswith("We look into it")


def test_a_reply_sent_twice_is_one_mail_and_a_person_of_many_issues_hears_it_once(client, launch, api, people, now):
    one, other = make_issue(launch, now=now), make_issue(launch, now=now)
    karin = written(launch, one, now, "karin")
    make_feedback(launch, now=now, issue_key=other.key, reporter=karin.reporter)
    client.force_login(people["lead"])
    page = f"/launches/shop/issues/{one.key}/"
    form = {"text": "Thank you", "to": "", "once": client.get(page).context["once"]}
    client.post(f"{page}reply/", form)
    client.post(f"{page}reply/", form)
    assert (Message.objects.count(), TimelineEntry.objects.filter(kind="issue.replied").count()) == (1, 1)
    Message.objects.all().delete()
    assert give(api, "reply", one, other, text="Both", preview=True).json()["mails"] == 1
    said = {"action": "reply", "ids": [one.key, other.key], "text": "Both"}
    first, again = (api.post(CHANGES, said, format="json", headers={"Idempotency-Key": "k"}).json() for _ in "ab")
    assert (first["id"], first["changed"], Message.objects.count()) == (again["id"], 2, 1)
    api.post(f"{CHANGES}{first['id']}/undo/")
    assert not Message.objects.exists()


def test_the_preview_of_a_reply_counts_whom_it_reaches_and_reads_no_report(launch, api, now):
    one, twin, other, silent = (make_issue(launch, now=now) for _n in range(4))
    karin, dan = written(launch, one, now, "karin"), written(launch, other, now, "dan")
    for issue, reporter in ((twin, karin.reporter), (other, karin.reporter), (other, None)):
        make_feedback(launch, now=now, issue_key=issue.key, reporter=reporter)
    make_feedback(launch, now=now, issue_key=other.key, reporter=dan.reporter, channel="import")
    merging.merge(twin.pk, into_id=one.pk, actor=Actor("Alice"), now=now)
    with CaptureQueriesContext(connection) as asked:
        told = give(api, "reply", one, twin, other, silent, text="Hello", preview=True).json()
    assert (told["matching"], told["will_change"], told["mails"], told["receipts"]) == (4, 2, 2, 1)
    stays = {each["why"]: each["count"] for each in told["will_stay"]}
    assert stays == {"merged into another": 1, "nobody can be reached": 1}
    assert told["unreached"] == ["1 report of another tool's history"]
    assert not [query for query in asked if '"feedback_feedback"."title"' in query["sql"]]
    named = give(api, "reply", one, other, text="Hello", to=karin.key, preview=True).json()
    assert (named["will_change"], named["mails"]) == (1, 1)


def test_the_page_of_an_issue_counts_whom_a_reply_reaches_and_lists_no_more_than_it_shows(launch, now, monkeypatch):
    monkeypatch.setattr(replies, "SHOWN", 2)
    issue, twin = make_issue(launch, now=now), make_issue(launch, now=now)
    for name in ("ann", "bea", "cem"):
        written(launch, issue, now, name)
    twice = written(launch, twin, now, "dan")
    newest = make_feedback(launch, now=now, issue_key=issue.key, reporter=twice.reporter)
    guest = make_feedback(launch, now=now, issue_key=issue.key, reporter=None)
    merging.merge(twin.pk, into_id=issue.pk, actor=Actor("Alice"), now=now)
    make_feedback(launch, now=now, issue_key=issue.key, channel="import")
    reach, found = replies.reach_of(issue), replies.audience_of([issue])[issue.pk]
    assert (reach.by_mail, reach.on_page, reach.shown) == (4, 1, [guest, newest])
    assert (len(found.by_mail), found.on_page, found.unreached) == (4, [guest], reach.unreached)
