"""These tests hold what is read out of each gateway's log, that secrets stay behind, and that no row breaks a reading."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway_ingest.formats.calls import CALL_FORMATS, CallError, IncomingCall, recognised
from tests.unit.call_samples import OBJECTS, SAMPLES, SECRET, START

CONTRACT = "combined nginx-json kong envoy apisix traefik haproxy alb apigateway apipark litellm portkey langfuse"


def test_formats_have_the_names_of_the_contract():
    assert set(CALL_FORMATS) == set(CONTRACT.split())


@pytest.mark.parametrize(("name", "row", "wanted"), SAMPLES)
def test_sample_is_read_as_a_person_reads_it(name, row, wanted):
    call = CALL_FORMATS[name].read(row)
    found = {field: getattr(call, field) for field in wanted}
    if "moment" in found:
        found["moment"] = f"{found['moment']:%Y-%m-%d %H:%M:%S}"
    assert found == wanted


@pytest.mark.parametrize(("name", "row", "_wanted"), SAMPLES)
def test_query_headers_bodies_and_authorization_stay_behind(name, row, _wanted):
    assert SECRET not in repr(CALL_FORMATS[name].read(row))


@pytest.mark.parametrize(("name", "row", "_wanted"), SAMPLES)
def test_format_of_a_row_is_found(name, row, _wanted):
    assert recognised(row).name == name


@pytest.mark.parametrize("reader", CALL_FORMATS)
def test_rows_of_other_gateways_are_refused(reader):
    for name, row, _wanted in SAMPLES:
        # A common line that ends in a request id is a combined line, whoever wrote it.
        if name != reader and not (name == "apigateway" and reader == "combined" and isinstance(row, str)):
            with pytest.raises(CallError):
                CALL_FORMATS[reader].read(row)


def test_status_dump_of_nginx_plus_is_refused_as_what_it_is():
    dump = {"version": 6, "nginx_version": "1.9.4", "timestamp": 1446249499322, "connections": {"accepted": 1}}
    with pytest.raises(CallError, match="status dump"):
        CALL_FORMATS["nginx-json"].read(dump)
    assert recognised(dump) is None


@pytest.mark.parametrize("year", ["1969", "9999", "0001"])
def test_times_no_working_clock_shows_are_refused(year):
    with pytest.raises(CallError, match="year"):
        CALL_FORMATS["combined"].read(START.replace("2026", year))


@pytest.mark.parametrize("msec", [-5, -1e300, 1e300, "1e400", "nan", None, True, [], "soon", 253402300799.0])
def test_numbers_that_are_no_times_are_refused(msec):
    with pytest.raises(CallError):
        CALL_FORMATS["nginx-json"].read({"msec": msec, "status": 200, "request": "GET / HTTP/1.1"})


def test_step_of_a_langfuse_trace_is_no_model_call():
    row = OBJECTS["langfuse"][0][0] | {"type": "SPAN"}
    with pytest.raises(CallError, match="no model call"):
        CALL_FORMATS["langfuse"].read(row)


LEAF = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(["-", "0", ""])
JSON = st.recursive(
    LEAF,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


def broken(value, draw):
    """The sample with one thing in it, at any depth, replaced by anything."""
    if isinstance(value, dict) and value:
        name = draw(st.sampled_from(sorted(value)))
        return value | {name: broken(value[name], draw)} if draw(st.booleans()) else value | {name: draw(JSON)}
    return draw(JSON)


@pytest.mark.parametrize("name", CALL_FORMATS)
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_any_row_is_read_or_refused_with_a_sentence(name, data):
    samples = [row for known, row, _wanted in SAMPLES if known == name]
    row = data.draw(st.sampled_from(samples))
    if isinstance(row, str):
        start = data.draw(st.integers(0, len(row)))
        row = row[:start] + data.draw(st.text(max_size=8)) + row[start + data.draw(st.integers(0, 9)) :]
    else:
        row = broken(row, data.draw)
    recognised(row)
    try:
        call = CALL_FORMATS[name].read(row)
    except CallError as wrong:
        assert str(wrong)
        return
    assert isinstance(call, IncomingCall)
    assert 0 <= call.status <= 599
    assert call.moment.year in range(2000, 3000)
    assert min(call.duration, call.upstream, call.first_byte, call.input_tokens, call.cost) >= -1
    json.dumps([call.path, call.model, call.consumer, call.component, call.request_id, call.release])
