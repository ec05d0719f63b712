"""The working folder of a step: relative paths lead where they lead in the kernel.

A step starts in a folder of its own, so that what it writes is known and crosses to later steps
like any value. What lies beside the notebook is linked there, and above it the same for each
folder up to the project's, so `../data/x.csv` is found too:

    work/project/notebooks/     where the step starts; links to what lies beside the notebook
    work/project/               links to what else lies in the project's folder

A folder is a link too, but for a step that walks through folders: `os.walk` and `Path.rglob` enter
no links, so there the folders beside the notebook are made again, with links to their files.
"""

import contextlib
import os
from pathlib import Path

LARGEST_PARENT = 5_000
"""Entries of a folder above the notebook's; one with more (a download folder, say) is not linked,
so that a step's start stays quick."""
LARGEST_FOLDER = 10_000
"""Entries at all depths of a folder beside the notebook; one with more stays a link."""


def start_folder(work: Path, source: str | None) -> Path:
    """Return the folder below `work` in which a step starts; `source` is the notebook's folder."""
    if source is None:
        return work
    top = _top(Path(source))
    return work.joinpath(top.name, Path(source).relative_to(top))


def fill_work_folder(work: Path, source: str | None, walks: bool = False) -> None:
    """Make the working folder, with links to what relative paths of the notebook lead to.

    `walks`: the step walks through the folders beside the notebook.
    """
    start = start_folder(work, source)
    start.mkdir(parents=True)
    if source is None:
        return
    real = Path(source)
    top = _top(real)
    if walks:
        _mirror_folders(real, start, work)
    _link_entries(real, start)
    while real != top:
        # The folder on the way down exists already, so its link is the one that is not made.
        real, start = real.parent, start.parent
        _link_entries(real, start, LARGEST_PARENT)


def _top(source: Path) -> Path:
    """Return the highest folder that is mirrored: the repository's, at least the parent."""
    for folder in (source, *source.parents):
        if (folder / ".git").exists():
            return folder if folder != source else _parent(source)
    return _parent(source)


def _parent(source: Path) -> Path:
    """Return the parent, but never the root of the file system: it has no name to mirror."""
    return source.parent if source.parent.name else source


def _link_entries(source: Path, target: Path, limit: int | None = None) -> None:
    names = [entry.name for entry in _entries(source)]
    if limit is not None and len(names) > limit:
        return
    for name in names:
        with contextlib.suppress(OSError):
            (target / name).symlink_to(source / name)


def _mirror_folders(source: Path, target: Path, work: Path) -> None:
    """Make the folders of a folder again, with links to their files; not those that hold `work`."""
    for entry in _folders(source):
        if work.is_relative_to(entry.path):
            continue
        found = [(entry.path, entry.name)]
        files: list[tuple[str, str]] = []
        for path, place in found:
            for each in _entries(path):
                folder = each.is_dir(follow_symlinks=False)
                (found if folder else files).append((each.path, f"{place}{os.sep}{each.name}"))
            if len(found) + len(files) > LARGEST_FOLDER:
                break
        else:
            for _, place in found:
                (target / place).mkdir()
            for path, place in files:
                (target / place).symlink_to(path)


def _folders(source: Path) -> list["os.DirEntry[str]"]:
    return [each for each in _entries(source) if each.is_dir(follow_symlinks=False)]


def _entries(folder: str | Path) -> list["os.DirEntry[str]"]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        return []


def source_of(path: str, work: Path, source: str | None) -> str:
    """Return what a path in a step's working folder stands for; other paths as they are."""
    if source is None:
        return path
    top = _top(Path(source))
    mirrored = f"{work.joinpath(top.name)}{os.sep}"
    return str(top / path[len(mirrored) :]) if f"{path}{os.sep}".startswith(mirrored) else path
