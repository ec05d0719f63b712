"""Small notebooks -> the fixes that are offered, and what each makes of the notebook."""

import pytest
from check_cases import notebook_of, problems_of, read

from jupyter_kfp_ext.checks.mending import with_fixes
from jupyter_kfp_ext.errors import Code, errors_in
from jupyter_kfp_ext.notation.editing import apply_fix
from jupyter_kfp_ext.runs.chain import advice, check, plan_notebook

A, B = {"step": "a"}, {"step": "b"}
SOCKET = "import socket\nlink = socket.socket()"
USE = "with link: print(1)"

# cells, title of a fix, the cells after it: source, or (kfp metadata, source)
FIXES = [
    (["images = 1", "print(imges)\nimges"], "Write images for imges",
     ["images = 1", "print(images)\nimages"]),
    (["x = 1; prnt(x)"], "Write print for prnt", ["x = 1; print(x)"]),
    (["print(np.pi)"], "Add `import numpy as np`", ["import numpy as np\nprint(np.pi)"]),
    (["%%time\n\nprint(json.dumps(1))"], "Add `import json`",
     ["%%time\n\nimport json\nprint(json.dumps(1))"]),
    ([(None, "%%component a\nprint(os.sep)")], "Add `import os`",
     [(None, "%%component a\nimport os\nprint(os.sep)")]),
    ([(A, "print(df)"), (B, "df = 1")], "Move cell 2 above cell 1",
     [(B, "df = 1"), (A, "print(df)")]),
    ([({"role": "skip"}, "x = 1"), "print(x)"], "Take the skip mark from cell 1",
     [(None, "x = 1"), ({"step": "s2"}, "print(x)")]),
    ([(A, SOCKET), (B, USE)], "Put 'a' and 'b' into one step", [(A, SOCKET), (A, USE)]),
    ([(A, SOCKET), (None, "x = 1\nprint(x)"), (B, USE)], "Put 'a' and 'b' into one step",
     [(A, SOCKET), (None, "x = 1\nprint(x)"), (A, USE)]),
    ([(A, SOCKET), (B, "print(2)"), ({"step": "c"}, USE)], "Put 'a', 'b' and 'c' into one step",
     [(A, SOCKET), (A, "print(2)"), (A, USE)]),
    ([(None, f"%%component a\n{SOCKET}"), (None, f"%%component b\n{USE}")],
     "Put 'a' and 'b' into one step",
     [(None, f"%%component a\n{SOCKET}"), (None, f"%%component a\n{USE}")]),
    ([(A, "import uuid\nprint(uuid.uuid4())")], "Switch caching off for step 'a'",
     [({"step": "a", "cache": False}, "import uuid\nprint(uuid.uuid4())")]),
    ([({"step": "a", "cache": True}, "import uuid\nprint(uuid.uuid4())")],
     "Switch caching off for step 'a'",
     [({"step": "a", "cache": False}, "import uuid\nprint(uuid.uuid4())")]),
    ([(None, "%%component a --cache\nimport uuid\nprint(uuid.uuid4())")],
     "Switch caching off for step 'a'",
     [(None, "%%component a --no-cache\nimport uuid\nprint(uuid.uuid4())")]),
    (["from numpy.random import default_rng\nprint(default_rng().random())"], "Seed what it draws",
     ["from numpy.random import default_rng\nprint(default_rng(0).random())"]),
    (["from sklearn.cluster import KMeans\nprint(KMeans(\n  3,\n))"], "Seed what it draws",
     ["from sklearn.cluster import KMeans\nprint(KMeans(\n  3, random_state=0,\n))"]),
    ([(A, "import json"), (B, "print(json.dumps(1))")],
     "Give the cells of step 'a' the role `imports`",
     [({"role": "imports"}, "import json"), (B, "print(json.dumps(1))")]),
    ([(A, "def f(): return 1"), (B, "print(f())")],
     "Give the cells of step 'a' the role `functions`",
     [({"role": "functions"}, "def f(): return 1"), (B, "print(f())")]),
]  # fmt: skip


def entries(raw):
    return [((cell["metadata"].get("kfp")), "".join(cell["source"])) for cell in raw["cells"]]


@pytest.mark.parametrize(("cells", "title", "after"), FIXES, ids=[row[1] for row in FIXES])
def test_a_fix_is_offered_and_mends(cells, title, after):
    notebook = read(notebook_of(*cells))
    problems = check(notebook).problems
    offered = [(each, fix) for each in problems for fix in each.fixes if fix.title == title]
    assert offered, [fix.title for each in problems for fix in each.fixes]
    problem, fix = offered[0]
    changed = apply_fix(notebook, fix)
    sources = [source if isinstance(source, str) else source[1] for source in after]
    assert [source for _, source in entries(changed.raw)] == sources
    marks = [each[0] for each in after if isinstance(each, tuple)]
    if marks:
        assert [mark for mark, _ in entries(changed.raw)] == marks
    left = check(read(changed.raw)).problems
    assert problem.code not in [each.code for each in left]
    assert not errors_in(left)


def test_an_unmarked_notebook_gets_its_steps_written_down():
    cells = [(None, SOCKET), (None, "print(2)"), (None, USE)]
    notebook = read(notebook_of(*cells))
    [problem] = [
        each for each in check(notebook, "cells").problems if each.code is Code.VALUE_CANNOT_CROSS
    ]
    [fix] = problem.fixes
    changed = apply_fix(notebook, fix)
    assert not errors_in(check(read(changed.raw)).problems)
    assert entries(changed.raw)[0][0] == {"step": plan_notebook(notebook, "cells").steps[0].name}


# cells on which a fix would not be certain, and so is not offered
NONE = [
    (Code.NAME_UNDEFINED, [(A, "print(f'{imges}')\nprint(zzz)"), (B, "print(1)")]),
    (Code.NAME_USED_BEFORE, [(A, "print(x)\ny = 1"), (B, "x = y")]),
    (Code.VALUE_CANNOT_CROSS, [(A, SOCKET), ({"step": "b", "gpu": 1}, USE)]),
]


@pytest.mark.parametrize(("code", "cells"), NONE)
def test_a_fix_that_would_not_mend_is_not_offered(code, cells):
    found = [each for each in problems_of(*cells) if each.code is code]
    assert found
    assert [each.fixes for each in found] == [()] * len(found)


def test_nothing_is_tried_once_the_time_is_up():
    notebook = read(notebook_of((A, "print(np.pi)")))
    plan = plan_notebook(notebook)

    def look(changed):
        raise AssertionError("a fix was tried")

    [problem] = with_fixes([*plan.problems, *advice(plan)], plan, None, look, seconds=-1.0)
    assert problem.fixes == ()
