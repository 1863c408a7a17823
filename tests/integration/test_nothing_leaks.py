"""Nobody sees another launch, no secret is stored, and nothing that strangers write runs in a reader's browser."""

from datetime import timedelta

import pytest
import time_machine
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from feedback.models import Feedback
from gateway_ingest.sources import create as create_source
from hypercare.core.launches import close
from hypercare.core.members import set_member
from hypercare.core.models import ApiToken, FieldDefinition
from hypercare.core.timeline import SYSTEM, Actor
from tests.conftest import NOW, bearer
from tests.integration.doors import API, alert, cursor_at, post, refused, report
from tests.integration.rows import make_feedback, make_issue
from triage.classify.evidence import severity_from_alert


def test_token_is_refused_when_it_expired_was_revoked_or_its_owner_is_inactive(people, launch, now):

    with time_machine.travel(NOW, tick=False):
        expired = bearer(people["lead"], scopes=["admin"], now=now, expires_at=now)
        assert "expired" in refused(expired.get(f"{API}launches/"), 401)["detail"]
        client = bearer(people["agent"], scopes=["admin"], now=now)
        assert client.get(f"{API}launches/").status_code == 200
        people["agent"].is_active = False
        people["agent"].save()
        refused(client.get(f"{API}launches/"), 401)
        people["agent"].is_active = True
        people["agent"].save()
        ApiToken.objects.filter(user=people["agent"]).update(revoked_at=now)
        assert "revoked" in refused(client.get(f"{API}launches/"), 401)["detail"]


def test_token_of_one_launch_reads_no_other(people, launch, other, now):
    set_member(other, people["lead"], role="lead", actor=SYSTEM, now=now)
    client = bearer(people["lead"], scopes=["admin"], now=now, launch=launch)
    issue, row = make_issue(other, now=now), make_feedback(other, now=now)

    for path in (
        "feedback/?launch=other",
        "issues/?launch=other",
        "alerts/?launch=other",
        "exit/?launch=other",
        "launches/other/",
        "launches/other/board/",
        f"issues/{issue.key}/",
        f"feedback/{row.key}/",
    ):
        refused(client.get(API + path), 404)
    refused(post(client, f"{API}feedback/", report(launch="other")), 404)
    refused(post(client, f"{API}issues/{issue.key}/transition/", {"to": "closed"}), 404)
    refused(post(client, f"{API}launches/", {"name": "Third"}), 403)
    assert [one["slug"] for one in client.get(f"{API}launches/").json()["results"]] == ["shop"]
    assert client.get(f"{API}deployments/").json()["results"] == []


def test_another_launch_shows_nothing_of_itself(robot, lead, launch, other, now):
    mine, theirs = make_issue(launch, now=now), make_issue(other, now=now, title="Their secret")
    row = make_feedback(other, now=now, title="Their secret", issue_key=theirs.key)

    refused(post(robot, f"{API}issues/{mine.key}/merge/", {"into": theirs.key}), 404)
    answers = [
        robot.get(f"{API}feedback/", {"launch": "shop", "q": "secret"}),
        robot.get(f"{API}feedback/", {"launch": "shop", "q": row.key}),
        robot.get(f"{API}feedback/", {"launch": "shop", "issue": theirs.key}),
        robot.get(f"{API}issues/", {"launch": "shop", "q": theirs.key}),
        robot.get(f"{API}issues/", {"launch": "shop", "cursor": cursor_at(f"p={theirs.pk + 1}")}),
        robot.get(f"{API}launches/shop/board/", {"since": "0"}),
        lead.get("/launches/shop/inbox/", {"q": row.key}),
        lead.get(f"/launches/shop/issues/{theirs.key}/"),
        lead.get(f"/launches/shop/feedback/{row.key}/"),
        lead.post(f"/launches/shop/issues/{mine.key}/merge/", {"into": theirs.key}, follow=True),
    ]
    assert not [answer.request["PATH_INFO"] for answer in answers if b"Their secret" in answer.content]


def test_public_report_sent_again_with_another_body_gets_no_link(launch):
    client, door = Client(), f"/w/{launch.keys.get().key}/reports"
    first = post(client, door, {"text": "It broke", "external_id": "a"}).json()

    again = post(client, door, {"text": "It broke", "external_id": "a"}).json()
    guess = post(client, door, {"text": "Something else", "external_id": "a"}).json()

    assert (again["id"], again["status_url"]) == (first["id"], first["status_url"])
    assert (guess["id"], guess["status_url"]) == (first["id"], None)


