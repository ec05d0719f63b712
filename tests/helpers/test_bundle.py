"""The bundle's bytes: the same for the same content, whatever the order and the time."""

import io
import zipfile
from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from jupyter_kfp_ext.helpers.bundle import bundle_bytes

PATHS = st.from_regex(r"[a-z]{1,6}(/[a-zß]{1,6}){0,3}\.py", fullmatch=True)


@given(st.dictionaries(PATHS, st.binary(max_size=200), max_size=8), st.randoms())
def test_bytes_do_not_depend_on_order(files, random):
    shuffled = list(files.items())
    random.shuffle(shuffled)
    assert bundle_bytes(dict(shuffled)) == bundle_bytes(files)


@given(st.dictionaries(PATHS, st.binary(max_size=200), max_size=8))
def test_holds_what_was_put_in(files):
    with zipfile.ZipFile(io.BytesIO(bundle_bytes(files))) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == files


def test_bytes_are_those_of_every_machine():
    # Recorded once: a change here means that no bundle made before has the same name any more.
    content = bundle_bytes({"helpers/b.py": b"x = 1\n", "kfp_step.py": b"", "a/ü.py": b"\x00"})
    assert sha256(content).hexdigest() == (
        "47eaf00904dc90fc4d6c7f72013c1c03840f1a05f5302d2e2527826c79d3b840"
    )


def test_different_content_differs():
    assert bundle_bytes({"a.py": b"1"}) != bundle_bytes({"a.py": b"2"})
    assert bundle_bytes({"a.py": b"1"}) != bundle_bytes({"b.py": b"1"})


def test_entries_are_stored_with_fixed_times_and_modes():
    with zipfile.ZipFile(io.BytesIO(bundle_bytes({"b": b"1", "a": b"2"}))) as archive:
        entries = archive.infolist()
    assert [each.filename for each in entries] == ["a", "b"]
    assert {each.compress_type for each in entries} == {zipfile.ZIP_STORED}
    assert {each.date_time for each in entries} == {(1980, 1, 1, 0, 0, 0)}
    assert {each.external_attr >> 16 for each in entries} == {0o100644}
    assert {each.create_system for each in entries} == {3}
