"""These tests hold what is read out of an Alertmanager notification, and that no JSON at all breaks the reading."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway_ingest.formats import FormatError, IncomingAlert, Unreadable, recognised
from gateway_ingest.formats.alertmanager import read


def notification(*alerts, **extra):
    return {
        "version": "4",
        "receiver": "hypercare",
        "status": "firing",
        "groupKey": "{}:{}",
        "alerts": list(alerts),
    } | extra


def alert(**changes):
    return {
        "status": "firing",
        "labels": {"alertname": "CatalogErrors", "severity": "critical", "service": "catalog-api"},
        "annotations": {"summary": "Product pages fail", "description": "12% of requests end with 503."},
        "startsAt": "2026-05-28T12:20:00.123456789Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus.example.org/graph?g0.expr=errors",
        "fingerprint": "8f3c2a1b9d0e4f57",
    } | changes


def only(payload):
    (found,) = read(payload)
    return found


def error_of(**changes):
    found = only(notification(alert(**changes)))
    assert isinstance(found, Unreadable)
    return found.error


def test_alert_is_read_with_everything_it_says():
    assert only(notification(alert())) == IncomingAlert(
        fingerprint="8f3c2a1b9d0e4f57",
        title="Product pages fail",
        summary="12% of requests end with 503.",
        severity="critical",
        status="firing",
        labels={"alertname": "CatalogErrors", "severity": "critical", "service": "catalog-api"},
        component_names=("catalog-api",),
        starts_at=datetime(2026, 5, 28, 12, 20, 0, 123456, tzinfo=UTC),
        ends_at=None,
        url="http://prometheus.example.org/graph?g0.expr=errors",
    )


def test_unknown_keys_are_no_obstacle():
    extra = {"notification_reason": "first", "truncatedAlerts": 0}
    assert isinstance(only(notification(alert(silenceURL="x", values={"A": 1}), **extra)), IncomingAlert)


def test_resolved_alert_has_its_end_in_utc():
    found = only(notification(alert(status="resolved", endsAt="2026-05-28T15:00:00+02:00")))
    assert (found.firing, found.ends_at) == (False, datetime(2026, 5, 28, 13, 0, tzinfo=UTC))


def test_zero_end_means_open():
    assert only(notification(alert(status="resolved"))).ends_at is None


def test_fingerprint_is_made_of_sorted_labels_when_it_is_missing():
    one = only(notification(alert(fingerprint=None, labels={"a": "1", "b": "2"})))
    same = only(notification(alert(fingerprint="", labels={"b": "2", "a": "1"}, startsAt="2026-05-29T00:00:00Z")))
    other = only(notification(alert(fingerprint=None, labels={"a": "1", "b": "3"})))
    assert one.fingerprint == same.fingerprint != other.fingerprint


@pytest.mark.parametrize(
    ("word", "severity"),
    [
        *[(word, "critical") for word in ("critical", "page", "fatal", " CRITICAL ")],
        *[(word, "high") for word in ("error", "high", "major")],
        *[(word, "warning") for word in ("warning", "warn", "minor")],
        *[(word, "info") for word in ("info", "none")],
        ("low", "low"),
        ("purple", "warning"),
    ],
)
def test_severity_words_are_normalised(word, severity):
    assert only(notification(alert(labels={"alertname": "A", "severity": word}))).severity == severity


def test_severity_may_stand_in_the_annotations():
    found = only(notification(alert(labels={"alertname": "A"}, annotations={"severity": "page"})))
    assert found.severity == "critical"


@pytest.mark.parametrize(
    ("labels", "annotations", "title"),
    [
        ({"alertname": "Down"}, {"summary": "It is\n down"}, "It is down"),
        ({"alertname": "Down"}, {}, "Down"),
        ({"b": "2", "a": "1"}, {}, "a=1, b=2"),
    ],
)
def test_title_is_the_best_name_there_is(labels, annotations, title):
    assert only(notification(alert(labels=labels, annotations=annotations))).title == title


def test_long_title_is_cut_to_300_characters():
    assert len(only(notification(alert(annotations={"summary": "x" * 500}))).title) == 300


def test_component_names_come_from_component_then_service_then_job():
    labels = {"job": "node", "component": "checkout", "service": "catalog"}
    assert only(notification(alert(labels=labels))).component_names == ("checkout", "catalog", "node")


def test_group_status_counts_where_the_alert_has_none():
    assert only(notification(alert(status=None), status="resolved")).firing is False


def test_link_that_is_no_web_address_is_left_out():
    assert only(notification(alert(generatorURL="javascript:alert(1)"))).url == ""


def test_bad_alert_is_refused_alone():
    good, bad = read(notification(alert(), "no alert"))
    assert isinstance(good, IncomingAlert)
    assert isinstance(bad, Unreadable)


def test_alert_without_labels_is_refused():
    assert error_of(labels={}) == "The alert has no labels; send at least “alertname”."


def test_nested_label_is_refused_with_its_name():
    assert error_of(labels={"alertname": {"a": 1}}) == "“labels.alertname” must be a text in quotes."


def test_year_9999_is_refused_as_a_beginning():
    assert (
        error_of(startsAt="9999-12-31T23:59:59-14:00") == "“startsAt” lies in the year 9999; check the sender's clock."
    )


def test_year_9999_means_open_as_an_end():
    assert only(notification(alert(status="resolved", endsAt="9999-12-31T23:59:59-14:00"))).ends_at is None


def test_time_that_is_none_is_refused():
    assert error_of(startsAt="yesterday") == "“startsAt” must be a time such as 2026-05-28T13:09:00Z."


def test_unknown_status_is_refused():
    assert error_of(status="sleeping") == "“status” must be “firing” or “resolved”."


def test_oversized_annotations_are_refused_with_the_limit():
    assert "the limit is 32768" in error_of(annotations={"description": "x" * 40_000})


@pytest.mark.parametrize("payload", [None, 7, "text", [], {}, {"alerts": None}, {"alerts": {"0": {}}}])
def test_another_format_is_named_as_such(payload):
    with pytest.raises(FormatError):
        read(payload)


def test_format_is_found_by_its_envelope():
    assert recognised(notification()).name == "alertmanager"
    assert recognised({"alerts": "none", "receiver": "x"}) is None
    assert recognised({"title": "generic"}) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
LIKE_AN_ALERT = st.fixed_dictionaries(
    {},
    optional={
        "status": JSON | st.sampled_from(["firing", "resolved"]),
        "labels": JSON | st.dictionaries(st.sampled_from(["alertname", "severity", "job"]), JSON),
        "annotations": JSON | st.dictionaries(st.sampled_from(["summary", "description"]), JSON),
        "startsAt": JSON | st.datetimes().map(lambda moment: moment.isoformat() + "-14:00"),
        "endsAt": JSON | st.datetimes().map(lambda moment: moment.isoformat() + "+14:00"),
        "generatorURL": JSON,
        "fingerprint": JSON,
    },
)


@settings(max_examples=300, deadline=None)
@given(JSON | st.fixed_dictionaries({"alerts": JSON | st.lists(LIKE_AN_ALERT | JSON, max_size=3), "status": JSON}))
def test_any_json_is_read_or_refused_as_another_format(payload):
    recognised(payload)
    try:
        found = read(payload)
    except FormatError:
        return
    assert len(found) == len(payload["alerts"])
    assert all(isinstance(one, IncomingAlert | Unreadable) for one in found)
