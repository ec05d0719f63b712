"""Which data files travel with the code: a table of what cells say and what lies on disk."""

import pytest

from jupyter_kfp_ext.analysis.plan import Code as SourceCode
from jupyter_kfp_ext.analysis.plan import Input, Plan, StepPlan
from jupyter_kfp_ext.errors import Code, Severity
from jupyter_kfp_ext.helpers.find import find_helpers
from jupyter_kfp_ext.helpers.mentions import mentions
from jupyter_kfp_ext.notation.marks import read_marks
from jupyter_kfp_ext.notation.options import StepOptions
from jupyter_kfp_ext.notation.reader import parse_notebook

NO_MARKS = read_marks(
    parse_notebook({"nbformat": 4, "cells": [{"cell_type": "code", "source": "x = 1"}]})
)


def plan_of(*sources: str, inputs: dict[int, int] | None = None) -> Plan:
    """A plan with one step a source, named `s0`, `s1`, ...; `inputs` says who takes from whom."""
    taken = {k: (Input(f"s{v}", ("x",)),) for k, v in (inputs or {}).items()}
    steps = [
        StepPlan(
            name=f"s{number}",
            task=f"s{number}",
            options=StepOptions(),
            prelude=(),
            cells=(SourceCode(cell_id=f"c{number}", number=number + 1, source=source),),
            inputs=taken.get(number, ()),
            outputs=(),
            parameters=(),
            metrics=(),
            after=(),
            modules=("helper",) if source == "import helper" else (),
        )
        for number, source in enumerate(sources)
    ]
    return Plan(model=NO_MARKS, parameters=(), steps=tuple(steps), problems=())


@pytest.fixture
def folder(tmp_path):
    files = {
        "nb/a.csv": "a",
        "nb/data/b.csv": "b",
        "nb/data/c.csv": "c",
        "nb/data/deep/d.txt": "d",
        "nb/data/.hidden": "",
        "nb/data/code.py": "",
        "nb/script.py": "print(1)",
        "nb/helper.py": "TABLE = open('a.csv').read()",
        "nb/.env": "KEY=1",
        "up.csv": "u",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path / "nb"


CASES = {
    "a path read": ("pd.read_csv('a.csv')", ["a.csv"]),
    "a path in a variable": ("path = 'data/b.csv'", ["data/b.csv"]),
    "a path in a call's keyword": ("load(path='./data/../a.csv')", ["a.csv"]),
    "above the notebook": ("open('../up.csv')", ["@parent/up.csv"]),
    "not there": ("open('none.csv')", []),
    "absolute": ("open('/etc/hostname')", []),
    "an address": ("get('https://a.csv')", []),
    "joined": ("os.path.join('data', 'b.csv')", ["data/b.csv", "data/c.csv", "data/deep/d.txt"]),
    "pathlib": ("Path('data') / 'b.csv'", ["data/b.csv", "data/c.csv", "data/deep/d.txt"]),
    "a slash after a name": ("root / 'data'", ["data/b.csv", "data/c.csv", "data/deep/d.txt"]),
    "a folder with a slash": ("d = 'data/deep/'", ["data/deep/d.txt"]),
    "a folder that is read": ("os.listdir('data/deep')", ["data/deep/d.txt"]),
    "a word that is a folder's name": ("df['data']", []),
    "a pattern": ("glob.glob('data/*.csv')", ["data/b.csv", "data/c.csv"]),
    "a deep pattern": ("glob.glob('data/**/*.txt', recursive=True)", ["data/deep/d.txt"]),
    "a star that is no pattern": ("select('*')", []),
    "an f-string with a folder": ("p = f'data/{n}.csv'", ["data/b.csv", "data/c.csv"]),
    "an f-string that is read": ("pd.read_csv(f'{n}.csv')", ["a.csv"]),
    "an f-string that is text": ("print(f'{a}/{b}')", []),
    "printed": ("print('a.csv is there')", []),
    "a docstring": ("'a.csv'", []),
    "a shell command": ("!cat a.csv | wc", ["a.csv"]),
    "a script that is run": ("%run script.py", ["script.py"]),
    "a cell of shell": ("%%bash\nhead data/b.csv", ["data/b.csv"]),
    "written only": ("df.to_csv('a.csv')", []),
    "written and read": ("df.to_csv('a.csv')\npd.read_csv('a.csv')", []),
    "read and written": ("pd.read_csv('a.csv')\ndf.to_csv('a.csv')", ["a.csv"]),
    "written by a cell": ("%%writefile a.csv\ndata/b.csv", []),
    "appended to by a cell": ("%%writefile -a a.csv\ndata/b.csv", ["a.csv"]),
    "opened to write": ("open('a.csv', 'w')", []),
    "opened to append": ("open('a.csv', mode='a')", ["a.csv"]),
    "named in a helper": ("import helper", ["a.csv"]),
    "broken code": ("open('a.csv'", []),
}


@pytest.mark.parametrize("name", CASES)
def test_files_that_the_code_names(name, folder):
    source, expected = CASES[name]
    helpers = find_helpers(plan_of(source), folder)
    sent = [path.removeprefix("files/") for path in helpers.files if path.startswith("files/")]
    assert sent == expected
    assert not helpers.problems
    assert [path for path in helpers.by_step["s0"] if path.startswith("files/")] == [
        f"files/{path}" for path in expected
    ]


def test_a_step_gets_the_files_of_the_steps_that_it_takes_values_from(folder):
    plan = plan_of("path = 'a.csv'", "open(path)", "open('data/b.csv')", inputs={1: 0})
    by_step = find_helpers(plan, folder).by_step
    assert by_step == {"s0": ("files/a.csv",), "s1": ("files/a.csv",), "s2": ("files/data/b.csv",)}


def test_a_file_that_an_earlier_step_writes_is_not_sent(folder):
    assert not find_helpers(plan_of("df.to_csv('a.csv')", "pd.read_csv('a.csv')"), folder).files


@pytest.mark.parametrize(
    ("source", "make", "reason"),
    [
        ("open('big.bin')", lambda at: (at / "big.bin").write_bytes(bytes(300_000)), "300,000"),
        ("open('.env')", lambda at: None, "secret"),
        (
            "os.listdir('many')",
            lambda at: [
                (at / "many").mkdir(exist_ok=True),
                *((at / "many" / f"{n}.txt").touch() for n in range(201)),
            ],
            "more than 200",
        ),
    ],
)
def test_what_is_not_sent_is_said(source, make, reason, folder):
    make(folder)
    helpers = find_helpers(plan_of("1", f"x = 1\n{source}"), folder)
    (problem,) = helpers.problems
    assert not helpers.files
    assert (problem.code, problem.severity) == (Code.FILE_NOT_SENT, Severity.INFO)
    assert (problem.cell, problem.line, problem.step) == (2, 2, "s1")
    assert reason in problem.message


def test_the_sum_of_all_files_is_bounded(folder):
    for number in range(4):
        (folder / f"{number}.bin").write_bytes(bytes(200_000))
    helpers = find_helpers(plan_of("[open(f'{n}.bin') for n in range(4)]"), folder)
    assert list(helpers.files) == ["files/0.bin", "files/1.bin"]
    assert [each.code for each in helpers.problems] == [Code.FILE_NOT_SENT] * 2


def test_reading_the_mentions_of_a_text_twice_costs_once():
    assert mentions("open('a')") is mentions("open('a')")
