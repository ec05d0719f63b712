"""What code adds to `sys.path`, as far as its text tells."""

import pytest

from jupyter_kfp_ext.analysis.path_changes import path_changes

HERE = "import os, sys, site\nfrom pathlib import Path\n"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("sys.path.append('../lib')", ["+../lib"]),
        ("sys.path.insert(0, '../lib')", ["../lib"]),
        ("sys.path.insert(1, '../lib')", ["../lib"]),
        ("sys.path.insert(len(sys.path), 'lib')", ["+lib"]),
        ("sys.path.extend(['a', 'b'])", ["+a", "+b"]),
        ("sys.path += ['a']", ["+a"]),
        ("sys.path = ['a', 'b'] + sys.path", ["b", "a"]),
        ("sys.path = sys.path + ['a']", ["+a"]),
        ("sys.path = ['a', *sys.path, 'b']", ["a", "+b"]),
        ("sys.path[:0] = ['a', 'b']", ["b", "a"]),
        ("site.addsitedir('a')", ["+a!"]),
        ("sys.path.append(str(Path('..') / 'lib'))", ["+../lib"]),
        ("sys.path.append(os.path.join('..', 'lib'))", ["+../lib"]),
        ("sys.path.append(os.path.join(os.getcwd(), os.pardir, 'lib'))", ["+./../lib"]),
        ("sys.path.append(str(Path.cwd().parent))", ["+.."]),
        ("sys.path.append(str(Path().resolve().parents[1] / 'lib'))", ["+../../lib"]),
        ("sys.path.append(os.path.abspath('../lib'))", ["+../lib"]),
        ("sys.path.append(os.path.dirname(os.path.abspath('nb.ipynb')))", ["+."]),
        ("ROOT = Path('..')\nsys.path.append(f'{ROOT}/lib')", ["+../lib"]),
        ("sys.path.append(Path('..').joinpath('lib').as_posix())", ["+../lib"]),
        ("if 'a' not in sys.path:\n    sys.path.append('a')", ["+a"]),
        ("def f():\n    sys.path.append('a')", ["+a"]),
        ("sys.path.append(os.environ['LIB'])", ["+?"]),
        ("sys.path.append(given)", ["+?"]),
        ("import sys as system\nsystem.path.append('a')", ["+a"]),
        ("from sys import path as where\nwhere.append('a')", ["+a"]),
        ("other.path.append('a')", []),
        ("print(sys.path)", []),
        ("%cd ..\nsys.path.append('a')", ["+a"]),
        ("sys.path.append('a'", []),
    ],
)
def test_what_a_cell_adds(source, expected):
    changes, _ = path_changes(HERE + source)
    said = [
        f"{'' if each.front else '+'}{'?' if each.entry is None else each.entry}"
        f"{'!' if each.site else ''}"
        for each in changes
    ]
    assert said == expected


def test_names_hold_from_cell_to_cell():
    _, known = path_changes(HERE + "ROOT = Path.cwd().parent")
    changes, _ = path_changes("sys.path.append(str(ROOT / 'lib'))", known)
    assert [each.entry for each in changes] == ["../lib"]
