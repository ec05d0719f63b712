"""Arguments that are too long for a process reach the executor of the kfp SDK all the same."""

import subprocess
import sys

import pytest

from jupyter_kfp_ext.engines.local.long_arguments import LIMIT, shortened

READS = "import sys; print([len(each) for each in sys.argv[1:]], sys.argv[1][:4])"


def test_short_ones_stay_as_they_are(tmp_path):
    words = ["python3", "-c", "x", "y" * LIMIT]
    assert shortened(words, tmp_path / "a") == (words, {})
    assert not (tmp_path / "a").exists()


def test_a_long_one_arrives_whole_and_the_next_sitecustomize_runs(tmp_path, monkeypatch):
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "sitecustomize.py").write_text("print('mine')")
    monkeypatch.setenv("PYTHONPATH", str(mine))
    text = "größe" * 40_000
    words = [sys.executable, "-c", READS, text, "kfp.dsl.executor_main"]
    command, more = shortened(words, tmp_path / "a")
    assert all(len(each.encode()) <= LIMIT for each in command)
    done = subprocess.run(command, env=more, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["mine", "[200000, 21] größ"]


def test_the_limit_counts_bytes(tmp_path):
    with pytest.raises(OSError, match="longer than 131071 bytes"):
        shortened(["tool", "ö" * LIMIT], tmp_path / "a")
