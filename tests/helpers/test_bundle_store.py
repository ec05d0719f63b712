"""Bundles in a shared folder: several at once, killed in the middle, no room, clean-up."""

import contextlib
import hashlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from jupyter_kfp_ext.helpers import bundle_store
from jupyter_kfp_ext.helpers.bundle_store import BundleError, clean, is_present, put

CONTENT = b"code" * 50_000
HASH = hashlib.sha256(CONTENT).hexdigest()
OTHER = b"other code"
OTHER_HASH = hashlib.sha256(OTHER).hexdigest()
PROGRAM = bundle_store.__file__
DAY = 86400.0


def place(root, name=HASH):
    return Path(root) / name / "code.zip"


def ago(root, name, seconds):
    """Have a bundle last used some time ago."""
    path = Path(root) / ".used" / name
    then = path.stat().st_mtime - seconds
    os.utime(path, (then, then))


def request(root, tmp_path, **more):
    """Write a bundle as pieces, and return the request of the program that a pod runs."""
    pieces = tmp_path / "pieces"
    for number, start in enumerate(range(0, len(CONTENT), 1000)):
        folder = pieces / str(number)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "piece").write_bytes(CONTENT[start : start + 1000])
    told = {"do": "put", "root": str(root), "hash": HASH, "size": len(CONTENT)}
    return json.dumps({**told, "pieces": str(pieces), **more})


def start(text, answer, **more):
    return subprocess.Popen([sys.executable, PROGRAM, text, str(answer)], **more)


def test_a_bundle_is_written_once_and_never_again(tmp_path):
    root = tmp_path / "shared"
    assert put(str(root), HASH, None, len(CONTENT)) == "absent"
    assert put(str(root), HASH, [CONTENT[:7], CONTENT[7:]], len(CONTENT)) == "written"
    before = place(root).stat()
    assert put(str(root), HASH, None, len(CONTENT)) == "present"
    assert put(str(root), HASH, [CONTENT], len(CONTENT)) == "present"
    assert place(root).read_bytes() == CONTENT
    assert place(root).stat().st_ino == before.st_ino
    assert not place(root).stat().st_mode & 0o222
    assert list((root / ".aside").iterdir()) == []


def test_many_at_once_leave_one_whole_bundle(tmp_path):
    root = tmp_path / "shared"
    text = request(root, tmp_path)
    answers = [tmp_path / f"answer{number}" for number in range(6)]
    processes = [start(text, answer) for answer in answers]
    assert [process.wait(300) for process in processes] == [0] * 6
    said = sorted(json.loads(answer.read_text())["code"] for answer in answers)
    assert set(said) <= {"present", "written"}
    assert "written" in said
    assert place(root).read_bytes() == CONTENT
    assert list((root / ".aside").iterdir()) == []


def test_killed_in_the_middle_leaves_nothing_that_looks_whole(tmp_path):
    """A pipe as a piece holds the writer where we want it."""
    root = tmp_path / "shared"
    text = request(root, tmp_path)
    pipe = tmp_path / "pieces" / "100" / "piece"
    pipe.unlink()
    os.mkfifo(pipe)
    process = start(text, tmp_path / "answer")
    with pipe.open("wb"):  # the writer has come so far
        (left,) = (root / ".aside").iterdir()
        process.send_signal(signal.SIGKILL)
        process.wait(300)
    assert not place(root).exists()
    assert (left / "code.zip").exists()
    # The next one is not disturbed by it, and removes it once it is old.
    assert put(str(root), HASH, [CONTENT], len(CONTENT)) == "written"
    assert left.exists()
    for path in (left, left / "code.zip"):
        os.utime(path, (1, 1))
    assert put(str(root), HASH, None, len(CONTENT)) == "present"
    assert not left.exists()
    assert place(root).read_bytes() == CONTENT


@pytest.mark.parametrize("damage", ["cut", "empty folder", "other content"])
def test_a_damaged_bundle_is_replaced(tmp_path, damage):
    root = tmp_path / "shared"
    put(str(root), HASH, [CONTENT], len(CONTENT))
    path = place(root)
    path.chmod(0o644)
    if damage == "empty folder":  # as a pod leaves it that mounts what is not there
        path.unlink()
    else:
        path.write_bytes(CONTENT[:100] if damage == "cut" else OTHER)
    assert not is_present(str(root), HASH)
    assert put(str(root), HASH, None, len(CONTENT)) == "absent"
    assert put(str(root), HASH, [CONTENT], len(CONTENT)) == "written"
    assert path.read_bytes() == CONTENT


