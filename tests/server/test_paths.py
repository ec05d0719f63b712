import re

import pytest

from jupyter_kfp_ext.errors import Code, KfpExtError
from jupyter_kfp_ext.server.notebooks import contents_path, os_path
from jupyter_kfp_ext.server.routes import routes
from tests.support.notebooks import code_cell, notebook_json

OUTSIDE = [
    "../secret.ipynb",
    "a/../../secret.ipynb",
    "a/b/../../../secret.ipynb",
    "a\0.ipynb",
    "link/secret.ipynb",
    "linked.ipynb",
    "..",
]


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "root"
    (root / "a").mkdir(parents=True)
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.ipynb").write_text("{}")
    (root / "link").symlink_to(outside)
    (root / "linked.ipynb").symlink_to(outside / "secret.ipynb")
    return root


@pytest.mark.parametrize("path", OUTSIDE)
def test_paths_that_lead_out_of_the_root_are_refused(root, path):
    with pytest.raises(KfpExtError) as caught:
        os_path(path, root)
    assert caught.value.code is Code.USAGE


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("n.ipynb", "n.ipynb"),
        ("a/n.ipynb", "a/n.ipynb"),
        ("a//n.ipynb", "a/n.ipynb"),
        ("a/../n.ipynb", "n.ipynb"),
        ("/etc/passwd", "etc/passwd"),
        ("ü b.ipynb", "ü b.ipynb"),
    ],
)
def test_paths_inside(root, path, place):
    assert os_path(path, root) == root / place


@pytest.mark.parametrize("path", ["../root2/n.ipynb", "../root-more/n.ipynb"])
def test_a_neighbour_with_the_same_beginning_is_outside(root, path):
    (root.parent / "root2").mkdir()
    with pytest.raises(KfpExtError):
        os_path(path, root)


def test_contents_that_are_not_files_have_no_path():
    assert os_path("a.ipynb", None) is None
    assert contents_path("/a.ipynb", None) is None


def test_contents_paths_of_runs(root, tmp_path):
    assert contents_path(str(root / "a" / "n.ipynb"), root) == "a/n.ipynb"
    assert contents_path(str(tmp_path / "n.ipynb"), root) is None
    assert contents_path(str(tmp_path / "root2" / "n.ipynb"), root) is None
    assert contents_path(None, root) is None
    link = tmp_path / "other-name"
    link.symlink_to(root)
    assert contents_path(str(root.resolve() / "n.ipynb"), link) == "n.ipynb"


@pytest.mark.parametrize("path", [*OUTSIDE, "", "/", 3])
@pytest.mark.parametrize("call", ["pipeline", "runs"])
async def test_the_api_refuses_them(call, path, api, jp_root_dir, kfp_home):
    outside = jp_root_dir.parent / "outside"
    outside.mkdir()
    (outside / "secret.ipynb").write_text("{}")
    (jp_root_dir / "link").symlink_to(outside)
    (jp_root_dir / "linked.ipynb").symlink_to(outside / "secret.ipynb")
    notebook = notebook_json(code_cell("x = 1", step="s"))
    for body in ({"path": path}, {"path": path, "notebook": notebook}):
        answer = await api("POST", call, body=body)
        assert answer.status == 400
        assert answer.json["problems"][0]["code"] == "usage"
    assert not (kfp_home / "runs").exists()


@pytest.mark.parametrize("task", ["train", "train[1.2]", "train%5B3%5D", "for-loop-1.train[2]"])
def test_every_name_of_a_step_leads_to_its_log(task):
    path = f"/jupyter-kfp-ext/runs/20260101-000000-aaaaaa/steps/{task}/log"
    [found] = [match for route, _ in routes() if (match := re.fullmatch(route, path))]
    assert found["task"] == task
