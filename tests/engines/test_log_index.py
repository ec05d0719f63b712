"""Blocks of a long log: together they are the log, each can be read alone, and they stay."""

import sys
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_kfp_ext.engines.local.log_index import BLOCK, find_in_log, index_log
from jupyter_kfp_ext.engines.local.log_limit import pieces, read_gap, shorten
from jupyter_kfp_ext.engines.local.log_part import log_part, note_attempt
from jupyter_kfp_ext.engines.local.logs import read_window


class LogOf:
    """A run's folder as far as logs are concerned."""

    def __init__(self, path):
        self.log = path / "log"

    def step(self, _):
        place = SimpleNamespace(log=self.log, attempts=self.log.with_name("attempts"))
        return SimpleNamespace(part=lambda *_: place)


@pytest.fixture
def folder(tmp_path):
    return LogOf(tmp_path)


def blocks_of(folder):
    """Each block as its text, as a reader gets it, with the lines that it says it has."""
    begin = 0
    found = []
    for block in index_log(folder, "a").blocks:
        window = read_window(folder, "a", begin, block.end - begin)
        assert window.end == block.end
        found.append((window.text, block.lines))
        begin = block.end
    return found


def lines_of(text):
    return len(text.removesuffix("\n").split("\n"))


LOGS = {
    "nothing": "",
    "one line": "a\n",
    "a line that goes on": "a\nb",
    "empty lines": "\n\n\n",
    "many lines": "".join(f"line {number}\n" for number in range(20_000)),
    "one long line": "x" * (3 * BLOCK),
    "a long line of other letters": "é✓𝄞" * BLOCK,
    "a block to the byte": ("x" * (BLOCK - 1) + "\n") * 3,
    "long and short": "x" * (BLOCK + 7) + "\nshort\n" + "é" * BLOCK + "\nend",
}


@pytest.mark.parametrize("text", LOGS.values(), ids=LOGS)
def test_the_blocks_are_the_log(folder, text):
    folder.log.write_text(text)
    found = blocks_of(folder)
    assert "".join(each for each, _ in found) == text
    assert [lines for _, lines in found] == [lines_of(each) for each, _ in found]
    assert all(len(each.encode()) <= BLOCK for each, _ in found)