CARD = "4111 1111 1111 1111"
PASSWORD = "password=hunter2secret"


def test_no_secret_reaches_any_table(robot, lead, launch, now):
    FieldDefinition.objects.create(launch=launch, key="store", label="Store", kind="text")
    _source, key = create_source(launch, name="gateway", actor=SYSTEM, now=now)
    post(
        robot,
        f"{API}feedback/",
        report(
            title=f"Pay {CARD}",
            body=PASSWORD,
            context={PASSWORD: CARD, "page": PASSWORD},
            fields={"store": PASSWORD},
            reporter={"name": PASSWORD, "external_id": PASSWORD},
            external_id=PASSWORD,
            trace_id=CARD,
            kind="4111111111111111",
        ),
    )
    issue, row = make_issue(launch, now=now), make_feedback(launch, now=now)
    post(robot, f"{API}issues/{issue.key}/transition/", {"to": "declined", "reason": PASSWORD})
    post(robot, f"{API}issues/{issue.key}/override/", {"field": "title", "value": f"Pay {CARD}", "reason": PASSWORD})
    post(robot, f"{API}feedback/{row.key}/override/", {"field": "category", "value": "bug", "reason": PASSWORD})
    lead.post(f"/launches/shop/issues/{issue.key}/note/", {"text": PASSWORD})
    lead.post("/launches/shop/notes/new/", {"text": "They said", "channel": "stakeholder_note", "said_by": PASSWORD})
    post(robot, f"{API}deployments/", {"launch": "shop", "version": "1", "environment": "prod", "summary": PASSWORD})
    labels = {"alertname": f"Pay {CARD}", PASSWORD: PASSWORD}
    post(
        Client(),
        f"/ingest/{key}/",
        {
            "receiver": "x",
            "alerts": [alert(labels=labels, fingerprint=PASSWORD, generatorURL=f"http://x/?{PASSWORD}")],
        },
    )
    post(Client(), f"/ingest/{key}/", {"receiver": PASSWORD, "alerts": [PASSWORD]})

    assert _tables_that_hold("hunter2secret", "4111 1111", "41111111") == []


def _tables_that_hold(*words):

    found = []
    for model in apps.get_models():
        with connection.cursor() as cursor:
            table = model._meta.db_table
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            found += [(table, word, text) for (text,) in cursor.fetchall() for word in words if word in text]
    return found


def test_longest_fields_full_of_secrets_are_stored_without_them(robot, launch):
    full = {
        "title": "pin 1234 " * 33,
        "reporter": {"external_id": "e1", "name": "pin 1234 " * 13},
        "trace_id": "pin 1234 " * 7,
    }

    answer = post(robot, f"{API}feedback/", report(**full))

    assert answer.status_code == 201, answer.content


def test_actor_with_the_longest_address_may_act(people, launch, now):
    email = "a" * 64 + "@" + ".".join(["b" * 60] * 3) + ".org"
    people["agent"].email, people["agent"].name = email, ""
    people["agent"].save()
    issue = make_issue(launch, now=now)
    client = bearer(people["agent"], scopes=["triage:write"], now=now)
    client.raise_request_exception = False

    assert post(client, f"{API}issues/{issue.key}/transition/", {"to": "triaged"}).status_code == 200
    assert post(client, f"{API}issues/{issue.key}/override/", {"field": "severity", "value": 3}).status_code == 200


def test_signal_of_a_machine_that_a_person_sends_is_never_the_worst(robot, launch, now):

    assert severity_from_alert({"suggested_severity": 1}) == 2
    for said in ({"suggested_severity": [1]}, {"suggested_severity": None}, {"fingerprint": {"a": 1}}, [], "x"):
        assert post(robot, f"{API}feedback/", report(channel="alert", context={"alert": said})).status_code == 201


def test_closed_launch_refuses_every_door_with_409(robot, lead, launch, now):
    _source, key = create_source(launch, name="gateway", actor=SYSTEM, now=now)
    widget = f"/w/{launch.keys.get().key}/reports"
    close(launch, actor=Actor("test"), now=now)
    before = Feedback.objects.count()

    refused(post(robot, f"{API}feedback/", report()), 409)
    refused(post(Client(), widget, {"text": "It broke"}), 409)
    refused(post(Client(), f"/ingest/{key}/", {"receiver": "x", "alerts": [alert()]}), 409)
    refused(post(robot, f"{API}deployments/", {"launch": "shop", "version": "1", "environment": "prod"}), 409)
    assert post(robot, f"{API}feedback/bulk/", [report()]).json()["results"][0]["status"] in {400, 409}
    assert Client().post("/launches/shop/portal/", {"text": "It broke", "kind": "broken"}).status_code == 409
    assert lead.post("/launches/shop/notes/new/", {"text": "x", "channel": "stakeholder_note"}).status_code == 400
    assert Feedback.objects.count() == before


