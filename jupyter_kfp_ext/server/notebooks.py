"""From contents paths to notebooks and back, never outside the server's root folder."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from jupyter_core.utils import ensure_async
from jupyter_server.utils import ApiPath, to_os_path
from tornado.web import HTTPError

from ..errors import Code, KfpExtError, Problem
from .handler import KfpHandler, in_thread, typed, usage

if TYPE_CHECKING:
    from ..notation.notebook import Notebook


async def load_notebook(handler: KfpHandler, body: dict[str, Any]) -> Notebook:
    """Return the notebook that a request names: its `notebook` if it has one, else the saved one.

    Raises `KfpExtError`: `usage` for a path outside the root, `notebook-missing`,
    `notebook-unreadable`.
    """
    from ..notation.reader import parse_notebook

    path = typed(body, "path", str, "").strip("/")
    if not path:
        raise usage("'path' is missing: the notebook's path below the server's root folder.")
    root = root_folder(handler)
    contents: Any = handler.contents_manager
    place = await in_thread(os_path, path, root)
    if await ensure_async(contents.is_hidden(path)) and not contents.allow_hidden:
        raise _missing(path)
    raw = body.get("notebook")
    if raw is None:
        raw = await _saved(contents, path, place)
    elif not isinstance(raw, dict):
        raise usage("'notebook' must be the notebook's JSON object.")
    name = path.rpartition("/")[2]
    return await in_thread(parse_notebook, raw, name, str(place) if place else None)


async def _saved(contents: Any, path: str, place: Path | None) -> Any:
    """Return what is saved: the file's own text where there is a file, so that errors name lines.

    A contents manager that keeps notebooks elsewhere gives its model.
    """
    if place is not None:
        if not await in_thread(place.is_file):
            raise _missing(path)
        return await in_thread(place.read_bytes)
    try:
        model = await ensure_async(contents.get(path, content=True))
    except HTTPError as error:
        if error.status_code == 404:
            raise _missing(path) from error
        raise
    if model["type"] != "notebook":
        raise usage(f"{path} is not a notebook.")
    return model["content"]


async def new_folder(handler: KfpHandler) -> Path:
    """Return the folder that a request names by its `path`, which it may be about to make.

    Raises `KfpExtError` (`usage`) for the root itself, for what lies outside, for hidden folders,
    and where contents are not files.
    """
    path = typed(handler.json_body(), "path", str, "").strip("/")
    place = await in_thread(os_path, path, root_folder(handler))
    if not path or place is None:
        raise usage("'path' is missing: a new folder below the server's root folder.")
    contents: Any = handler.contents_manager
    if await ensure_async(contents.is_hidden(path)) and not contents.allow_hidden:
        raise usage(f"The folder {path} is hidden.", "Name another one.")
    return place


def root_folder(handler: KfpHandler) -> Path | None:
    """Return the folder that contents paths start from; None where contents are not files."""
    root = getattr(handler.contents_manager, "root_dir", None)
    return Path(root).absolute() if root else None


def os_path(path: str, root: Path | None) -> Path | None:
    """Return the file of a contents path; raises `KfpExtError` (`usage`) outside the root.

    Links are followed before comparing: a link inside the root may lead out of it.
    """
    if root is None:
        return None
    if "\0" in path or os.path.splitdrive(path)[0]:
        raise usage("The path is not a path below the server's root folder.")
    place = Path(to_os_path(cast(ApiPath, path), str(root)))
    if not place.resolve().is_relative_to(root.resolve()):
        raise usage("The path leads out of the server's root folder.")
    return place


def contents_path(notebook: str | None, root: Path | None) -> str | None:
    """Return the contents path of a run's notebook; None where it lies outside the root."""
    if notebook is None or root is None:
        return None
    path = Path(notebook)
    # Links are followed only where that can matter: lists ask this of each of their runs.
    if path.is_relative_to(root):
        return path.relative_to(root).as_posix()
    base = root.resolve()
    return path.relative_to(base).as_posix() if path.is_relative_to(base) else None


def _missing(path: str) -> KfpExtError:
    return KfpExtError(
        Problem(
            Code.NOTEBOOK_MISSING,
            f"There is no notebook {path}.",
            "Check the path; it is relative to the server's root folder.",
        )
    )
