"""The page of problems and the closed set of codes say the same."""

import re
from pathlib import Path

from jupyter_kfp_ext.errors import Code

PAGE = Path(__file__).parents[2] / "docs/problems.md"


def rows():
    """Rows of the tables of codes; the table of fixes stands last and names codes again."""
    codes = PAGE.read_text().partition("## Fixes")[0]
    return [line for line in codes.splitlines() if line.startswith("| `")]


def test_each_code_is_on_the_page_once_and_no_other():
    named = [code for row in rows() for code in re.findall(r"`([a-z-]+)`", row.split("|")[1])]
    assert sorted(named) == sorted(code.value for code in Code)


def test_each_row_says_what_it_is_when_it_comes_and_what_to_do():
    for row in rows():
        cells = [each.strip() for each in re.split(r"(?<!\\)\|", row)[1:-1]]
        assert len(cells) == 4, row
        assert all(cells), row
        assert re.match(r"(error|warning|hint)", cells[1]), row
