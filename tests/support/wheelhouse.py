"""A folder of small packages that installers find without a network."""

import io
import tarfile
import zipfile

import pytest

_BACKEND = """
import os
def build_wheel(*_args, **_more):
    os.open({fifo!r}, os.O_WRONLY)
    while True:
        os.read(os.open({never!r}, os.O_RDWR), 1)
prepare_metadata_for_build_wheel = build_wheel
"""


@pytest.fixture(name="wheelhouse")
def wheelhouse_of_a_test(tmp_path, monkeypatch):
    """Installers of this test see these packages and no index."""
    folder = tmp_path / "wheelhouse"
    folder.mkdir()
    for tool in ("PIP", "UV"):
        monkeypatch.setenv(f"{tool}_FIND_LINKS", str(folder))
        monkeypatch.setenv(f"{tool}_NO_INDEX", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv-cache"))
    return folder


def add_wheel(folder, name, version, *needs):
    """Add a package of one module, whose `version` is its version."""
    info = f"{name}-{version}.dist-info"
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    lines += [f"Requires-Dist: {each}" for each in needs]
    files = {
        f"{name}.py": f"version = {version!r}\n",
        f"{info}/METADATA": "\n".join(lines) + "\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{path},,\n" for path in (*files, f"{info}/RECORD"))
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
        for path, text in {**files, f"{info}/RECORD": record}.items():
            wheel.writestr(path, text)


def add_endless(folder, name, fifo, never):
    """Add a package whose building opens a FIFO for writing and then never ends."""
    base = f"{name}-1.0"
    project = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    files = {
        "pyproject.toml": project,
        "backend.py": _BACKEND.format(fifo=str(fifo), never=str(never)),
        "PKG-INFO": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
    }
    with tarfile.open(folder / f"{base}.tar.gz", "w:gz") as archive:
        for path, text in files.items():
            entry = tarfile.TarInfo(f"{base}/{path}")
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))
