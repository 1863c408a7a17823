"""These tests read JSON of a sender's own shape by expressions, and propose them for payloads never seen."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway_ingest.formats import FormatError, IncomingAlert, Unreadable
from gateway_ingest.mapping import Expressions, apply, faults_of, try_out
from gateway_ingest.proposing import propose

OURS = Expressions(
    title="rule.name",
    severity="rule.loudness",
    status="phase",
    key="rule.id",
    component="tags.service",
    time="since",
    link="more[0].href",
    severity_words={"Ouch": "critical"},
    status_words={"gone": "resolved"},
)
BODY = {
    "rule": {"name": "Till is offline", "loudness": "ouch", "id": 77},
    "phase": "open",
    "tags": {"service": "till"},
    "since": 1779970800,
    "more": [{"href": "https://till.example/77"}],
}


def only(expressions, payload):
    (found,) = apply(expressions, payload)
    return found


def test_expressions_find_the_seven_facts():
    found = only(OURS, BODY)
    assert (found.title, found.severity, found.status, found.fingerprint) == (
        "Till is offline",
        "critical",
        "firing",
        "77",
    )
    assert (found.component_names, found.url) == (("till",), "https://till.example/77")
    assert found.starts_at.isoformat() == "2026-05-28T12:20:00+00:00"


def test_word_of_the_sender_ends_the_same_alert():
    found = only(OURS, BODY | {"phase": "GONE"})
    assert (found.status, found.fingerprint) == ("resolved", "77")


def test_without_a_key_title_and_component_tell_alerts_apart():
    expressions = Expressions(title="name", component="of")
    one, same, other = (
        only(expressions, {"name": "A", "of": part, "n": n}) for part, n in (("x", 1), ("x", 2), ("y", 3))
    )
    assert one.fingerprint == same.fingerprint != other.fingerprint


def test_list_is_read_item_by_item_and_a_bad_one_names_its_expression():
    expressions = Expressions(items="found", title="name", time="at")
    good, nameless, timeless = apply(expressions, {"found": [{"name": "A"}, {"n": 1}, {"name": "B", "at": "soon"}]})
    assert good.title == "A"
    assert nameless == Unreadable("“title” (name): it found nothing; every alert needs a title.")
    assert timeless.error.startswith("“time” (at): “time” must be a time")


def test_list_that_is_none_names_its_expression():
    with pytest.raises(FormatError, match="found no list"):
        apply(Expressions(items="found", title="name"), {"found": 7})


@pytest.mark.parametrize("expression", ["a..b", "a[", "length(", "nothing_such(a)", "[?", "`{`"])
def test_expression_that_is_none_is_at_fault_beside_its_field(expression):
    faults = faults_of(Expressions(title="a", status=expression))
    assert [fault.name for fault in faults] == ["status"] or try_out(
        Expressions(title="a", status=expression), {"a": "b"}
    ).faults


def test_unknown_words_of_ours_are_at_fault():
    faults = faults_of(Expressions(title="a", severity_words={"x": "loud"}, status_words={"y": "asleep"}))
    assert [fault.name for fault in faults] == ["severity_words", "status_words"]


def test_trial_says_what_each_expression_finds():
    trial = try_out(OURS, BODY)
    assert isinstance(trial.reading[0], IncomingAlert)
    assert (trial.found["key"], trial.found["link"], trial.faults) == ("77", '"https://till.example/77"', [])


def test_trial_names_the_field_of_an_unknown_status():
    assert [fault.name for fault in try_out(OURS, BODY | {"phase": "blue"}).faults] == ["status"]


UNSEEN = {
    "organisation": {"id": 4, "name": "Meridian"},
    "incident-report": {
        "identifier": "RPT-2041",
        "headline": "Parcels are not picked up",
        "urgency": "high",
        "state": "open",
        "affected": {"service": "parcels"},
        "occurredAt": "2026-05-28T12:20:00Z",
        "permalink": "https://parcels.example/reports/2041",
    },
    "sent_at": "2026-05-28T12:21:00Z",
}


def test_mapping_is_proposed_for_a_payload_never_seen():
    choices = propose(UNSEEN)
    found = only(Expressions(**{name: choice.expression for name, choice in choices.items()}), UNSEEN)
    assert (found.title, found.severity, found.status) == ("Parcels are not picked up", "high", "firing")
    assert (found.fingerprint, found.component_names, found.url) == (
        "RPT-2041",
        ("parcels",),
        "https://parcels.example/reports/2041",
    )
    assert found.starts_at.isoformat() == "2026-05-28T12:20:00+00:00"
    assert "“high” is a severity we know." in choices["severity"].reason
    assert choices["key"].expression == '"incident-report".identifier'


def test_list_of_alerts_is_proposed_as_such():
    body = {
        "version": 2,
        "events": [{"name": "A is down", "level": "error", "id": "a-1"}, {"name": "B", "level": "warn"}],
    }
    choices = propose(body)
    expressions = Expressions(**{name: choice.expression for name, choice in choices.items()})
    assert choices["items"].expression == "events"
    assert [found.title for found in apply(expressions, body)] == ["A is down", "B"]
    assert choices["items"].expression == "events"
    assert propose(body["events"])["items"].expression == "@"


def test_list_inside_an_alert_is_no_list_of_alerts():
    rules = [{"name": "Rule", "id": "r-1", "summary": "Too many errors"}]
    body = {
        "kind": "x",
        "data": {"summary": "Errors", "status": "open", "severity": "high", "id": "i-1", "rules": rules},
    }
    choices = propose(body)
    assert "items" not in choices
    assert (choices["title"].expression, choices["key"].expression) == ("data.summary", "data.id")


def test_nothing_is_proposed_where_nothing_fits():
    assert propose({"a": 1, "b": {"c": None}}) == {}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
NAMED = st.dictionaries(st.sampled_from(["title", "status", "severity", "id", "time", "url", "service", "a-b"]), JSON)


@settings(max_examples=150, deadline=None)
@given(JSON | NAMED | st.lists(NAMED, min_size=1, max_size=3))
def test_proposal_for_any_json_is_a_mapping_that_can_be_tried(payload):
    choices = propose(payload)
    if "title" in choices:
        expressions = Expressions(**{name: choice.expression for name, choice in choices.items()})
        assert faults_of(expressions) == []
        try_out(expressions, payload)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=20) | st.sampled_from(["[::0]", "max_by(@, &x)", "sort(@)", "to_number('x')", "@"]), JSON)
def test_any_expression_on_any_json_is_read_or_refused(expression, payload):
    expressions = Expressions(title=expression, items=expression, time=expression)
    if faults_of(expressions):
        return
    try:
        found = apply(expressions, payload)
    except FormatError:
        return
    assert all(isinstance(one, IncomingAlert | Unreadable) for one in found)


@pytest.mark.parametrize("expression", ["l" + "|[@,@][]" * 20, "[@,@]|" * 20 + "to_string(@)", "a" + ".a" * 60])
def test_expression_that_would_make_more_and_more_work_is_at_fault(expression):
    (fault,) = faults_of(Expressions(title=expression))
    assert "too long a chain" in fault.error


def test_end_of_an_alert_is_not_the_beginning_that_its_message_repeats():
    expressions = Expressions(title="name", status="state", time="started")
    (ended,) = apply(expressions, {"name": "Till is offline", "state": "resolved", "started": "2026-05-28T07:00:00Z"})
    assert (ended.starts_at, ended.ends_at) == (None, None)
