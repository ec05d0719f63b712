"""`ls` in a step shows what lies beside the notebook as it is there, not as links to it."""

import re
from pathlib import Path

from tests.support.tricky_notebooks import Tricky


def test_files_beside_the_notebook_are_listed_as_files(kfp_home, tmp_path, monkeypatch):
    tricky = Tricky(tmp_path, monkeypatch)
    path = Path(tricky.write(["ls", "ll"]))
    (path.parent / "data.csv").write_text("a")
    (path.parent / "more").mkdir()
    report, shown = tricky.run(path)
    assert report.state == "SUCCEEDED", report
    text = re.sub(r"\x1b\[[0-9;]*m", "", "".join(shown))
    assert "data.csv" in text
    assert "more/" in text
    assert "@" not in text
    assert "->" not in text
