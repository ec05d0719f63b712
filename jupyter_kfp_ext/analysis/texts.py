"""Code and names inside texts: `exec("x = 1")`, `df.query("a > @limit")`, `!echo {name}`.

What is written down as a literal is read like the code around it; what is computed can only be
known to be there.
"""

import ast
import re
from collections.abc import Iterable
from dataclasses import replace

from .facts import Branch, Loop, Operation, Use
from .ipython import PYTHON_CELL_MAGICS, SHELL_CELLS, to_python

_OPEN_CALLS = frozenset({"exec", "eval", "globals", "locals", "vars", "dir"})
_OPEN_MAGICS = frozenset({"run", "pylab", "store", "load", "macro", "recall", "rerun"})
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_RUNNING_MAGICS = frozenset({"run_cell_magic", "run_line_magic", "magic"})
_SHELLS = frozenset({"ip", "ipython", "shell", "get_ipython()"})
"""What an IPython shell is called."""
_DISPLAYING_CELLS = frozenset(
    {"writefile", "file", "html", "HTML", "latex", "markdown", "javascript", "js", "svg", "SVG"}
)
_AT_NAME = re.compile(r"@([^\W\d]\w*)")
_SHELL_NAME = re.compile(r"(?<!\$)\$([^\W\d]\w*)")
_FORMULA = re.compile(r"\s*[^\s~/\\][^~/\\]*~[^~]+")
_NAME = re.compile(r"(?<![.\w])[^\W\d]\w*")
_BRACES = re.compile(r"(?<!\{)\{([^{}]+)\}(?!\})")


def code_of(node: ast.Call) -> list[ast.stmt] | None:
    """Return the statements that `exec("...")` or `eval("...")` runs, where they are written down.

    So do a shell's `run_cell`, `ex`, `ev` and `push({"name": value})`. Their lines are the call's.
    """
    called = _called(node)
    if called is None or len(node.args) != 1 or (node.keywords and called != "run_cell"):
        return None
    given = node.args[0]
    if called == "push":
        return _pushed(given, node)
    if not isinstance(given, ast.Constant) or not isinstance(given.value, str):
        return None
    return _parsed(given.value, node, called in {"eval", "ev"})


def _called(node: ast.Call) -> str | None:
    if isinstance(node.func, ast.Name):
        return node.func.id if node.func.id in {"exec", "eval"} else None
    if not isinstance(node.func, ast.Attribute) or ast.unparse(node.func.value) not in _SHELLS:
        return None
    return node.func.attr if node.func.attr in {"run_cell", "ex", "ev", "push"} else None


def _parsed(text: str, node: ast.Call, expression: bool = False) -> list[ast.stmt] | None:
    try:
        body: list[ast.stmt]
        if expression:
            body = [ast.Expr(ast.parse(text.strip(), mode="eval").body)]
        else:
            body = ast.parse(to_python(text)).body
    except (SyntaxError, ValueError, RecursionError):
        return None
    return [_placed(statement, node) for statement in body]


def _pushed(given: ast.expr, node: ast.Call) -> list[ast.stmt] | None:
    if not isinstance(given, ast.Dict):
        return None
    body: list[ast.stmt] = []
    for key, value in zip(given.keys, given.values, strict=True):
        if not isinstance(key, ast.Constant) or not isinstance(key.value, str):
            return None
        assign = ast.Assign([ast.Name(key.value, ast.Store())], value, lineno=node.lineno)
        body.append(_placed(assign, node))
    return body


def _placed(statement: ast.stmt, node: ast.Call) -> ast.stmt:
    for each in ast.walk(statement):
        if "lineno" in each._attributes:
            ast.copy_location(each, node)
    return statement


def code_of_magic(node: ast.Call) -> list[ast.stmt] | None:
    """Return the body of a cell magic that is none of IPython's, where it reads as Python."""
    magic = magic_of(node)
    if magic is None or magic[0] != "cell":
        return None
    if magic[1] in PYTHON_CELL_MAGICS | SHELL_CELLS | _DISPLAYING_CELLS:
        return None
    return _parsed(magic[2].partition("\n")[2], node)


def as_asked(operations: Iterable[Operation]) -> tuple[Operation, ...]:
    """Return operations that read only names that are there: nobody knows whether they run."""
    found: list[Operation] = []
    for each in operations:
        if isinstance(each, Use):
            found.append(replace(each, if_there=True))
        elif isinstance(each, Branch):
            found.append(replace(each, alternatives=tuple(map(as_asked, each.alternatives))))
        elif isinstance(each, Loop):
            found.append(replace(each, operations=as_asked(each.operations)))
        else:
            found.append(each)
    return tuple(found)


def names_in_query(node: ast.Call) -> list[str]:
    """Return the variables that `df.query("a > @limit")` and `df.eval(...)` read."""
    if not isinstance(node.func, ast.Attribute) or node.func.attr not in {"query", "eval"}:
        return []
    texts = [each.value for each in node.args if isinstance(each, ast.Constant)]
    return [name for text in texts if isinstance(text, str) for name in _AT_NAME.findall(text)]


