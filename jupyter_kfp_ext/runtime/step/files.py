"""Files, links and folders of a step's working folder: what it changed there, for later steps.

A link that the cells made is made again and not followed: what later steps write through it so
reaches what it leads to. Two names of one file stay that.
"""

from __future__ import annotations

import os
import shutil

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    from typing import Any

    State = tuple[str, int, int, int]
    """Where a link leads (empty for a file); size, time of change and inode of what is there."""
    Listing = tuple[dict[str, State], set[str]]
    """Files and links by their paths from the working folder, and the folders."""


def list_files(root: str, start: str) -> Listing:
    """Return what lies below `root`, with paths relative to `start`."""
    found = {}
    folders = set()
    pending = [root]
    while pending:
        folder = pending.pop()
        prefix = os.path.relpath(folder, start)
        with os.scandir(folder) as entries:
            for entry in entries:
                path = os.path.normpath(os.path.join(prefix, entry.name))
                if entry.is_dir(follow_symlinks=False):
                    pending.append(entry.path)
                    folders.add(path)
                elif entry.is_symlink():
                    found[path] = _state_of_link(entry, root)
                elif entry.is_file():
                    state = entry.stat()
                    found[path] = ("", state.st_size, state.st_mtime_ns, state.st_ino)
    return found, folders


def _state_of_link(entry: Any, root: str) -> State:
    leads = os.readlink(entry.path)
    if not entry.is_file() or _is_inside(os.path.join(os.path.dirname(entry.path), leads), root):
        return (leads, 0, 0, 0)
    state = entry.stat()  # a file beside the notebook, which cells may write
    return (leads, state.st_size, state.st_mtime_ns, state.st_ino)


def _is_inside(path: str, root: str) -> bool:
    return os.path.normpath(path).startswith(os.path.join(root, ""))


def changes(before: Listing, now: Listing, root: str, start: str) -> dict[str, Any]:
    """Return what differs, so that it can be made again in another folder of the same shape."""
    (old, old_folders), (files, folders) = before, now
    changed = []
    links = {}
    names: dict[tuple[int, int], str] = {}
    twins = {}
    for path in sorted(files):
        leads = files[path][0]
        if old.get(path) == files[path]:
            continue
        if leads and old.get(path, ("",))[0] != leads:
            inside = os.path.isabs(leads) and _is_inside(leads, root)
            links[path] = {
                "inside": inside,
                "to": os.path.relpath(leads, start) if inside else leads,
            }
            continue
        state = os.stat(os.path.join(start, path))
        if not leads and state.st_nlink > 1:
            first = names.setdefault((state.st_dev, state.st_ino), path)
            if first != path:
                twins[path] = first
                continue
        changed.append(path)
    return {
        "changed": changed,
        "links": links,
        "twins": twins,
        "deleted": sorted(old.keys() - files.keys()),
        # An object store keeps files alone: folders are made again from this.
        "folders": sorted(folders - old_folders),
        "removed": sorted(old_folders - folders, reverse=True),
    }


def save_files(state: dict[str, Any], folder: str, start: str) -> None:
    """Copy the files that appeared or changed into an artifact's folder, under `files/`."""
    for path in state["changed"]:
        target = _stored(folder, path)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        shutil.copy2(os.path.join(start, path), target)


def restore_files(source: str, start: str, own: bool = False) -> None:
    """Do again in this step's folder what an artifact says that earlier steps did.

    `own`: only what the iteration of a loop did that the artifact is of.
    """
    from .loading import Loader

    state = Loader().load(source, ["@files"]).get("@files", {})
    state = state["own"] if own and "own" in state else state
    for path in state.get("deleted", ()):
        place = os.path.join(start, path)
        if os.path.lexists(place):
            os.remove(place)
    for path in state.get("removed", ()):
        place = os.path.join(start, path)
        if os.path.isdir(place) and not os.listdir(place):
            os.rmdir(place)
    for path in state.get("folders", ()):
        os.makedirs(os.path.join(start, path), exist_ok=True)
    for path in state.get("changed", ()):
        place = os.path.join(start, path)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        shutil.copy2(_stored(source, path), place)
    for path, first in state.get("twins", {}).items():
        os.link(os.path.join(start, first), _free(os.path.join(start, path)))
    for path, link in state.get("links", {}).items():
        inside = os.path.normpath(os.path.join(start, link["to"]))
        os.symlink(inside if link["inside"] else link["to"], _free(os.path.join(start, path)))


def _free(place: str) -> str:
    """Make room at a place for another file."""
    os.makedirs(os.path.dirname(place), exist_ok=True)
    if os.path.lexists(place):
        os.remove(place)
    return place


def _stored(folder: str, path: str) -> str:
    """Return where an artifact's folder keeps a file; `..` must not lead out of it."""
    parts = ("parent folder" if part == os.pardir else part for part in path.split(os.sep))
    return os.path.join(folder, "files", *parts)
