"""What an export does to a folder: all of it or nothing."""

import os
from pathlib import Path

import pytest

from jupyter_kfp_ext.compiler.export.folder import RECORD, write_export
from jupyter_kfp_ext.errors import Code, KfpExtError

FILES = {"pipeline.py": b"1", "bundle/steps/a.py": b"2", "bundle/helpers/deep/b.py": b"3"}


def contents(folder):
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def refusal(folder, files=FILES, notebook="n.ipynb", pipeline="n"):
    with pytest.raises(KfpExtError) as error:
        write_export(files, folder, notebook, pipeline)
    return error.value.code


def test_what_is_gone_leaves_no_empty_folders_and_other_files_stay(tmp_path):
    write_export(FILES, tmp_path / "new" / "out", "n.ipynb", "n")
    out = tmp_path / "new" / "out"
    assert contents(out).keys() == {*FILES, RECORD}
    (out / "bundle" / "steps" / "mine.txt").write_text("x")
    (out / "pipeline.yaml").write_text("compiled")
    write_export({"pipeline.py": b"4"}, out, "n.ipynb", "n")
    assert contents(out).keys() == {"pipeline.py", "bundle/steps/mine.txt", RECORD}
    assert not (out / "bundle" / "helpers").exists()


@pytest.mark.parametrize(("notebook", "pipeline"), [("m.ipynb", "n"), ("n.ipynb", "m")])
def test_an_export_of_another_notebook_or_pipeline_stays(notebook, pipeline, tmp_path):
    write_export(FILES, tmp_path, "n.ipynb", "n")
    before = contents(tmp_path)
    assert refusal(tmp_path, notebook=notebook, pipeline=pipeline) is Code.USAGE
    assert contents(tmp_path) == before


def test_a_file_of_somebody_else_is_not_written_over(tmp_path):
    write_export(FILES, tmp_path, "n.ipynb", "n")
    (tmp_path / "bundle" / "steps" / "b.py").write_text("mine")
    before = contents(tmp_path)
    assert refusal(tmp_path, {**FILES, "bundle/steps/b.py": b"new"}) is Code.USAGE
    assert contents(tmp_path) == before


def test_a_link_to_a_folder_is_followed(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    write_export(FILES, tmp_path / "link", "n.ipynb", "n")
    assert contents(tmp_path / "real").keys() == {*FILES, RECORD}
    assert (tmp_path / "link").is_symlink()


def test_what_fails_midway_leaves_the_earlier_export_or_nothing(tmp_path, monkeypatch):
    write_export(FILES, tmp_path / "old", "n.ipynb", "n")
    before = contents(tmp_path)
    real = Path.write_bytes

    def full(path, data):
        if path.name == "b.py":
            raise OSError(28, os.strerror(28))
        return real(path, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    for folder in ("old", "new"):
        assert refusal(tmp_path / folder) is Code.STORAGE_FAILED
    assert contents(tmp_path) == before
    assert {path.name for path in tmp_path.iterdir()} == {"old"}