@given(st.lists(st.text(alphabet="aé𝄞\n", max_size=40), max_size=6), st.integers(0, 3), st.data())
def test_blocks_stay_while_the_log_grows(tmp_path_factory, parts, stretch, data):
    folder = LogOf(tmp_path_factory.mktemp("log"))
    parts = [part * (BLOCK // 30 * stretch) for part in parts]
    seen = ()
    for part in parts:
        with folder.log.open("a") as file:
            file.write(part)
        now = index_log(folder, "a").blocks
        # All but the last one, which was not full yet, are as they were.
        assert now[: len(seen[:-1])] == seen[:-1]
        seen = now
    if seen:
        place = data.draw(st.integers(0, len(seen) - 1))
        begin = seen[place - 1].end if place else 0
        assert index_log(folder, "a", begin).blocks == seen[place:]


def test_a_step_that_has_not_started_has_no_blocks(folder):
    index = index_log(folder, "a")
    assert (index.blocks, index.size) == ((), 0)
    assert find_in_log(folder, "a", "x").places == ()


@pytest.mark.skipif(sys.platform != "linux", reason="no blocks of a file can be given back")
def test_what_was_left_out_is_a_block_of_its_own(folder):
    folder.log.write_text("".join(f"line {number:08}\n" for number in range(200_000)))
    shorten(folder.log, 500_000)
    gap = read_gap(folder.log)
    assert gap
    found = blocks_of(folder)
    assert "".join(each for each, _ in found) == b"".join(pieces(folder.log)).decode()
    assert gap.words in [each for each, _ in found]
    # From inside the gap on, as a reader asks that saw the block before it was left out.
    assert index_log(folder, "a", gap.begin + 5).blocks[0].end == gap.end


FOUND = [
    ("Error", [1, 3]),
    ("ERROR in", [3]),
    ("größe", [4]),
    ("missing", []),
    ("", []),
    ("red error", [3]),
]


@pytest.mark.parametrize(("text", "lines"), FOUND)
def test_a_search_gives_lines(folder, text, lines):
    folder.log.write_text(
        "start\nan error\nfine\n\x1b[31mred \x1b[1merror\x1b[0m in it\nGRÖSSE Größe\n"
    )
    found = find_in_log(folder, "a", text)
    assert found.complete
    assert found.places == tuple((0, line) for line in lines)


def test_a_search_names_the_block(folder):
    folder.log.write_text("".join(f"line {number}\n" for number in range(20_000)))
    found = find_in_log(folder, "a", "line 19999")
    ((begin, line),) = found.places
    text = read_window(folder, "a", begin, BLOCK).text
    assert text.split("\n")[line] == "line 19999"


def test_a_search_that_finds_too_much_says_so(folder):
    folder.log.write_text("x\n" * 20_000)
    found = find_in_log(folder, "a", "x")
    assert (len(found.places), found.complete) == (10_000, False)


@pytest.mark.parametrize("sizes", [(3, 2), (2 * BLOCK, BLOCK + 5, 0), (0, 4)])
def test_each_attempt_is_a_log_of_its_own(folder, sizes):
    place = folder.step("a").part()
    texts = [f"{number}" * (size - 1) + "\n" * (size > 0) for number, size in enumerate(sizes)]
    folder.log.write_text("")
    for number, text in enumerate(texts, 1):
        if number > 1:
            note_attempt(place, number)
        with folder.log.open("a") as log:
            log.write(text)
    for number, text in enumerate(texts, 1):
        task = f"a@{number}"
        index = index_log(folder, task)
        ends = [each.end for each in index.blocks]
        begins = [0, *ends][: len(ends)]
        read = [
            read_window(folder, task, begin, end - begin)
            for begin, end in zip(begins, ends, strict=True)
        ]
        assert "".join(each.text for each in read) == text
        assert (index.size, index.size) == (len(text), ends[-1] if ends else 0)
        assert all(each.complete == (each.end == index.size) for each in read)
        part = log_part(folder, task)
        assert b"".join(pieces(part.path, part.begin, part.end)).decode() == text
        found = find_in_log(folder, task, str(number - 1)).places
        assert bool(found) == (len(text) > 1)
        assert not find_in_log(folder, task, str(number)).places
    assert read_window(folder, "a").text == "".join(texts)[:65536]
    assert index_log(folder, "a@9").size == 0


def test_a_step_that_is_planned_again_begins_with_its_first_attempt(folder):
    place = folder.step("a").part()
    folder.log.write_text("old\n")
    note_attempt(place, 2)
    note_attempt(place, 1)
    with folder.log.open("a") as log:
        log.write("new\n")
    assert read_window(folder, "a@1").text == "new\n"


def test_what_was_left_out_is_said_in_the_attempts_that_it_was_of(folder):
    folder.log.write_text("first\n" * 40_000)
    place = folder.step("a").part()
    note_attempt(place, 2)
    with folder.log.open("a") as log:
        log.write("second\n" * 40_000)
    note_attempt(place, 3)
    with folder.log.open("a") as log:
        log.write("third\n")
    shorten(folder.log, 8 * BLOCK)
    gap = read_gap(folder.log)
    if gap is None:
        pytest.skip("this system cannot give back blocks of a file")
    for task, said in (("a@1", True), ("a@2", True), ("a@3", False)):
        index = index_log(folder, task)
        begin, text = 0, ""
        for block in index.blocks:
            window = read_window(folder, task, begin, block.end - begin)
            assert window.end == block.end
            text, begin = text + window.text, block.end
        part = log_part(folder, task)
        assert text.encode() == b"".join(pieces(part.path, part.begin, part.end))
        assert (gap.words in text) == said
