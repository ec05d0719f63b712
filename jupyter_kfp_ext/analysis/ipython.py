"""IPython syntax to plain Python with the same lines, without importing IPython.

A cell is only read here; the step's own IPython (or the step runtime) translates it when it runs.
The result has, for each magic, the call that IPython itself makes of it
(https://ipython.readthedocs.io/en/stable/config/inputtransforms.html), so the analysis sees names
that a magic binds or uses, and every line number stays what it was.
"""

import ast
import keyword
import re
import warnings

PYTHON_CELL_MAGICS = frozenset(
    {"time", "timeit", "capture", "prun", "component", "kfp", "memit", "mprun", "lprun", "python"}
)
"""Cell magics whose body is Python of this kernel (`%%python` is not: see `_cell_magic`)."""

STATEMENT_MAGICS = frozenset({"time", "timeit", "prun", "memit", "mprun", "lprun"})
"""Line magics whose text ends in a statement of this kernel."""

LINE_MAGICS = frozenset(
    {
        "alias", "autoawait", "autocall", "automagic", "bookmark", "cat", "cd", "clear",
        "colors", "config", "connect_info", "cp", "debug", "dhist", "dirs", "doctest_mode",
        "ed", "edit", "env", "gui", "hist", "history", "ldir", "less", "lf", "lk", "ll", "load",
        "load_ext", "logoff", "logon", "logstart", "logstate", "logstop", "ls", "lx", "macro",
        "magic", "man", "matplotlib", "mkdir", "more", "mv", "notebook", "page", "pdb", "pdef",
        "pdoc", "pfile", "pinfo", "pinfo2", "pip", "popd", "pprint", "precision", "prun",
        "psearch", "psource", "pushd", "pwd", "pycat", "pylab", "qtconsole", "quickref",
        "recall", "rehashx", "reload_ext", "rep", "rerun", "reset", "reset_selective", "rm",
        "rmdir", "run", "save", "sc", "set_env", "store", "sx", "system", "tb", "time",
        "timeit", "unalias", "unload_ext", "who", "who_ls", "whos", "xdel", "xmode",
    }
)  # fmt: skip
"""IPython's and ipykernel's line magics, which a cell of one line may call without `%`."""

CELL_MAGICS = frozenset(
    {
        "!", "HTML", "SVG", "bash", "capture", "code_wrap", "component", "debug", "file", "html",
        "javascript", "js", "kfp", "latex", "markdown", "perl", "prun", "pypy", "python",
        "python2", "python3", "ruby", "script", "sh", "svg", "sx", "system", "time", "timeit",
        "writefile",
    }
)  # fmt: skip
"""IPython's cell magics, and those of this project."""

_HELP_MAGICS = frozenset({"pinfo", "pinfo2", "pdoc", "pdef", "psource", "pfile"})
SHELL_CELLS = frozenset(
    {"bash", "sh", "script", "python", "python2", "python3", "perl", "ruby", "pypy", "system"}
)
_BOUND_BY_OPTION = re.compile(r"--(?:out|err|proc)[\s=]+([^\W\d]\w*)")
_ROOT = re.compile(r"[?%\s]*([^\W\d]\w*)")

_LINE_MAGIC = re.compile(r"^%(?!%)([^\W\d]\w*)\s*(.*)$", re.DOTALL)
_ASSIGNED = re.compile(
    r"^([^\W\d][\w.,\s\[\]\"']*?)\s*=\s*(?:%([^\W\d]\w*)\s*(.*)|!(.*))$", re.DOTALL
)
_HELP = re.compile(r"^\?{1,2}\s*\S.*$|^%{0,2}[\w.*\[\]\"']+\?{1,2}\s*(#.*)?$")
_OPTION = re.compile(r"-[a-zA-Z]\w*(?:\s*\d+(?=\s))?\s+|--\S+\s+")
_VALUED = {
    "prun": "lsTD", "lprun": "fmTDZu", "mprun": "fTr", "memit": "rit", "timeit": "nr", "time": "",
}  # fmt: skip
"""Options of statement magics that take a value, which may stand apart (`-f name`)."""
_CAPTURE_OPTIONS = re.compile(r"--no-\w+\s*")


