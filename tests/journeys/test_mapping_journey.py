"""This journey teaches a source its own JSON in the browser: a letter nobody could read becomes an alert."""

from playwright.sync_api import expect

from gateway_ingest import sources
from gateway_ingest.dead_letters import keep
from gateway_ingest.models import Alert
from hypercare.core import clock
from hypercare.core.timeline import SYSTEM

BODY = b'{"report": {"headline": "Till is offline", "urgency": "ouch", "number": "RPT-7"}, "phase": "open"}'


def test_letter_nobody_could_read_is_mapped_with_a_live_preview_and_replayed(visit, launch):
    source, _key = sources.create(launch, name="Till", actor=SYSTEM, now=clock.now())
    letter = keep(source, BODY, reason="We do not know this format", format_name="", now=clock.now())
    page = visit("lead")
    page.goto("/launches/shop/sources/")
    page.get_by_role("link", name=f"Fix mapping for {letter.key}").click()
    expect(page.get_by_label("Title")).to_have_value("report.headline")
    preview = page.locator("#preview")
    expect(preview).to_contain_text("Till is offline")
    page.get_by_label("Status", exact=False).first.fill("phase..")
    expect(page.locator("#fault-status")).to_contain_text("no JMESPath expression")
    page.get_by_label("Status", exact=False).first.fill("phase")
    expect(page.locator("#fault-status")).to_be_empty()
    page.get_by_label("Words for severity").fill("ouch = critical")
    page.get_by_label("Severity", exact=False).first.fill("report.urgency")
    expect(preview).to_contain_text("Critical")
    page.get_by_role("button", name=f"Save and replay {letter.key}").click()
    expect(page.get_by_text(f"{letter.key} was replayed: 1 alert.")).to_be_visible()
    assert (Alert.objects.get().title, Alert.objects.get().severity) == ("Till is offline", "critical")
