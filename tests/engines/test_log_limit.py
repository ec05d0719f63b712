"""A log without end: its beginning and its tail stay, at the offsets that they had."""

import sys

import pytest
from container_specs import Step

from jupyter_kfp_ext.engines.local.log_limit import LIMIT, log_limit, pieces, read_gap, shorten
from jupyter_kfp_ext.engines.local.logs import read_window
from jupyter_kfp_ext.runs.outputs import read_log

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="no blocks of a file can be given back"
)

LINE = "line {:07} of the log\n"
SIZE = len(LINE.format(0))


def write(path, lines):
    with path.open("a") as file:
        file.writelines(LINE.format(number) for number in lines)


@pytest.mark.parametrize(
    ("said", "limit"),
    [("", 64 << 20), ("0", 0), ("5000", 5000), ("2Ki", 2048), ("3Gi", 3 << 30), ("lots", 64 << 20)],
)
def test_the_limit_is_a_setting(monkeypatch, said, limit):
    monkeypatch.setenv(LIMIT, said)
    assert log_limit() == limit


def shown(path):
    return b"".join(pieces(path)).decode()


@pytest.mark.parametrize("limit", [0, 1_000_000, 1 << 30])
def test_a_log_within_its_limit_stays_whole(tmp_path, limit):
    log = tmp_path / "log"
    write(log, range(45_000))
    shorten(log, limit)
    assert read_gap(log) is None
    assert shown(log) == log.read_text()
    assert [each.name for each in tmp_path.iterdir()] == ["log"]


def test_a_missing_log_is_no_error(tmp_path):
    shorten(tmp_path / "log", 1)
    assert list(tmp_path.iterdir()) == []


def test_beginning_and_tail_stay_while_it_goes_on(tmp_path):
    log, limit = tmp_path / "log", 400_000
    for start in range(0, 200_000, 20_000):
        write(log, range(start, start + 20_000))
        shorten(log, limit)
    assert log.stat().st_size == 200_000 * SIZE
    assert log.stat().st_blocks * 512 < limit + 64 * 1024
    lines = shown(log).splitlines()
    middle = next(number for number, line in enumerate(lines) if "left out" in line)
    first, last = lines[: middle - 1], lines[middle + 1 :]
    assert first == [LINE.format(n).rstrip() for n in range(len(first))]
    assert last == [LINE.format(n).rstrip() for n in range(200_000 - len(last), 200_000)]
    assert 0.9 * limit < len(shown(log)) <= limit + 200
    gap = read_gap(log)
    assert lines[middle] == gap.words.strip()
    assert len(first) + len(last) == 200_000 - (gap.end - gap.begin) / SIZE


def test_a_log_of_one_line_is_shortened_too(tmp_path):
    log = tmp_path / "log"
    log.write_text("x" * 1_000_000)
    shorten(log, 100_000)
    assert len(shown(log)) < 101_000


STEPS = """
for number in range(200_000):
    print("line %07d of the log" % number)
"""


def test_a_step_that_prints_without_end(runs, monkeypatch):
    """100 MB would take long here; the limit is lower instead."""
    monkeypatch.setenv(LIMIT, "300Ki")
    status = runs.run({"a": Step(STEPS)})
    assert status.state.value == "SUCCEEDED"
    folder = runs.folder(status.id)
    log = folder.step("a").log
    assert log.stat().st_size == 200_000 * SIZE
    assert log.stat().st_blocks * 512 < 400 * 1024
    texts, offset = [], 0
    while True:
        window = read_log(status.id, "a", offset, 50_000, home=runs.home)
        texts.append(window.text)
        offset = window.end
        if window.complete:
            break
    assert "".join(texts) == shown(log)
    assert "\0" not in "".join(texts)
    gap = read_gap(log)
    inside = read_window(folder, "a", gap.begin + 5)
    assert (inside.text, inside.end) == (gap.words, gap.end)
