"""Makes open files and database connections again where they lead to something that lasts.

A file that is read by its path is opened again at its position; a connection to a database file, or
an SQLAlchemy engine, is connected again. All else that a process alone can have is refused.
"""

from __future__ import annotations

import io
import os
import sys

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    from typing import Any


_WAYS = {
    "TextIOWrapper": "r",
    "BufferedReader": "rb",
    "BufferedWriter": "wb",
    "BufferedRandom": "r+b",
    "FileIO": "rb",
}
"""Classes of files, and how `open` gives one."""


def reduce_resource(value: Any) -> Any:
    """Return how a file, connection or engine is made again; raises `TypeError` with the reason."""
    kind = type(value)
    if kind.__module__ == "_io" and kind.__name__ in _WAYS:
        return _reduce_file(value)
    if kind.__module__ == "sqlite3" and kind.__name__ == "Connection":
        return _reduce_sqlite(value)
    if kind.__module__.startswith("sqlalchemy") and kind.__name__ == "Engine":
        return _reduce_engine(value)
    if any(each.__module__ == "ipywidgets.widgets.widget" for each in kind.__mro__):
        raise TypeError("a widget, which lives in one process only (hand on its value)")
    return NotImplemented


def _reduce_file(value: Any) -> Any:
    name = value.name
    options: dict[str, Any] = {"buffering": 0} if type(value) is io.FileIO else {}
    if value.closed:
        if isinstance(value, io.TextIOWrapper):
            options = {"encoding": value.encoding}
        return closed_file, (type(value).__name__, name, options, value.mode)
    if value.writable():
        raise TypeError("a file that is open for writing lives in one process only")
    if not isinstance(name, str) or not os.path.isfile(name):
        raise TypeError("a file that is not read from a path lives in one process only")
    place = travelling(name)
    if type(value) is not io.TextIOWrapper:
        return open_again, (place, "rb", options, value.tell(), None)
    options = {"encoding": value.encoding, "errors": value.errors}
    try:
        position, done = value.tell(), None
    except OSError:  # a `for` loop reads it: Python tells no position, so count what is left
        rest = len(value.read())
        value.seek(0)
        done = len(value.read()) - rest
        position = None
    if "\r" in _text_of(value):
        options["newline"] = ""  # ends of lines were not translated
    _go_to(value, position, done)
    return open_again, (place, "r", options, position, done)


def closed_file(kind: str, name: Any, options: Any, mode: str) -> Any:
    """Return a closed file of a name, as `with open(...) as f` leaves one."""
    file: Any = open(os.devnull, _WAYS[kind], **options)  # noqa: SIM115 - closed below
    raw = getattr(getattr(file, "buffer", file), "raw", file)
    file.close()
    raw.name = name
    if kind == "TextIOWrapper":
        file.mode = mode
    return file


def _text_of(file: Any) -> str:
    """Return all text of a file that has carriage returns, as the file reads it; else nothing."""
    with open(file.name, "rb") as raw:
        if not any(b"\r" in block for block in iter(lambda: raw.read(1 << 20), b"")):
            return ""
    file.seek(0)
    text: str = file.read()
    return text


def _go_to(file: Any, position: Any, characters: Any) -> None:
    if position is not None:
        file.seek(position)
    else:
        file.seek(0)
        file.read(characters)


def travelling(path: str) -> str:
    """Return a path that leads to the same file in the folder of another step."""
    inside = os.path.join(os.getcwd(), "")
    return os.path.relpath(path) if os.path.isabs(path) and path.startswith(inside) else path


def open_again(path: str, mode: str, options: Any, position: Any, characters: Any) -> Any:
    """Open a file at a position, or behind as many characters."""
    file = open(path, mode, **options)  # noqa: SIM115 - the notebook closes it
    _go_to(file, position, characters)
    return file


