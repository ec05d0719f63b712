"""Code and names inside texts: `exec("x = 1")`, `df.query("a > @limit")`, `!echo {name}`.

What is written down as a literal is read like the code around it; what is computed can only be
known to be there.
"""

import ast
import re

_OPEN_CALLS = frozenset({"exec", "eval", "globals", "locals", "vars", "dir"})
_OPEN_MAGICS = frozenset({"run", "pylab", "store", "load", "macro", "recall", "rerun"})
_AT_NAME = re.compile(r"@([^\W\d]\w*)")
_SHELL_NAME = re.compile(r"(?<!\$)\$([^\W\d]\w*)")
_BRACES = re.compile(r"(?<!\{)\{([^{}]+)\}(?!\})")


def code_of(node: ast.Call) -> list[ast.stmt] | None:
    """Return the statements that `exec("...")` or `eval("...")` runs, where they are written down.

    Their lines are those of the call.
    """
    if not isinstance(node.func, ast.Name) or len(node.args) != 1 or node.keywords:
        return None
    text = node.args[0]
    if not isinstance(text, ast.Constant) or not isinstance(text.value, str):
        return None
    try:
        if node.func.id == "exec":
            body = ast.parse(text.value).body
        elif node.func.id == "eval":
            body = [ast.Expr(ast.parse(text.value.strip(), mode="eval").body)]
        else:
            return None
    except (SyntaxError, ValueError, RecursionError):
        return None
    for statement in body:
        for each in ast.walk(statement):
            if "lineno" in each._attributes:
                ast.copy_location(each, node)
    return body


def names_in_query(node: ast.Call) -> list[str]:
    """Return the variables that `df.query("a > @limit")` and `df.eval(...)` read."""
    if not isinstance(node.func, ast.Attribute) or node.func.attr not in {"query", "eval"}:
        return []
    texts = [each.value for each in node.args if isinstance(each, ast.Constant)]
    return [name for text in texts if isinstance(text, str) for name in _AT_NAME.findall(text)]


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
    if _reaches_main(node):
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
    return magic is not None and (magic[1] in _OPEN_MAGICS or "<<" in magic[2])


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
