"""This module opens every page as its readers do and holds it to WCAG 2.2 AA, in light and dark, wide and narrow."""

import hashlib
import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import expect

from feedback import intake
from feedback.report import read_report
from gateway_ingest.dead_letters import keep
from gateway_ingest.models import ApiDescription, SourceRoute
from hypercare.core import clock
from hypercare.core.timeline import SYSTEM, Actor
from tests.integration.rows import make_alert, make_deployment, make_feedback, make_issue
from tests.integration.traffic import call, calls, store
from triage import overrides
from triage.classify.versions import FORMAT
from triage.learn import tickets
from triage.learn.ticket_words import Mapping
from triage.models import Decision, Label, Match, ModelVersion
from triage.notes import add_note
from triage.score import rescore
from triage.warroom import attendance, decided, duties, gauges, promises, rooms, shift, standup, talk, updates

AXE = Path(__file__).resolve().parents[2] / "static" / "vendor" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDTHS = (1440, 1024, 768, 390, 320)
LAUNCH = "/launches/shop"

# A new page is one more path: the lead opens it, with {issue}, {report}, {source}, {alert}, {letter}, {tickets}, {trace}, {deployment} and {room} filled in.
PAGES = [
    "/launches/",
    "/launches/new/",
    "/my/reports/",
    "/tokens/",
    f"{LAUNCH}/board/",
    f"{LAUNCH}/board/?severity=1&q=zebra",
    f"{LAUNCH}/board/?lanes=severity",
    f"{LAUNCH}/inbox/",
    f"{LAUNCH}/inbox/?q=zebra",
    f"{LAUNCH}/feedback/{{report}}/",
    f"{LAUNCH}/issues/",
    f"{LAUNCH}/issues/{{issue}}/",
    f"{LAUNCH}/model/",
    f"{LAUNCH}/model/tickets/",
    f"{LAUNCH}/model/tickets/{{tickets}}/",
    f"{LAUNCH}/model/tickets/{{done}}/",
    f"{LAUNCH}/teach/",
    f"{LAUNCH}/teach/?field=sentiment",
    f"{LAUNCH}/exit/",
    f"{LAUNCH}/rooms/",
    f"{LAUNCH}/rooms/{{room}}/",
    f"{LAUNCH}/wall/",
    f"{LAUNCH}/stand-up/",
    f"{LAUNCH}/shift/",
    f"{LAUNCH}/report/",
    f"{LAUNCH}/reports/",
    f"{LAUNCH}/portal/",
    f"{LAUNCH}/notes/new/",
    f"{LAUNCH}/widget-test/",
    f"{LAUNCH}/quarantine/",
    f"{LAUNCH}/set-aside/",
    f"{LAUNCH}/set-aside/?show=suspected",
    f"{LAUNCH}/setup/",
    f"{LAUNCH}/settings/",
    f"{LAUNCH}/settings/members/",
    f"{LAUNCH}/settings/components/",
    f"{LAUNCH}/settings/widget/",
    f"{LAUNCH}/alerts/",
    f"{LAUNCH}/alerts/{{alert}}/",
    f"{LAUNCH}/rules/",
    f"{LAUNCH}/rules/error_burst/",
    f"{LAUNCH}/rules/budget_steps/",
    f"{LAUNCH}/traffic/?span=24h",
    f"{LAUNCH}/traffic/ai/",
    f"{LAUNCH}/traffic/requests/?q=nobody",
    f"{LAUNCH}/traffic/requests/?q=user-1",
    f"{LAUNCH}/traffic/requests/{{trace}}/",
    f"{LAUNCH}/traffic/deployments/{{deployment}}/",
    f"{LAUNCH}/traffic/versions/?span=7d",
    f"{LAUNCH}/traffic/governance/",
    f"{LAUNCH}/fixes/",
    f"{LAUNCH}/blind-spots/",
    f"{LAUNCH}/sources/",
    f"{LAUNCH}/sources/letters/",
    f"{LAUNCH}/sources/{{source}}/",
    f"{LAUNCH}/sources/{{source}}/?program=kong",
    f"{LAUNCH}/sources/{{source}}/mapping/",
    f"{LAUNCH}/sources/{{source}}/mapping/?letter={{letter}}",
    f"{LAUNCH}/outbox/",
    f"{LAUNCH}/audit/",
    "/nowhere/",
]
GUEST_PAGES = ["/accounts/login/", f"{LAUNCH}/portal/", "/r/{receipt}/"]


