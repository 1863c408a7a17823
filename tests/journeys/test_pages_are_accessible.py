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
from hypercare.core.access import Principal
from hypercare.core.models import OutgoingWebhook, WebhookTry
from hypercare.core.sealing import seal
from hypercare.core.timeline import SYSTEM, Actor, Entry, record
from hypercare.core.webhooks import queue
from tests.integration.rows import make_alert, make_deployment, make_feedback, make_issue
from tests.integration.traffic import call, calls, store
from triage import overrides, pins
from triage.automation import rules as own_rules
from triage.automation import running
from triage.classify.versions import FORMAT
from triage.knowledge import runbooks
from triage.knowledge import writing as knowledge
from triage.learn import tickets
from triage.learn.ticket_words import Mapping
from triage.models import AutomationRule, Decision, Label, Match, ModelVersion
from triage.notes import add_note
from triage.review import follow_ups, writing
from triage.rootcause import analysis, bones, risks, whys
from triage.score import rescore
from triage.votes import rounds as votes
from triage.warroom import attendance, decided, duties, gauges, promises, rooms, shift, standup, talk, updates

AXE = Path(__file__).resolve().parents[2] / "static" / "vendor" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDTHS = (1440, 1024, 768, 390, 320)
LAUNCH = "/launches/shop"

# A new page is one more path: the lead opens it, with {issue}, {report}, {source}, {alert}, {letter}, {tickets}, {trace}, {deployment}, {room}, {why}, {bone}, {risk}, {article}, {webhook}, {delivery}, {automation} and the names of a vote filled in.
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
    f"{LAUNCH}/issues/{{issue}}/cause/",
    f"{LAUNCH}/issues/{{issue}}/cause/summary/",
    f"{LAUNCH}/issues/{{issue}}/cause/whys/new/",
    f"{LAUNCH}/issues/{{issue}}/cause/whys/{{why}}/",
    f"{LAUNCH}/issues/{{issue}}/cause/fishbone/",
    f"{LAUNCH}/issues/{{issue}}/cause/bones/{{bone}}/",
    f"{LAUNCH}/causes/",
    f"{LAUNCH}/risks/",
    f"{LAUNCH}/risks/new/",
    f"{LAUNCH}/risks/{{risk}}/",
    f"{LAUNCH}/model/",
    f"{LAUNCH}/model/tickets/",
    f"{LAUNCH}/model/tickets/{{tickets}}/",
    f"{LAUNCH}/model/tickets/{{done}}/",
    f"{LAUNCH}/teach/",
    f"{LAUNCH}/teach/?field=sentiment",
    f"{LAUNCH}/priorities/?one={{issue}}&other={{other}}",
    f"{LAUNCH}/times/",
    f"{LAUNCH}/times/?measure=mtta&by=day",
    f"{LAUNCH}/votes/",
    f"{LAUNCH}/votes/{{vote}}/",
    f"{LAUNCH}/votes/{{ended}}/",
    f"{LAUNCH}/exit/",
    f"{LAUNCH}/rooms/",
    f"{LAUNCH}/rooms/{{room}}/",
    f"{LAUNCH}/reviews/",
    f"{LAUNCH}/issues/{{issue}}/review/",
    f"{LAUNCH}/knowledge/",
    f"{LAUNCH}/knowledge/?q=zebra",
    f"{LAUNCH}/knowledge/new/?kind=runbook",
    f"{LAUNCH}/knowledge/{{article}}/",
    f"{LAUNCH}/knowledge/{{article}}/edit/",
    f"{LAUNCH}/wall/",
    f"{LAUNCH}/stand-up/",
    f"{LAUNCH}/shift/",
    f"{LAUNCH}/report/",
    f"{LAUNCH}/reports/",
    f"{LAUNCH}/portal/",
    f"{LAUNCH}/issues/new/",
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
    f"{LAUNCH}/settings/webhooks/",
    f"{LAUNCH}/settings/webhooks/{{webhook}}/",
    f"{LAUNCH}/settings/webhooks/{{webhook}}/deliveries/{{delivery}}/",
    f"{LAUNCH}/settings/automation/",
    f"{LAUNCH}/settings/automation/new/",
    f"{LAUNCH}/settings/automation/AR-{{automation}}/?days=7",
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
SHARES = 3  # so that no test is too long
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
        **_automation(issue, people["lead"], now=now),
        **_votes(issue, people, now=now),
        **_causes(issue, people["lead"], now=now),
        "article": _learnt(issue, people["lead"], now=now),
        **_tickets(launch, now=now),
    }


