"""What a pod prints of a file on a claim, and what is made of it here."""

import json
import random

import pytest

from jupyter_kfp_ext.engines.kfp import volume_pod
from jupyter_kfp_ext.engines.kfp.volume_pod import parts_of
from jupyter_kfp_ext.engines.kfp.volume_reader import main, read_part

DATA = random.Random(1).randbytes(50_000)


@pytest.mark.parametrize("data", [b"", b"x", DATA, b"\n" * 30_000], ids=["empty", "x", "any", "nl"])
def test_parts_are_the_file(tmp_path, monkeypatch, capsys, data):
    monkeypatch.setattr(volume_pod, "PART", 20_000)
    (tmp_path / "file").write_bytes(data)
    found = b""
    for part in parts_of("file", len(data)):
        asked = {"do": "print", "root": str(tmp_path), **vars(part)}
        assert main(json.dumps(asked), str(tmp_path / "answer")) == 0
        found += read_part(capsys.readouterr().out.encode())
    assert found == data


def test_a_log_that_lacks_a_line_is_not_taken(tmp_path, capsys):
    (tmp_path / "file").write_bytes(DATA)
    asked = {"do": "print", "root": str(tmp_path), "file": "file", "start": 0, "length": len(DATA)}
    main(json.dumps(asked), str(tmp_path / "answer"))
    lines = capsys.readouterr().out.encode().splitlines(keepends=True)
    assert read_part(b"".join(lines)) == DATA
    assert len(lines) > 3
    for missing in range(len(lines)):
        assert read_part(b"".join(lines[:missing] + lines[missing + 1 :])) is None
    assert read_part(b"") is None


def test_folders_that_are_there_are_listed_and_their_use_is_noted(tmp_path):
    (tmp_path / "root" / ".used").mkdir(parents=True)
    (tmp_path / "root" / "a").mkdir()
    (tmp_path / "root" / "a" / "pickle").write_bytes(b"123")
    asked = {"do": "list", "root": str(tmp_path / "root"), "names": ["a", "gone"]}
    assert main(json.dumps(asked), str(tmp_path / "answer")) == 0
    assert json.loads((tmp_path / "answer").read_text()) == {"files": {"a": {"pickle": 3}}}
    assert [each.name for each in (tmp_path / "root" / ".used").iterdir()] == ["a"]
