"""The bundle: a zip whose bytes depend on nothing but the paths and contents in it."""

import io
import zipfile
from collections.abc import Mapping

# The earliest time that a zip entry can hold.
_TIME = (1980, 1, 1, 0, 0, 0)
_UNIX = 3
_REGULAR_FILE_RW_R_R = 0o100644


def bundle_bytes(files: Mapping[str, bytes]) -> bytes:
    """Return a zip of files by path (`/` between parts), the same bytes on any machine.

    Entries are sorted, have fixed times and modes, and are stored, not deflated: zlib and zlib-ng
    give different bytes for the same content.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(files):
            entry = zipfile.ZipInfo(path, date_time=_TIME)
            entry.create_system = _UNIX
            entry.external_attr = _REGULAR_FILE_RW_R_R << 16
            archive.writestr(entry, files[path])
    return buffer.getvalue()


def bundle_files(bundle: bytes) -> dict[str, bytes]:
    """Return the files of a bundle by their paths. Raises `zipfile.BadZipFile` where it is none."""
    with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