@pytest.fixture
def named(launch, people):
    """A launch with something of everything, and the names that paths need."""
    now = clock.now()
    issue = make_issue(launch, now=now, title="Produktsidorna svarar 503 när lagret inte hinner med")
    rows = [
        make_feedback(launch, now=now, title=f"Told {number}", severity=2, issue_key=issue.key, body="In words")
        for number in range(3)
    ]
    for row in rows:
        Match.objects.create(feedback=row, issue=issue, origin="model", confidence=0.9, reason="alike", matched_at=now)
    rescore([issue.pk], now=now)
    _learned(launch, rows[0], now=now)
    overrides.override_issue(issue.pk, field="moscow", value="must", reason="Asked for", actor=SYSTEM, now=now)
    add_note(issue, text="The pool is full", actor=SYSTEM, now=now)
    make_issue(launch, now=now, title="Verified already", status="verified", severity=4)
    alert = make_alert(launch, now=now)
    source = alert.source
    letter = keep(
        source, b'{"headline": "Till is offline", "state": "open"}', reason="Unknown", format_name="", now=now
    )
    SourceRoute.objects.create(source=source, launch=launch, field="host", value="*.example.org", made_at=now)
    deployed = make_deployment(launch, now=now - timedelta(minutes=30), version="1.8.3")
    trace = _traffic(launch, now=now)
    make_feedback(launch, now=now, title="Nothing in stock", trace_id=trace, component=launch.components.first())
    report = read_report({"launch": "shop", "channel": "portal", "title": "The shop is slow"}, source="portal")[0]
    receipt = intake.accept(launch, report, actor=SYSTEM, now=now)
    return {
        "issue": issue.key,
        "report": rows[0].key,
        "receipt": (receipt.status_path or "").strip("/").split("/")[-1],
        "source": source.pk,
        "alert": alert.pk,
        "letter": letter.pk,
        "trace": trace,
        "deployment": deployed.pk,
        "room": _room(issue, people["lead"], now=now),
        **_tickets(launch, now=now),
    }


def _room(issue, lead, *, now):
    """A room with something of everything, a stand-up that runs, and a shift that waits for its taker."""
    actor = Actor.person(lead)
    room = rooms.open_room(issue, reason="Sales are lost", actor=actor, now=now)
    duties.take(room, role="commander", actor=actor, now=now)
    talk.say(room, text="The pool is full", actor=actor, now=now)
    first = decided.decide(issue.launch, about=room.key, what="Roll back", why="", actor=actor, now=now)
    decided.decide(
        issue.launch,
        about=room.key,
        what="Fix forward",
        why="1.8.2 holds a fix",
        supersedes=first.key,
        actor=actor,
        now=now,
    )
    promises.promise(issue.launch, about=room.key, what="Load test", owner=lead, due_at=now, actor=actor, now=now)
    updates.tell(room, conditions="503", actions="1.8.3", needs="", audiences=["team"], actor=actor, now=now)
    attendance.be_here(room, person=lead, now=now)
    standup.note(
        standup.begin(issue.launch, actor=actor, now=now), block="exit", text="Two to go", actor=actor, now=now
    )
    giver = issue.launch.memberships.exclude(user=lead).filter(role="agent").get().user
    shift.hand_over(issue.launch, to=lead, text="Watch the pool", actor=Actor.person(giver), now=now)
    gauges.measure(issue.launch, now=now)
    return room.key


def _tickets(launch, *, now):
    """Old tickets that wait for their columns to be named, and some that were read."""
    table = tickets.read_csv(b"Summary,Type,Priority\nBasket empty,Defect,P1\nMore colours,Gizmo,P4\n")
    waiting, done = (
        tickets.upload(launch, table, name=name, actor=SYSTEM, now=now) for name in ("jira.csv", "old.csv")
    )
    tickets.start(done, Mapping.of(done.mapping), actor=SYSTEM, now=now)
    tickets.read_waiting(clock=lambda: now)
    return {"tickets": waiting.pk, "done": done.pk}


