"""Reading notebook files: what is tolerated, and what is refused with which words."""

import json

import pytest
from notation_cases import code, raw, text

from jupyter_kfp_ext.errors import Code, KfpExtError
from jupyter_kfp_ext.notation.reader import parse_notebook, read_notebook


def write(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_reads_a_file(tmp_path):
    path = write(tmp_path / "a.ipynb", json.dumps(raw(text("# A"), code("x = 1", id="one"))))
    notebook = read_notebook(path)
    assert (notebook.name, notebook.path) == ("a.ipynb", str(path))
    assert [(cell.kind, cell.number, cell.id) for cell in notebook.cells] == [
        ("markdown", None, "cell-0"),
        ("code", 1, "one"),
    ]
    assert notebook.raw == json.loads(path.read_text())


def test_relative_paths_become_absolute(tmp_path, monkeypatch):
    write(tmp_path / "a.ipynb", json.dumps(raw(code())))
    monkeypatch.chdir(tmp_path)
    from pathlib import Path

    assert read_notebook(Path("a.ipynb")).path == str(tmp_path / "a.ipynb")


def test_numbers_are_those_of_a_fresh_kernel():
    notebook = parse_notebook(raw(code("a"), code("  \n"), text("b"), code(""), code("# only")))
    assert [cell.number for cell in notebook.cells] == [1, None, None, None, 2]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a\nb", "a\nb"),
        (["a\n", "b"], "a\nb"),
        ([], ""),
        ("a\r\nb\rc", "a\nb\nc"),
    ],
)
def test_source_forms(source, expected):
    assert parse_notebook(raw(code(source))).cells[0].source == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([None, None], ["cell-0", "cell-1"]),
        (["a", "a", "a"], ["a", "a-2", "a-3"]),
        (["a", "a", "a-2"], ["a", "a-3", "a-2"]),
        ([None, "cell-0"], ["cell-0-2", "cell-0"]),
        (["", 7], ["cell-0", "cell-1"]),
    ],
)
def test_ids_are_unique_and_stable(given, expected):
    cells = [code() | ({"id": each} if each is not None else {}) for each in given]
    assert [cell.id for cell in parse_notebook(raw(*cells)).cells] == expected


@pytest.mark.parametrize("minor", range(6))
def test_all_minor_versions_of_format_4(minor):
    assert parse_notebook({**raw(code()), "nbformat_minor": minor}).cells


def test_what_tools_leave_out_is_tolerated():
    notebook = parse_notebook({"nbformat": 4, "cells": [{"cell_type": "code"}]})
    assert (notebook.metadata, notebook.cells[0].metadata) == ({}, {})
    assert notebook.cells[0].source == ""


def test_a_byte_order_mark_is_tolerated():
    assert parse_notebook(b"\xef\xbb\xbf" + json.dumps(raw(code())).encode()).cells


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty file"),
        (b" \n", "empty file"),
        (b'{"cells": [,]}', "line 1, column 12"),
        (b'{\n "nbformat": 4,\n<<<<<<< HEAD\n', "line 3, column 1"),
        (b"\xff\xfe{", "UTF-8"),
        (b"[]", "not an object"),
        (b"3", "not an object"),
        (b"{}", "`nbformat`"),
        (b'{"nbformat": true, "cells": []}', "`nbformat`"),
        (b'{"nbformat": "4", "cells": []}', "`nbformat`"),
        (b'{"nbformat": 4}', "list of cells"),
        (b'{"nbformat": 4, "cells": {}}', "list of cells"),
        (b'{"nbformat": 4, "cells": [3]}', "position 1"),
        (b'{"nbformat": 4, "cells": [{"cell_type": "heading"}]}', "position 1"),
        (b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": [1]}]}', "position 1"),
        (b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": 1}]}', "position 1"),
        (b'{"nbformat": 3, "worksheets": []}', "format 3"),
        (b'{"nbformat": 5, "cells": []}', "format 5"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"nbformat": ' + b"4" * 5000 + b"}", "digits"),
        (
            b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": "\\ud800"}]}',
            "half a character",
        ),
    ],
)
def test_what_is_no_notebook(tmp_path, content, said):
    path = write(tmp_path / "bad.ipynb", content)
    with pytest.raises(KfpExtError) as caught:
        read_notebook(path)
    (problem,) = caught.value.problems
    assert problem.code is Code.NOTEBOOK_UNREADABLE
    assert said in problem.message
    assert "bad.ipynb" in problem.message
    assert problem.remedy


def test_an_old_format_says_how_to_upgrade():
    with pytest.raises(KfpExtError) as caught:
        parse_notebook({"nbformat": 3, "worksheets": []}, name="old.ipynb")
    assert "nbconvert --to notebook --inplace old.ipynb" in caught.value.problems[0].remedy


def test_a_missing_file(tmp_path):
    with pytest.raises(KfpExtError) as caught:
        read_notebook(tmp_path / "none.ipynb")
    assert caught.value.code is Code.NOTEBOOK_MISSING


def test_a_folder(tmp_path):
    with pytest.raises(KfpExtError) as caught:
        read_notebook(tmp_path)
    assert caught.value.code is Code.NOTEBOOK_UNREADABLE
    assert "folder" in str(caught.value)


def test_a_path_through_a_file(tmp_path):
    write(tmp_path / "a.ipynb", "{}")
    with pytest.raises(KfpExtError) as caught:
        read_notebook(tmp_path / "a.ipynb" / "b.ipynb")
    assert caught.value.code is Code.NOTEBOOK_UNREADABLE
