"""IPython syntax to plain Python with the same lines, without importing IPython.

A cell is only read here; the step's own IPython (or the step runtime) translates it when it runs.
The result has, for each magic, the call that IPython itself makes of it
(https://ipython.readthedocs.io/en/stable/config/inputtransforms.html), so the analysis sees names
that a magic binds or uses, and every line number stays what it was.
"""

import ast
import re
import warnings

PYTHON_CELL_MAGICS = frozenset(
    {"time", "timeit", "capture", "prun", "component", "kfp", "memit", "mprun", "lprun", "python"}
)
"""Cell magics whose body is Python of this kernel (`%%python` is not: see `_cell_magic`)."""

STATEMENT_MAGICS = frozenset({"time", "timeit", "prun", "memit", "mprun", "lprun"})
"""Line magics whose text ends in a statement of this kernel."""

_LINE_MAGIC = re.compile(r"^%(?!%)([^\W\d]\w*)\s*(.*)$", re.DOTALL)
_ASSIGNED = re.compile(
    r"^([^\W\d][\w.,\s\[\]\"']*?)\s*=\s*(?:%([^\W\d]\w*)\s*(.*)|!(.*))$", re.DOTALL
)
_HELP = re.compile(r"^\?{1,2}\s*\S.*$|^%{0,2}[\w.*\[\]\"']+\?{1,2}\s*(#.*)?$")
_OPTIONS = re.compile(r"^(?:-[a-zA-Z]\w*(?:\s*\d+(?=\s))?\s+|--\S+\s+)*")
_CAPTURE_OPTIONS = re.compile(r"--no-\w+\s*")


def to_python(source: str) -> str:
    """Return plain Python with the same number of lines; Python itself comes back unchanged."""
    if _parses(source):
        return source
    lines = source.split("\n")
    first = next((i for i, line in enumerate(lines) if line.strip()), None)
    if first is not None and lines[first].startswith("%%"):
        return "\n".join([*[""] * first, *_cell_magic(lines[first:])])
    return "\n".join(_translated(lines))


def _parses(source: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ast.parse(source)
        except (SyntaxError, ValueError):
            return False
    return True


def _cell_magic(lines: list[str]) -> list[str]:
    name, _, rest = lines[0][2:].strip().partition(" ")
    body = lines[1:]
    if name not in PYTHON_CELL_MAGICS or name == "python":
        call = f"get_ipython().run_cell_magic({name!r}, {rest!r}, {chr(10).join(body)!r})"
        return [call, *[""] * len(body)]
    python = to_python("\n".join(body)).split("\n") if body else []
    if name == "capture":
        target = _CAPTURE_OPTIONS.sub("", rest).strip()
        head = f"{target} = get_ipython().capture()" if target.isidentifier() else ""
    elif name in {"time", "timeit"}:
        head = _inline_statement(name, rest) if _statement_text(rest) else ""
    else:
        head = ""
    return [head, *python]


def _statement_text(text: str) -> str:
    """Return what a `%time`-like magic runs, without the magic's options."""
    return _OPTIONS.sub("", text + " ").strip()


def _inline_statement(name: str, text: str) -> str:
    """Return the statement of a `%time`-like magic; timed loops do not bind names for sure."""
    statement = _statement_text(text)
    if name == "time":
        return statement or "pass"
    return f"if get_ipython(): {statement or 'pass'}"


def _translated(lines: list[str]) -> list[str]:
    """Translate magic lines where a logical line starts; strings and brackets are left alone."""
    result: list[str] = []
    scanner = _Scanner()
    index = 0
    while index < len(lines):
        line = lines[index]
        if scanner.at_start:
            last = index
            text = line
            while text.endswith("\\") and last + 1 < len(lines) and _is_magic(text):
                last += 1
                text = text[:-1] + lines[last]
            python = _magic_line(text)
            if python is not None:
                result += [python, *[""] * (last - index)]
                index = last + 1
                continue
        scanner.feed(line)
        result.append(line)
        index += 1
    return result


def _is_magic(text: str) -> bool:
    stripped = text.lstrip()
    return stripped.startswith(("%", "!")) or _ASSIGNED.match(stripped) is not None


def _magic_line(text: str) -> str | None:
    """Return the Python for one logical line, or None where it is no IPython syntax."""
    stripped = text.strip()
    indent = text[: len(text) - len(text.lstrip())]
    if not stripped:
        return None
    if _HELP.match(stripped) and not _parses(stripped):
        return f"{indent}pass"
    if stripped.startswith("!"):
        return f"{indent}get_ipython().system({stripped.lstrip('!')!r})"
    magic = _LINE_MAGIC.match(stripped)
    if magic:
        name, rest = magic.groups()
        if name in STATEMENT_MAGICS:
            return indent + _inline_statement(name, rest)
        return f"{indent}get_ipython().run_line_magic({name!r}, {rest!r})"
    assigned = _ASSIGNED.match(stripped)
    if assigned:
        targets, name, rest, command = assigned.groups()
        if name in STATEMENT_MAGICS:
            return f"{indent}{targets} = {_statement_text(rest)}"
        if name:
            return f"{indent}{targets} = get_ipython().run_line_magic({name!r}, {rest!r})"
        return f"{indent}{targets} = get_ipython().getoutput({command!r})"
    return None


class _Scanner:
    """Follows brackets, strings and continuations, to know where a logical line starts."""

    def __init__(self) -> None:
        self._depth = 0
        self._quote = ""
        self._continued = False

    @property
    def at_start(self) -> bool:
        return not (self._depth or self._quote or self._continued)

    def feed(self, line: str) -> None:
        self._continued = False
        i = 0
        while i < len(line):
            char = line[i]
            if self._quote:
                if char == "\\":
                    i += 1
                elif line.startswith(self._quote, i):
                    i += len(self._quote) - 1
                    self._quote = ""
            elif char == "#":
                return
            elif char in "\"'":
                self._quote = char * 3 if line.startswith(char * 3, i) else char
                i += len(self._quote) - 1
            elif char in "([{":
                self._depth += 1
            elif char in ")]}":
                self._depth = max(0, self._depth - 1)
            elif char == "\\" and i == len(line) - 1:
                self._continued = True
            i += 1
        if len(self._quote) == 1 and not line.endswith("\\"):
            self._quote = ""