def _learned(launch, row, *, now):
    """A version of the launch's own with all figures, a question to ask, and who taught."""
    curve = [{"confidence": 0.3, "right": 0.25, "texts": 20}, {"confidence": 0.9, "right": 0.88, "texts": 20}]
    told = {"texts": 40, "accuracy": 0.6, "macro_f1": 0.55, "applied_share": 0.4, "applied_accuracy": 0.8,
            "expected_calibration_error": 0.04, "error_of_perfect_confidence": 0.03, "reliability": curve,
            "classes": {"bug": {"texts": 20, "precision": 0.7, "recall": 0.8, "f1": 0.75}}}  # fmt: skip
    contest = {"against": 1, "texts": 40, "tickets": 0, "meetings": {"whole": {"gained": 9, "lost": 1, "p": 0.02}},
               "champion": {"category": told}, "challenger": {"category": told}}  # fmt: skip
    file = Path(settings.MODELS_HOME) / "text-model-90.skops"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"")
    ModelVersion.objects.create(
        launch=launch, name="text", number=90, path=file.name, digest=hashlib.sha256(b"").hexdigest(), trained_at=now,
        standing="champion", decided_from=now, reason="Better",
        figures={"format": FORMAT, "texts": 1936, "seconds": 6.1, "contest": contest},
    )  # fmt: skip
    for field, value in (("category", "bug"), ("sentiment", "neutral")):
        Decision.objects.create(launch=launch, feedback=row, field=field, value=value, origin="model", decider="text model 1",
                                confidence=0.55, reason="because of: “empty”", applied=False, decided_at=now)  # fmt: skip
    Label.objects.create(launch=launch, way="override", field="severity", value="2", feedback=row,
                         actor=launch.memberships.first().user, actor_name="Alice Lead", labelled_at=now)  # fmt: skip


def _traffic(launch, *, now):
    """Calls that give every page about traffic something to show; answers the trace of one of them."""
    trace, begins = "4bf92f3577b34da6a3ce929d0e0e4736", now - timedelta(minutes=58)
    model = {"component": "assistant", "path": "/chat", "provider": "acme", "model": "large", "prompt_version": "v7"}
    nobody = {"consumer": "198.51.100.7", "consumer_class": "address", "scheme": "http"}
    store(launch, [
        *calls(400, begins, every=timedelta(seconds=8), consumer="user-{}"),
        *calls(100, begins + timedelta(minutes=30), every=timedelta(seconds=16), status=503),
        *calls(60, begins, every=timedelta(seconds=50), input_tokens=70, output_tokens=9, cost=9_000_000, **model),
        *calls(20, begins, path="/export/all", **nobody),
        call(now - timedelta(minutes=2), trace_id=trace, status=502, error_type="Timeout", request_id="req-7"),
        call(now - timedelta(minutes=2), trace_id=trace, component="checkout", path="/pay", duration=40_000),
    ], now=now)  # fmt: skip
    ApiDescription.objects.create(
        launch=launch, title="Shop", version="3", operations=[["GET", "/stock", False]], uploaded_at=now
    )
    return trace


def with_axe(page):
    """The page, which carries axe wherever it goes."""
    page.add_init_script(path=AXE)
    return page


def faults(page, *, rules: list[str] | None = None) -> list[str]:
    """What axe finds, one line a fault."""
    options = {"runOnly": {"type": "rule", "values": rules} if rules else {"type": "tag", "values": RULES}}
    found = page.evaluate(f"axe.run(document, {json.dumps(options)}).then((result) => result.violations)")
    return [f"{one['id']}: {node['target']} {node['failureSummary']}" for one in found for node in one["nodes"]]


def check(page, path: str) -> list[str]:
    """Every fault of one page; the theme and the width change in place, since only colours and layout follow them."""
    page.set_viewport_size({"width": WIDTHS[0], "height": 900})
    page.goto(path)
    expect(page.locator(".htmx-request")).to_have_count(0)
    found = []
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 900})
        for theme, rules in (("light", None), ("dark", ["color-contrast"])):
            page.evaluate(f"document.documentElement.dataset.bsTheme = '{theme}'")
            found += [f"{path} {theme} {width}: {fault}" for fault in faults(page, rules=rules)]
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        beyond = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        found += [f"{path} scrolls sideways by {beyond} px at {width}"] if beyond > 0 else []
    return found


def test_every_page_of_a_member_is_accessible(visit, named):
    page = with_axe(visit("lead"))
    found = [fault for path in PAGES for fault in check(page, path.format(**named))]
    assert not found, "\n".join(found)


def test_every_public_page_is_accessible(visit, named):
    page = with_axe(visit(None))
    found = [fault for path in GUEST_PAGES for fault in check(page, path.format(**named))]
    assert not found, "\n".join(found)


def test_what_opens_over_a_page_is_accessible(visit, named):
    page = with_axe(visit("lead", width=390))
    page.goto(f"{LAUNCH}/inbox/")
    page.get_by_role("link", name="Told 2").click()
    page.wait_for_selector("#report-title")
    found = faults(page)
    page.set_viewport_size({"width": 1440, "height": 900})
    page.keyboard.press("?")
    page.wait_for_selector("#key-help[open]")
    found += faults(page)
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="account").click()
    assert not found + faults(page)
