"""These tests hand readers small bodies that stand for much: each is given up before it takes room or time."""

import gzip
import zlib

import pytest
import zstandard
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from gateway_ingest.call_rows import MAX_ROWS, plain, rows_of
from gateway_ingest.formats import FormatError, otlp_logs
from gateway_ingest.formats.calls import otlp
from gateway_ingest.formats.protobuf_parts import holds_more_than
from gateway_ingest.unpacking import MAX_MEMBERS, MAX_VALUES, check_values, gunzipped, unpack
from hypercare.core.problem import Problem

MANY = b"[" + b",".join([b"{}"] * (MAX_ROWS + 1)) + b"]"


@pytest.mark.parametrize("body", [MANY, b'{"records": ' + MANY + b"\n}"])
def test_array_of_too_many_rows_is_refused_before_one_is_cut_out(body):
    with pytest.raises(Problem) as refused:
        rows_of(body, encoding="")
    assert refused.value.status == 413


def test_array_of_as_many_rows_as_may_be_is_read_and_so_is_one_of_long_rows():
    most = b"[" + b",".join([b"{}"] * MAX_ROWS) + b"]"
    assert sum(len(group) for group in rows_of(most, encoding="")) == MAX_ROWS
    long = b'[{"a": [' + b"1," * MAX_ROWS + b'1]}, {"a": ",,"}]'
    assert [row["a"][-1] for group in rows_of(long, encoding="") for _place, row in group] == [1, ","]


def test_lines_behind_a_first_line_that_is_too_long_are_read_piece_by_piece():
    body = b'{"a": "' + b"x" * 2_000_000 + b'"}\n' + b'{"b": 1}\n' * 100_000
    groups = list(rows_of(body, encoding=""))
    assert max(map(len, groups)) < 50_000
    assert sum(map(len, groups)) == 100_001


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_body_of_very_many_packed_pieces_is_refused(encoding):
    piece = gzip.compress(b"a\n") if encoding == "gzip" else zstandard.compress(b"a\n")
    assert plain(piece * MAX_MEMBERS, encoding=encoding) == b"a\n" * MAX_MEMBERS
    with pytest.raises(Problem) as refused:
        plain(piece * (MAX_MEMBERS + 1), encoding=encoding)
    assert refused.value.status == 413


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 65_537, 3_000_000])
def test_members_of_any_size_are_unpacked_whole_and_a_cut_one_is_damaged(size):
    text = bytes(number % 251 for number in range(size))
    packed = gzip.compress(text) + gzip.compress(b"end", 1)
    assert b"".join(gunzipped(packed)) == text + b"end"
    with pytest.raises(zlib.error):
        list(gunzipped(packed[:-9]))


def test_piece_of_zstd_that_stands_for_very_much_comes_in_bounded_pieces():
    packed = zstandard.compress(b"\n" * 50_000_000)
    with pytest.raises(Problem) as refused:
        list(rows_of(packed, encoding="zstd"))
    assert refused.value.status == 413


def test_body_that_is_read_as_a_whole_is_smaller_than_one_of_lines():
    packed = gzip.compress(bytes(40 * 1024 * 1024))
    with pytest.raises(Problem) as refused:
        unpack(packed + gzip.compress(bytes(range(256)) * 9000, 0), encoding="gzip")
    assert "32 MB" in refused.value.detail


def test_json_of_very_many_values_is_refused_before_it_is_read():
    check_values(b"{}," * (MAX_VALUES // 2))
    with pytest.raises(Problem) as refused:
        check_values(b"{}," * (MAX_VALUES // 2 + 1))
    assert refused.value.status == 413


def _held(number, body):
    size, varint = len(body), b""
    while size > 0x7F:
        varint, size = varint + bytes([size & 0x7F | 0x80]), size >> 7
    return bytes([number << 3 | 2]) + varint + bytes([size]) + body


def test_export_of_too_many_spans_is_refused():
    body = _held(1, _held(2, b"\x12\x00" * (otlp.MOST_SPANS + 1)))
    assert len(ExportTraceServiceRequest.FromString(body).resource_spans[0].scope_spans[0].spans) > otlp.MOST_SPANS
    with pytest.raises(otlp.TooManyError):
        otlp.from_protobuf(body)
    with pytest.raises(otlp.TooManyError):
        otlp.from_json({"resourceSpans": [{"scopeSpans": [{"spans": [None] * (otlp.MOST_SPANS + 1)}]}]})


def test_span_of_more_than_a_megabyte_is_an_error_of_its_own():
    body = _held(1, _held(2, _held(2, b"\x4a\x00" * 600_000) + _held(2, b"")))
    assert [place for place, _why in otlp.from_protobuf(body).errors] == [1]


def test_export_of_logs_with_very_many_values_is_refused():
    body = _held(1, _held(2, _held(2, b"\x32\x00" * (otlp_logs.MOST_PARTS + 1))))
    with pytest.raises(FormatError, match="more than 400,000 values"):
        otlp_logs.payload_of(body)
    assert not holds_more_than(otlp_logs.MOST_PARTS + 9, body, ExportLogsServiceRequest.DESCRIPTOR)
