"""These tests hold what `manage.py evaluate detector` says about files of labelled series."""

import gzip
import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from gateway_ingest.detect.evaluation import UnreadableSeries, evaluate, read_series

BEGIN = datetime(2026, 3, 2, tzinfo=UTC)


def moment(at):
    return (BEGIN + timedelta(minutes=5 * at)).strftime("%Y-%m-%d %H:%M:%S")


@pytest.fixture
def files(tmp_path):
    """Three series of two weeks with a planted jump each, and one without."""
    lines, windows = ["file,timestamp,value"], {}
    for number in range(4):
        values = np.random.default_rng(number).normal(50, 1, 4032)
        name = f"series-{number}.csv"
        windows[name] = []
        if number:
            values[1500:1520] += 100
            windows[name] = [[moment(1480) + ".000000", moment(1600) + ".000000"]]
        lines += [f"{name},{moment(at)},{value}" for at, value in enumerate(values)]
    series = tmp_path / "series.csv.gz"
    series.write_bytes(gzip.compress("\n".join(lines).encode()))
    (tmp_path / "windows.json").write_text(json.dumps(windows))
    return series, tmp_path / "windows.json"


def test_the_command_prints_the_figures_as_one_object(files, capsys):
    call_command("evaluate", "detector", "--series", str(files[0]), "--windows", str(files[1]))
    figures = json.loads(capsys.readouterr().out)
    assert {"score", "score_at_shipped_default", "shipped_default", "threshold"} <= figures.keys()
    assert figures["points_per_second"] > 0
    assert (figures["series"], figures["points"], figures["windows"]) == (4, 4 * 4032, 3)


def test_planted_jumps_are_found_with_the_shipped_default(files):
    figures = evaluate(read_series(*files))
    assert figures["score_at_shipped_default"] > 85
    assert figures["false_alarms_per_series_week_at_shipped_default"] <= 1


def test_a_default_that_nothing_reaches_earns_nothing(files):
    figures = evaluate(read_series(*files), default=1.1)
    assert figures["score_at_shipped_default"] == 0.0
    assert figures["false_alarms_at_shipped_default"] == 0


def test_a_single_series_has_no_others_to_learn_a_threshold_from(files):
    figures = evaluate(read_series(*files)[1:2])
    assert figures["score"] == 0.0


def test_series_without_windows_have_no_score(files):
    assert evaluate(read_series(*files)[:1])["score"] is None


def test_a_window_without_values_is_left_out(files):
    files[1].write_text(json.dumps({"series-1.csv": [["2001-01-01 00:00:00", "2001-01-02 00:00:00"]]}))
    assert evaluate(read_series(*files))["windows"] == 0


@pytest.mark.parametrize("line", ["a,2026-03-02 00:00:00", "a,never,1", "a,2026-03-02 00:00:00,much"])
def test_a_line_that_holds_no_time_and_value_is_refused_by_number(tmp_path, files, line):
    wrong = tmp_path / "wrong.csv"
    wrong.write_text(f"file,timestamp,value\na,2026-03-02 00:00:00,1\n{line}\n")
    with pytest.raises(UnreadableSeries, match="Line 3"):
        read_series(wrong, files[1])


def test_windows_that_are_no_object_are_refused(files):
    files[1].write_text("[]")
    with pytest.raises(UnreadableSeries, match="JSON object"):
        read_series(*files)


def test_a_file_without_the_columns_is_refused_by_name(tmp_path, files):
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("file,value\na,1\n")
    with pytest.raises(UnreadableSeries, match="timestamp"):
        read_series(wrong, files[1])
    with pytest.raises(CommandError, match="timestamp"):
        call_command("evaluate", "detector", "--series", str(wrong), "--windows", str(files[1]))