def formula_of(node: ast.Call) -> list[ast.stmt] | None:
    """Return the names of a model formula: `ols("y ~ np.log(x)", df)` (columns of `df`, too)."""
    given = [*node.args, *(each.value for each in node.keywords if each.arg == "formula")]
    texts = [each.value for each in given if isinstance(each, ast.Constant)]
    formulas = [text for text in texts if isinstance(text, str) and _FORMULA.fullmatch(text)]
    names = sorted({name for text in formulas for name in _NAME.findall(text)})
    code = [ast.copy_location(ast.Expr(ast.Name(name, ast.Load())), node) for name in names]
    return [ast.fix_missing_locations(each) for each in code] or None


def expressions_in_command(text: str) -> list[ast.expr]:
    """Return what IPython puts into a shell command or a line magic: `{name}` and `$name`.

    What is no Python stays in the command as it is.
    """
    found = map(_expression, (*_BRACES.findall(text), *_SHELL_NAME.findall(text)))
    return [each for each in found if each is not None]


def _expression(text: str) -> ast.expr | None:
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError):
        return None


def hides_names(node: ast.AST) -> bool:
    """Tell code that may read and bind names which its text does not show."""
    if _reaches_main(node) or _reaches_namespace(node):
        return True
    # A function that runs what it is given (a magic of the notebook's own) can be replayed.
    if not isinstance(node, _DEFINITIONS) and any(map(_runs_unseen, ast.walk(node))):
        return True
    return any(isinstance(each, ast.Call) and _is_open(each) for each in ast.walk(node)) and not (
        set(map(id, _open_calls(node))) <= set(map(id, _seen_calls(node)))
    )


def _reaches_main(node: ast.AST) -> bool:
    """Tell `import __main__` and `sys.modules["__main__"]`: the module that holds all names."""
    for each in ast.walk(node):
        if isinstance(each, ast.Import) and any(name.name == "__main__" for name in each.names):
            return True
        if isinstance(each, ast.Subscript) and ast.unparse(each.value) == "sys.modules":
            return isinstance(each.slice, ast.Constant) and each.slice.value == "__main__"
    return False


def _reaches_namespace(node: ast.AST) -> bool:
    """Tell a shell's `user_ns` without a literal name."""
    spaces = {id(each) for each in ast.walk(node) if getattr(each, "attr", "") == "user_ns"}
    named = {
        id(each.value)
        for each in ast.walk(node)
        if isinstance(each, ast.Subscript) and isinstance(each.slice, ast.Constant)
    }
    return bool(spaces - named)


def _runs_unseen(node: ast.AST) -> bool:
    """Tell a shell's `run_cell`, `run_cell_magic` and their like of what is not written down."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    if node.func.attr in _RUNNING_MAGICS and magic_of(node) is None:
        return True
    return _called(node) is not None and code_of(node) is None


def _open_calls(node: ast.AST) -> list[ast.Call]:
    return [each for each in ast.walk(node) if isinstance(each, ast.Call) and _is_open(each)]


def _seen_calls(node: ast.AST) -> list[ast.Call]:
    """Return calls such as that in `globals()["x"]` and `"x" in globals()`: the name is there."""
    found = []
    for each in ast.walk(node):
        if isinstance(each, ast.Subscript) and isinstance(each.slice, ast.Constant):
            found.append(each.value)
        elif isinstance(each, ast.Compare) and isinstance(each.left, ast.Constant):
            found += each.comparators
        elif _gets_a_literal(each):
            found.append(each.func.value)  # type: ignore[attr-defined]
    return [each for each in found if isinstance(each, ast.Call)]


def _gets_a_literal(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    return node.func.attr == "get" and bool(node.args) and isinstance(node.args[0], ast.Constant)


def _is_open(call: ast.Call) -> bool:
    if isinstance(call.func, ast.Name) and call.func.id in _OPEN_CALLS:
        return code_of(call) is None and not (call.func.id in {"vars", "dir"} and call.args)
    magic = magic_of(call)
    if magic is None:
        return False
    # The bodies of those that run Python stand in the cell, but where the call is written out.
    inside = magic[0] == "cell" and magic[1] in PYTHON_CELL_MAGICS - {"python"}
    return inside or magic[1] in _OPEN_MAGICS or "<<" in magic[2]


def magic_of(call: ast.Call) -> tuple[str, str, str] | None:
    """Return kind (`line`, `cell`, `system`), name and text of a translated magic."""
    if not isinstance(call.func, ast.Attribute) or not isinstance(call.func.value, ast.Call):
        return None
    if getattr(call.func.value.func, "id", None) != "get_ipython":
        return None
    texts = [each.value for each in call.args if isinstance(each, ast.Constant)]
    if call.func.attr == "run_line_magic" and len(texts) == 2:
        return "line", str(texts[0]), str(texts[1])
    if call.func.attr == "run_cell_magic" and len(texts) == 3:
        return "cell", str(texts[0]), "\n".join(map(str, texts[1:]))
    if call.func.attr in {"system", "getoutput"} and texts:
        return "system", call.func.attr, str(texts[0])
    return None