def _automation(issue, lead, *, now):
    """A rule that acted and one that stopped, and a webhook with a message that failed."""
    by, launch = Principal(lead), issue.launch
    hook = OutgoingWebhook.objects.create(
        launch=launch, name="Team chat", url="https://chat.example/hooks/1", events=["issue.opened"],
        sealed=seal("whsec_dGVzdA=="), owner=lead, owner_name=str(lead), failing_since=now, created_at=now,
    )  # fmt: skip
    told = queue.put(
        hook, event="issue.opened", subject=issue.key, body='{"type": "issue.opened"}', once_key="a", now=now
    )
    WebhookTry.objects.create(delivery=told, tried_at=now, status=500, ms=120, answer="<h1>Oops</h1>")
    said = {
        "name": "Note what opens",
        "event": "issue.opened",
        "actions": [{"do": "note", "text": "Look at its charts"}],
    }
    rule = own_rules.switch(own_rules.add(launch, said, by=by, now=now), on=True, by=by, now=now)
    stopped = own_rules.add(launch, said | {"name": "Stopped"}, by=by, now=now)
    AutomationRule.objects.filter(pk=stopped.pk).update(off_why=own_rules.LOOP)
    record(launch, [Entry(issue.key, "issue.opened", {"channel": "portal"})], actor=SYSTEM, now=now)
    running.run_waiting(clock=lambda: now)
    return {"webhook": hook.pk, "delivery": told.pk, "automation": rule.pk}


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


def _votes(issue, people, *, now):
    """A vote that is open, one that has ended with a result, and another issue that is open."""
    other = make_issue(issue.launch, now=now, title="Basket is empty", severity=3)
    pins.pin(other.pk, severity=4, reason="One tenant only", actor=SYSTEM, now=now)
    question = votes.Question("What hurts most?", [issue, other], "points", now + timedelta(days=1), is_hidden=False)
    running, ended = (votes.open_round(issue.launch, question, actor=SYSTEM, now=now) for _number in range(2))
    for who, parts in (("lead", (70, 30)), ("stakeholder", (20, 80))):
        votes.cast(ended, {issue.key: parts[0], other.key: parts[1]}, voter=people[who], now=now)
    votes.close(ended, actor=SYSTEM, now=now)
    return {"vote": running.key, "ended": ended.key, "other": other.key}


def _causes(issue, lead, *, now):
    """An analysis with a branch, a fishbone with all that a cause can be, and a register with everything in it."""
    actor = Actor.person(lead)
    first = whys.add(
        issue,
        whys.WhySaid("The pool is full", "high", lead.email, evidence=[{"ref": issue.key, "shows": "40 of 40"}]),
        under=None,
        actor=actor,
        now=now,
    )
    end = whys.WhySaid("Fourteen calls a page", "low", code="code_defect", action="One call a page")
    why = whys.add(issue, end, under=first.pk, actor=actor, now=now)
    whys.remove(issue, whys.add(issue, end, under=None, actor=actor, now=now).pk, actor=actor, now=now)
    made = bones.add_preset(issue, "general", actor=actor, now=now)
    for standing in ("", "likely", "ruled_out"):
        cause = bones.add(issue, bones.BoneSaid("Nobody at night", standing), under=made[0].pk, actor=actor, now=now)
        bones.add(issue, bones.BoneSaid("No plan for it"), under=cause.pk, actor=actor, now=now)
    analysis.change(issue, analysis.Summary(cause="A leak", factors=["Load"], code="capacity"), actor=actor, now=now)
    risks.take_common(issue.launch, actor=actor, now=now)
    risk = risks.register(issue.launch).first()
    said = dict.fromkeys(risks.AFTER, 2) | {"owner": lead.email, "due_on": "2026-05-01", "issues": [issue.key]}
    risks.change(risk, risks.RiskSaid(said), actor=actor, now=now)
    return {"why": why.pk, "bone": cause.pk, "risk": risk.key}


def _learnt(issue, lead, *, now):
    """A review with a person's words and a follow-up, and a runbook with all that Markdown has, used once."""
    actor = Actor.person(lead)
    review = writing.begin(issue, actor=actor, now=now)
    review.issue = issue
    writing.write(review, section="overview", text="Sold *out*", version=0, actor=actor, now=now)
    follow_ups.follow_up(issue, what="Load test", owner=lead, due_at=now, actor=actor, now=now)
    text = "## Why\n\n- **cold**\n\n> `cache`\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```\nwarm all\n```\n\n[more](https://example.org)"
    content = knowledge.Content("Warm the caches", body=text, steps="Look\n\nWarm", components=("catalog-api",))
    made = knowledge.draft(issue.launch, kind="runbook", content=content, issue=issue, actor=actor, now=now)
    runbooks.tell(knowledge.publish(made, actor=actor, now=now), issue=issue, worked=False, person=lead, now=now)
    return made.key


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
    # What passes is not asked for: telling it costs as much again as finding what does not.
    asked = {"type": "rule", "values": rules} if rules else {"type": "tag", "values": RULES}
    options = {"runOnly": asked, "resultTypes": ["violations"]}
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


@pytest.mark.parametrize("share", range(SHARES))
def test_every_page_of_a_member_is_accessible(visit, named, share):
    page = with_axe(visit("lead"))
    found = [fault for path in PAGES[share::SHARES] for fault in check(page, path.format(**named))]
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