@pytest.mark.parametrize("hours", [-48, 48])
def test_clock_set_back_or_ahead_harms_no_door(robot, lead, launch, now, hours):
    _source, key = create_source(launch, name="gateway", actor=SYSTEM, now=now)
    with time_machine.travel(NOW, tick=False):
        assert post(robot, f"{API}feedback/", report(external_id="a"), **{"Idempotency-Key": "k"}).status_code == 201
        post(Client(), f"/ingest/{key}/", {"receiver": "x", "alerts": [alert()]})
    with time_machine.travel(NOW + timedelta(hours=hours), tick=False):
        assert post(robot, f"{API}feedback/", report(external_id="a"), **{"Idempotency-Key": "k"}).status_code in {
            200,
            201,
        }
        assert post(robot, f"{API}feedback/", report(external_id="b")).status_code == 201
        answer = post(Client(), f"/ingest/{key}/", {"receiver": "x", "alerts": [alert(status="resolved")]})
        assert answer.status_code == 202
        for page in ("inbox", "board", "report", "exit"):
            assert lead.get(f"/launches/shop/{page}/").status_code == 200
    assert Feedback.objects.filter(external_id="a").count() == 1


def test_what_strangers_write_is_never_markup_or_a_link_that_runs(robot, lead, launch, people, now):
    evil = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    _source, key = create_source(launch, name=evil[:80], actor=SYSTEM, now=now)
    labels = {"alertname": evil, evil: "javascript:alert(1)"}
    evil_alert = alert(
        labels=labels, generatorURL="javascript:alert(1)", annotations={"runbook_url": "javascript:alert(1)"}
    )
    post(Client(), f"/ingest/{key}/", {"receiver": "x", "alerts": [evil_alert]})
    context = {"page": {"url": "javascript:alert(1)", "title": evil}, "url": "javascript:alert(1)", evil: evil}
    post(
        Client(),
        f"/w/{launch.keys.get().key}/reports",
        {"text": evil, "email": "a@example.org", "name": evil, "context": context},
    )
    issue = make_issue(launch, now=now, title=evil)
    row = make_feedback(launch, now=now, title=evil, issue_key=issue.key, context=context)
    people["agent"].name = evil[:120]
    people["agent"].save()

    for page in (
        "inbox/",
        "board/",
        "issues/",
        "alerts/",
        "sources/",
        "audit/",
        "report/",
        "exit/",
        "outbox/",
        "settings/members/",
        f"issues/{issue.key}/",
        f"feedback/{row.key}/",
    ):
        content = lead.get(f"/launches/shop/{page}").content
        assert b"<script>alert" not in content, page
        assert b"<img src=x" not in content, page
        assert b'href="javascript:' not in content, page


def test_audit_csv_holds_no_formula(lead, launch, people, now):
    people["agent"].name = '=HYPERLINK("http://evil","x")'
    people["agent"].save()
    issue = make_issue(launch, now=now)
    client = bearer(people["agent"], scopes=["triage:write"], now=now)
    post(client, f"{API}issues/{issue.key}/transition/", {"to": "triaged"})

    lines = lead.get("/launches/shop/audit.csv").getvalue().decode()

    assert "HYPERLINK" in lines
    assert ",=HYPER" not in lines
    assert ',"=HYPER' not in lines


def test_file_name_breaks_no_header(launch, lead, now):

    upload = SimpleUploadedFile('a"\r\nSet-Cookie: x=1;.txt', b"plain text", content_type="text/html")
    answer = Client().post("/launches/shop/portal/", {"text": "It broke", "kind": "broken", "file": upload})
    assert answer.status_code == 302
    kept = Feedback.objects.get().attachments.get()

    download = lead.get(f"/launches/shop/attachments/{kept.pk}/")

    assert download["Content-Disposition"].startswith("attachment")
    assert "Set-Cookie" not in download.headers
    assert download["Content-Type"].startswith("text/plain")
