"""`check --code` and `show RUN --code`, `--changed`, `--restore`: which code steps get and ran."""

import subprocess

import pytest

from tests.support.notebooks import code_cell

CELLS = (
    code_cell(
        "import sys\nsys.path.append('../lib')\nfrom helper import Box\nb = Box(3)", step="a"
    ),
    code_cell("print(b.x + b.more())", step="use"),
    code_cell("import lonely\nprint(lonely.z)", step="other"),
)
FILES = {
    "lib/helper.py": "import tools\nclass Box:\n    def __init__(self, x): self.x = x\n"
    "    def more(self): return tools.y\n",
    "lib/tools.py": "y = 2\n",
    "nb/lonely.py": "z = 5\n",
}


@pytest.fixture
def project(write_notebook):
    root = write_notebook("nb/n.ipynb", *CELLS).parent.parent
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    git = ["git", "-c", "user.name=me", "-c", "user.email=me@example.org", "-C", str(root)]
    for words in (["init", "-q"], ["add", "lib", "nb"], ["commit", "-qm", "first"]):
        subprocess.run([*git, *words], check=True)
    return root


def test_what_each_step_gets_and_why(project, kfp):
    called = kfp("check", "nb/n.ipynb", "--code", "--json")
    assert called.code == 0
    steps = {each["name"]: each for each in called.json["steps"]}
    assert steps["other"]["files"] == ["helpers/lonely.py"]
    (helper, tools) = steps["a"]["modules"]
    assert (helper["module"], helper["chain"], helper["cell"], helper["line"]) == (
        "helper",
        [],
        1,
        3,
    )
    assert (tools["module"], tools["chain"]) == ("tools", ["helper"])
    assert steps["use"]["files"] == steps["a"]["files"]  # it takes an object of a class there
    assert steps["use"]["modules"] == []
    assert called.json["git"]["commit"]
    assert called.json["git"]["dirty"] is False
    sizes = {each["path"]: each["bytes"] for each in called.json["files"]}
    assert sizes["helpers/@parent/lib/tools.py"] == 6
    text = kfp("check", "nb/n.ipynb", "--code").out
    assert "helpers/@parent/lib/tools.py  6 B  (cell 1: helper -> tools)" in text


def test_what_a_run_ran_and_what_changed_since(project, kfp, tmp_path):
    first = kfp("run", "nb/n.ipynb", "--json").json
    assert first["state"] == "SUCCEEDED"
    assert kfp("show", "last", "--changed", "--json").json == []
    tools = project / "lib" / "tools.py"
    tools.write_text("y = 3\n")
    (change,) = kfp("show", "last", "--changed", "--json").json
    assert (change["kind"], change["name"]) == ("changed", "helpers/@parent/lib/tools.py")
    assert "-y = 2\n+y = 3" in change["diff"]
    notebook = project / "nb" / "n.ipynb"
    was = notebook.read_text()
    notebook.write_text(was.replace("print(lonely.z)", "print(lonely.z, 2)"))
    (cell, _file) = kfp("show", "last", "--changed", "--json").json
    assert (cell["kind"], cell["what"], cell["name"]) == ("changed", "cell", "3")
    notebook.write_text(was)
    assert kfp("show", "last", "--code", "--json").json["git"]["diff"] == ""

    second = kfp("run", "nb/n.ipynb", "--json").json
    assert [each["name"] for each in second["steps"] if not each["cached"]] == ["a", "use"]
    code = kfp("show", "last", "--code", "--json").json
    assert code["git"]["dirty"] is True
    assert "+y = 3" in code["git"]["diff"]

    restored = kfp("show", first["run_id"], "--restore", "old", "--json")
    assert restored.code == 0
    written = {each.partition("old/")[2]: each for each in restored.json}
    assert written.keys() == {"nb/n.ipynb", "nb/lonely.py", "lib/helper.py", "lib/tools.py"}
    assert (tmp_path / written["lib/tools.py"]).read_text() == "y = 2\n"
    assert kfp("show", first["run_id"], "--restore", "old").code == 2


def test_an_edit_of_what_no_step_imports_changes_nothing(project, kfp):
    assert kfp("run", "nb/n.ipynb").code == 0
    (project / "nb" / "stranger.py").write_text("x = 1\n")
    second = kfp("run", "nb/n.ipynb", "--json").json
    assert all(each["cached"] for each in second["steps"])