def _reduce_sqlite(value: Any) -> Any:
    try:
        value.cursor()
    except sys.modules["sqlite3"].ProgrammingError:
        return closed_connection, ()
    if value.in_transaction:
        raise TypeError("a database connection with changes that are not committed (commit them)")
    databases = _ask(value, "PRAGMA database_list")
    place = databases[0][2]
    if not place:
        raise TypeError("a database in memory lives in one process only (use a file)")
    fresh = sys.modules["sqlite3"].connect(place)
    try:
        for question in ("database_list", "function_list", "collation_list"):
            if set(_ask(value, f"PRAGMA {question}")) != set(_ask(fresh, f"PRAGMA {question}")):
                raise TypeError(
                    "a database connection with functions, collations, attached or temporary"
                    " databases of its own"
                )
    finally:
        fresh.close()
    options = {"isolation_level": value.isolation_level, "detect_types": _detected_types(value)}
    if hasattr(value, "autocommit"):
        options["autocommit"] = value.autocommit
    state = {"row_factory": value.row_factory, "text_factory": value.text_factory}
    keys = _ask(value, "PRAGMA foreign_keys")[0][0]
    return connect_again, (travelling(place), options, state, keys)


def _ask(connection: Any, question: str) -> list[Any]:
    cursor = connection.cursor()
    cursor.row_factory = None
    answer: list[Any] = cursor.execute(question).fetchall()
    return answer


def _detected_types(connection: Any) -> int:
    """Return the argument `detect_types` of a connection, which does not tell it."""
    sqlite3: Any = sys.modules["sqlite3"]
    cursor = connection.cursor()
    cursor.row_factory = None
    names = cursor.execute('SELECT 1 AS "a [b]"').description[0][0]
    found = 0 if names == "a [b]" else sqlite3.PARSE_COLNAMES
    # The catalogue's columns are declared TEXT: is a converter of that type asked?
    converters = sqlite3.dbapi2.converters
    earlier = converters.get("TEXT")
    asked: list[bytes] = []
    converters["TEXT"] = lambda data: asked.append(data)
    try:
        cursor.execute("SELECT name FROM sqlite_master LIMIT 1").fetchall()
    finally:
        del converters["TEXT"]
        if earlier is not None:
            converters["TEXT"] = earlier
    return int(found | (sqlite3.PARSE_DECLTYPES if asked else 0))


def closed_connection() -> Any:
    """Return a connection that is closed, as `con.close()` leaves one."""
    import sqlite3

    connection = sqlite3.connect(":memory:")
    connection.close()
    return connection


def connect_again(path: str, options: Any, state: Any, keys: int) -> Any:
    """Connect to a database file; raises `FileNotFoundError` instead of making an empty one."""
    import sqlite3

    if not os.path.exists(path):
        raise FileNotFoundError(f"the database {path} is not in this step's folder")
    connection = sqlite3.connect(path, **options)
    connection.row_factory = state["row_factory"]
    connection.text_factory = state["text_factory"]
    connection.execute(f"PRAGMA foreign_keys = {int(keys)}")
    return connection


def _reduce_engine(value: Any) -> Any:
    url = value.url
    if url.get_backend_name() == "sqlite" and (url.database or ":memory:") == ":memory:":
        raise TypeError("a database in memory lives in one process only (use a file)")
    fresh = sys.modules["sqlalchemy"].create_engine(url)
    if _manner(fresh) != _manner(value):
        raise TypeError("an engine with more arguments than its URL and `echo`")
    text = url.render_as_string(hide_password=False)
    options = {"echo": value.echo, "execution_options": dict(value.get_execution_options())}
    return engine_again, (text, options)


def _manner(engine: Any) -> Any:
    """Return what tells how an engine connects, but for its URL."""
    creator = engine.pool._creator
    names = getattr(getattr(creator, "__code__", None), "co_freevars", ())
    held = {
        name: cell.cell_contents for name, cell in zip(names, getattr(creator, "__closure__", ()))
    }
    how = (held.get("cargs"), held.get("cparams"), getattr(creator, "__qualname__", creator))
    return (type(engine), type(engine.pool), engine.pool.status().split(" Connections")[0], *how)


def engine_again(url: str, options: Any) -> Any:
    """Make an SQLAlchemy engine."""
    import sqlalchemy  # type: ignore[import-not-found,unused-ignore]

    return sqlalchemy.create_engine(url, **options)
