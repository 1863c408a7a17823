"""These tests read each format's samples and compare what a person reads in them; no JSON at all breaks a reading."""

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway_ingest.formats import FORMATS, FormatError, IncomingAlert, Unreadable, read_as, recognised
from tests.format_samples import SAMPLES

NAMES = [
    "alertmanager",
    "grafana",
    "datadog",
    "pagerduty",
    "sentry",
    "cloudwatch",
    "gcpmonitoring",
    "azuremonitor",
    "newrelic",
    "dynatrace",
    "zabbix",
    "elastic",
    "splunk",
    "graylog",
    "pingdom",
    "uptimerobot",
    "statuspage",
    "standardwebhooks",
    "cloudevents",
    "generic",
]
ENDING = [sample for sample in SAMPLES if sample.resolved is not None]
TAKEN = [sample for sample in SAMPLES if sample.acknowledged is not None]


def only(sample, payload):
    (found,) = read_as(sample.format, payload, sample.headers)
    assert isinstance(found, IncomingAlert), found
    return found


def seven_facts(found):
    return {
        "title": found.title,
        "severity": str(found.severity),
        "status": str(found.status),
        "fingerprint": found.fingerprint,
        "component": next(iter(found.component_names), None),
        "starts_at": found.starts_at.isoformat() if found.starts_at else None,
        "url": found.url,
    }


def test_every_format_of_the_contract_is_there_with_a_sample():
    assert list(FORMATS) == NAMES
    assert {sample.format for sample in SAMPLES} == set(NAMES)


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_firing_says_what_a_person_reads_in_it(sample):
    assert seven_facts(only(sample, sample.firing)) == sample.expected


@pytest.mark.parametrize("sample", ENDING, ids=str)
def test_end_closes_the_same_alert(sample):
    found = only(sample, sample.resolved)
    assert (found.fingerprint, str(found.status)) == (sample.expected["fingerprint"], "resolved")


@pytest.mark.parametrize("sample", TAKEN, ids=str)
def test_acknowledgement_is_of_the_same_alert(sample):
    found = only(sample, sample.acknowledged)
    assert (found.fingerprint, str(found.status)) == (sample.expected["fingerprint"], "acknowledged")


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_sample_is_recognised_by_its_own_format_and_no_other(sample):
    payloads = [payload for payload in (sample.firing, sample.resolved, sample.acknowledged) if payload is not None]
    for payload in payloads:
        assert [known.name for known in FORMATS.values() if known.recognises(payload, sample.headers)] == [
            sample.format
        ]


@pytest.mark.parametrize("name", NAMES)
def test_every_other_formats_sample_is_refused_by_name(name):
    for sample in SAMPLES:
        if sample.format != name:
            with pytest.raises(FormatError, match=sample.format):
                read_as(name, sample.firing, sample.headers)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("payload", [None, 7, "text", [], {}, [[]], {"alerts": None}, {"data": {"event": []}}])
def test_what_is_no_alert_is_another_format(name, payload):
    with pytest.raises(FormatError):
        FORMATS[name].read(payload, {})


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["firing", "1e999", "-1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def places(value, path=()):
    """Every place in a payload."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in inner:
        yield from places(item, (*path, name))


def replaced(value, path, new):
    if not path:
        return new
    name, *rest = path
    if isinstance(value, dict):
        return {**value, name: replaced(value[name], rest, new)}
    return [replaced(item, rest, new) if index == name else item for index, item in enumerate(value)]


@st.composite
def spoiled(draw):
    """A sample with anything at all in up to three of its places."""
    sample = draw(st.sampled_from(SAMPLES))
    payload = draw(st.sampled_from([sample.firing, sample.resolved or sample.firing]))
    for _time in range(draw(st.integers(1, 3))):
        payload = replaced(payload, draw(st.sampled_from(list(places(payload)))), draw(ANYTHING))
    return payload, sample.headers


@settings(max_examples=600, deadline=None)
@given(spoiled() | st.tuples(ANYTHING, st.just({})))
def test_any_json_is_read_or_refused_by_every_format(spoilt):
    payload, headers = spoilt
    recognised(payload, headers)
    for known in FORMATS.values():
        try:
            found = known.read(payload, headers)
        except FormatError:
            continue
        assert all(isinstance(one, IncomingAlert | Unreadable) for one in found)
        for one in found:
            if isinstance(one, IncomingAlert):
                assert one.title.strip()
                assert 0 < len(one.fingerprint) <= 160
                assert len(one.title) <= 300
                assert all(2000 <= moment.year <= 2999 for moment in (one.starts_at, one.ends_at) if moment)
                assert not {"NaN", "Infinity", "-Infinity"} & set(one.labels.values())


# --- what envelopes carry ----------------------------------------------------------------------------------------


def key_of(name, payload):
    (found,) = read_as(name, payload)
    return found.fingerprint


def message(kind, **data):
    return {"type": kind, "timestamp": "2026-05-28T12:20:00Z", "data": data}


def event(kind, source="/shop", **more):
    return {"specversion": "1.0", "id": "e", "source": source, "type": kind} | more


def test_messages_without_an_id_are_told_apart_by_their_title():
    one, two = (key_of("standardwebhooks", message("alert.firing", title=title)) for title in ("Disk", "Memory"))
    assert one != two
    assert one == key_of("standardwebhooks", message("alert.resolved", title="Disk"))


def test_events_about_nothing_named_are_told_apart_by_their_title():
    one, two = (key_of("cloudevents", event("a.firing", data={"title": title})) for title in ("Disk", "Memory"))
    assert one != two
    assert one == key_of("cloudevents", event("a.resolved", data={"title": "Disk"}))


def test_number_that_two_senders_of_events_use_names_two_alerts():
    said = {"title": "Down", "id": 7}
    one, two = (key_of("cloudevents", event("a.firing", source, data=said)) for source in ("/shop", "/till"))
    assert one != two
    assert key_of("cloudevents", event("a.firing", data=said | {"fingerprint": "f"})) == "f"


def test_event_with_its_data_in_bytes_is_read():
    packed = base64.b64encode(b'{"title": "Disk is full", "severity": "critical"}').decode()
    (found,) = read_as("cloudevents", event("a.firing", data_base64=packed))
    assert (found.title, str(found.severity)) == ("Disk is full", "critical")
    (wrong,) = read_as("cloudevents", event("a.firing", data_base64="/w=="))
    assert wrong.error.startswith("“data_base64”")
