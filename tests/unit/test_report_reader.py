"""Whatever JSON somebody sends as a report, it is read or refused with places and sentences, and never breaks anything."""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from feedback.models import Channel
from feedback.report import MAX_CONTEXT_BYTES, MAX_EMAIL, MAX_NAME, MAX_TITLE, ReportErrors, read_report, size_of
from hypercare.core.strict_json import clean_text

NAMES = st.sampled_from(
    ["launch", "channel", "title", "body", "context", "reporter", "email", "name", "external_id", "component",
     "occurred_at", "trace_id", "language", "fields", "kind"]
)  # fmt: skip
TEXTS = st.text(max_size=40) | st.sampled_from(
    ["\x00", "\ud800", "\x07", " ", "İ" * 60, "a@" + "İ" * 30 + ".org", "2026-05-28T13:09:00Z", "9999-12-31T23:59:59-23:59",
     "0001-01-01", "2026-02-30T00:00:00Z", "2026-05-28T00:00:00+99:99", "x" * 400, *Channel.values]
)  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES | TEXTS, inner, max_size=6),
    max_leaves=20,
)
REPORTS = st.fixed_dictionaries(
    {"channel": st.sampled_from(Channel.values) | VALUES, "title": st.text(min_size=1, max_size=320) | VALUES},
    optional={
        **dict.fromkeys(
            ("launch", "body", "context", "component", "occurred_at", "language", "fields", "kind"), VALUES
        ),
        "reporter": st.dictionaries(st.sampled_from(["email", "name", "external_id"]), TEXTS | VALUES) | VALUES,
        **dict.fromkeys(("trace_id", "external_id"), TEXTS | VALUES),
    },
)
GOOD = {"channel": "api", "title": "Basket is empty"}


@given(VALUES | REPORTS)
@settings(max_examples=400, deadline=None)
@example(GOOD | {"reporter": {"email": "a@" + ".".join(["İ" * 31] * 5) + ".org"}})
@example(GOOD | {"occurred_at": "2026-05-28T00:00:00+99:99"})
@example({"channel": [], "title": {}})
def test_any_value_is_read_or_refused_with_places(value):
    try:
        report, unknown = read_report(value, source="test")
    except ReportErrors as refused:
        assert refused.errors
        assert all(error.detail for error in refused.errors)
        assert all(error.pointer == "" or error.pointer.startswith("/") for error in refused.errors)
        return
    assert report.channel in Channel.values
    assert 0 < len(report.title) <= MAX_TITLE
    assert len(report.reporter_email) <= MAX_EMAIL
    assert report.reporter_email == report.reporter_email.lower()
    assert len(report.reporter_name) <= MAX_NAME
    assert report.occurred_at is None or report.occurred_at.utcoffset() is not None
    assert not any(clean_text(text) for text in (report.title, report.body, report.trace_id, report.component))
    assert not set(unknown) & {"title", "channel"}


@given(VALUES)
@settings(max_examples=200, deadline=None)
def test_size_of_any_value_is_counted_without_recursion(value):
    assert size_of(value) > 0


def test_context_is_refused_by_its_size_and_not_by_its_depth():
    deep: object = {}
    for _level in range(5000):
        deep = {"a": deep}

    report, _unknown = read_report(GOOD | {"context": {"a": deep}}, source="test")

    assert size_of(report.context) < MAX_CONTEXT_BYTES


@given(st.sampled_from(sorted(Channel.values)), st.sets(st.sampled_from(sorted(Channel.values)), min_size=1))
def test_sender_may_claim_only_the_channels_it_was_given(channel, allowed):
    try:
        report, _unknown = read_report(GOOD | {"channel": channel}, source="test", channels=frozenset(allowed))
    except ReportErrors as refused:
        assert channel not in allowed
        assert refused.errors[0].pointer == "/channel"
    else:
        assert report.channel in allowed