def test_what_arrives_damaged_is_not_taken(tmp_path):
    root = tmp_path / "shared"
    with pytest.raises(BundleError) as error:
        put(str(root), HASH, [CONTENT[:-1]], len(CONTENT))
    assert error.value.kind == "damaged"
    assert not place(root).exists()
    assert list((root / ".aside").iterdir()) == []


def test_no_room_is_found_before_it_is_written(tmp_path):
    with pytest.raises(BundleError) as error:
        put(str(tmp_path / "shared"), HASH, [CONTENT], 1 << 60)
    assert error.value.kind == "no-room"
    assert f"{1 << 60:,}" in str(error.value)


def test_a_volume_that_is_full_in_the_middle(tmp_path, small_disk):
    """A real file system of 4 MB; the room is used up after it was looked at."""
    root = small_disk / "shared"

    def pieces():
        yield CONTENT[:1000]
        with contextlib.suppress(OSError):
            (small_disk / "of someone else").write_bytes(b"x" * (64 << 20))
        for start in range(1000, len(CONTENT), 1000):
            yield CONTENT[start : start + 1000]

    with pytest.raises(BundleError) as error:
        put(str(root), HASH, pieces(), len(CONTENT))
    assert error.value.kind == "no-room"
    assert not place(root).exists()
    assert list((root / ".aside").iterdir()) == []
    (small_disk / "of someone else").unlink()
    assert put(str(root), HASH, [CONTENT], len(CONTENT)) == "written"


@pytest.fixture
def small_disk(tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("a small file system cannot be mounted here (needs root)")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_folder_that_may_not_be_written(tmp_path):
    root = tmp_path / "file"
    root.write_text("no folder")
    with pytest.raises(BundleError) as error:
        put(str(root / "below"), HASH, [CONTENT], len(CONTENT))
    assert error.value.kind == "failed"
    assert str(root) in str(error.value)


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user, which root alone can")
def test_another_user_adds_and_uses_but_cannot_change(tmp_path):
    root = tmp_path / "shared"
    put(str(root), HASH, [CONTENT], len(CONTENT))
    for folder in (tmp_path, *tmp_path.parents):
        if folder.owner() == "root" and folder != Path("/"):
            folder.chmod(folder.stat().st_mode | 0o011)
    ago(root, HASH, 40 * DAY)
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
        said = [clean(str(root), [], DAY), put(str(root), HASH, None, len(CONTENT))]
        os.write(writing, json.dumps(said).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as answer:
        assert json.loads(answer.read()) == [{}, "present"]
    assert os.waitpid(child, 0)[1] == 0
    assert place(root).read_bytes() == CONTENT
    assert clean(str(root), [], DAY) == {}  # it was used just now


def test_clean_removes_what_is_old_and_not_used(tmp_path):
    root = str(tmp_path / "shared")
    put(root, HASH, [CONTENT], len(CONTENT))
    put(root, OTHER_HASH, [OTHER], len(OTHER))
    assert clean(root, [], DAY) == {}
    ago(root, HASH, 2 * DAY)
    ago(root, OTHER_HASH, 2 * DAY)
    assert clean(root, [OTHER_HASH], DAY) == {HASH: len(CONTENT)}
    assert not place(root).parent.exists()
    assert place(root, OTHER_HASH).read_bytes() == OTHER
    assert clean(str(tmp_path / "nothing"), [], DAY) == {}


def test_a_run_that_starts_while_its_bundle_is_removed_keeps_it(tmp_path, monkeypatch):
    """The use is noted between the look at it and the removal, the worst moment."""
    root = str(tmp_path / "shared")
    put(root, HASH, [CONTENT], len(CONTENT))
    ago(root, HASH, 2 * DAY)
    rename = os.rename

    def meanwhile(source, target):
        rename(source, target)
        if source == str(Path(root) / HASH):
            monkeypatch.setattr(os, "rename", rename)
            (tmp_path / "shared" / HASH).mkdir()  # a pod mounts what is not there
            bundle_store._note_use(root, HASH)

    monkeypatch.setattr(os, "rename", meanwhile)
    assert clean(root, [], DAY) == {}
    assert is_present(root, HASH)
    assert list((tmp_path / "shared" / ".aside").iterdir()) == []


def test_the_answer_says_why_in_few_words(tmp_path):
    blocked = tmp_path / "blocked"
    blocked.write_text("")
    text = json.dumps({"do": "put", "root": str(blocked / "x"), "hash": HASH, "size": 1})
    assert start(text, tmp_path / "answer").wait(300) == 1
    answer = json.loads((tmp_path / "answer").read_text())
    assert answer["failed"] == "failed"
    assert str(blocked) in answer["message"]


def test_its_text_runs_on_python_3_9():
    import ast

    ast.parse(Path(PROGRAM).read_text(), feature_version=(3, 9))