def to_python(source: str) -> str:
    """Return plain Python with the same number of lines; Python itself comes back unchanged."""
    if _parses(source):
        return source
    lines = source.split("\n")
    only = [line for line in lines if line.strip()]
    if len(only) == 1 and only[0].strip().partition(" ")[0] in LINE_MAGICS:
        # A cell of one line may leave the `%` out, where Python cannot read it.
        lines = [f"%{line.strip()}" if line.strip() else "" for line in lines]
    first = next((i for i, line in enumerate(lines) if line.strip()), None)
    asks = len(only) == 1 and _HELP.match(only[0].strip())
    if first is not None and lines[first].startswith("%%") and not asks:
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
        bound = _BOUND_BY_OPTION.findall(rest) if name in SHELL_CELLS else []
        return ["".join(f"{each} = " for each in bound) + call, *[""] * len(body)]
    python = to_python("\n".join(body)).split("\n") if body else []
    if name == "capture":
        target = _CAPTURE_OPTIONS.sub("", rest).strip()
        head = f"{target} = get_ipython().capture()" if target.isidentifier() else ""
    elif name in {"time", "timeit"}:
        head = _inline_statement(name, rest) if _statement_text(name, rest) else ""
    else:
        head = ""
    return [head, *python]


def _statement_text(name: str, text: str) -> str:
    """Return what a `%time`-like magic runs, without the magic's options and their values."""
    valued = _VALUED.get(name, "")
    apart = re.compile(rf"-[{valued}]\s+\S+\s+") if valued else None
    text = text.strip() + " "
    while True:
        found = (apart.match(text) if apart else None) or _OPTION.match(text)
        if found is None:
            return text.strip()
        text = text[found.end() :]


def _inline_statement(name: str, text: str) -> str:
    """Return the statement of a `%time`-like magic; timed loops do not bind names for sure."""
    statement = _statement_text(name, text)
    if name == "time":
        return statement or "pass"
    return f"if get_ipython(): {_statement(statement)}{_named_in_options(name, text)}"


def _statement(text: str) -> str:
    """Return a statement of one line: what cannot stand after a colon is code in a text."""
    return text if text and _parses(f"if 1: {text}") else f"exec({text!r})" if text else "pass"


def _named_in_options(name: str, text: str) -> str:
    """Return reads of the functions that a profiler's options name: `%lprun -f f f(1)`."""
    if name not in {"lprun", "mprun"}:
        return ""
    return "".join(f"; {each}" for each in re.findall(r"-f\s+([^\W\d][\w.]*)\s", text))


def _assigned_statement(targets: str, name: str, text: str) -> str:
    """Return `x = %time f()` and its like; only `%time` gives the value of what it runs."""
    statement = _statement_text(name, text)
    if name == "time" and _parses(f"({statement})"):
        return f"{targets} = {statement}"
    reads = f", exec({statement!r})" if statement else ""
    return f"{targets} = get_ipython().run_line_magic({name!r}, {text!r}{reads})"


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
        return indent + _help(stripped)
    if stripped.startswith("!!"):
        return f"{indent}get_ipython().getoutput({stripped[2:]!r})"
    if stripped.startswith("!"):
        return f"{indent}_exit_code = get_ipython().system({stripped[1:]!r})"
    magic = _LINE_MAGIC.match(stripped)
    if magic:
        name, rest = magic.groups()
        if name in STATEMENT_MAGICS:
            return indent + _inline_statement(name, rest)
        if name in _HELP_MAGICS:
            return indent + _help(rest)
        return f"{indent}get_ipython().run_line_magic({name!r}, {rest!r})"
    assigned = _ASSIGNED.match(stripped)
    if assigned:
        targets, name, rest, command = assigned.groups()
        if name in STATEMENT_MAGICS:
            return f"{indent}{_assigned_statement(targets, name, rest)}"
        if name:
            return f"{indent}{targets} = get_ipython().run_line_magic({name!r}, {rest!r})"
        return f"{indent}{targets} = get_ipython().getoutput({command!r})"
    return None


def _help(text: str) -> str:
    """Return the reading of what is asked about: where it is not there, that is only said."""
    root = _ROOT.match(text)
    if root is None or "*" in text or keyword.iskeyword(root[1]):
        return "pass"
    if "%" in root[0]:
        # Of a magic, which is a name of the notebook only where a cell defines it.
        return f"if get_ipython(): globals().get({root[1]!r})"
    return f"if get_ipython(): {root[1]}"


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
