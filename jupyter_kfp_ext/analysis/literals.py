"""What can be told from the form of an expression alone: literals, and indices that copy."""

import ast


def short_literal(node: ast.expr) -> str | int | bool | None:
    """Return the value of a short literal argument (`inplace=True`, `"w"`)."""
    if isinstance(node, ast.Constant) and isinstance(node.value, (str, int, bool)):
        return node.value if not isinstance(node.value, str) or len(node.value) < 4096 else None
    return None


def is_number(node: ast.expr, also_int: bool) -> bool:
    """Tell a number that is written down; whole ones only with `also_int`."""
    if isinstance(node, ast.UnaryOp):
        return is_number(node.operand, also_int)
    if not isinstance(node, ast.Constant) or isinstance(node.value, bool):
        return False
    return isinstance(node.value, (float, complex)) or (also_int and isinstance(node.value, int))


def picks_a_copy(node: ast.Subscript) -> bool:
    """Tell `df[["a"]]` and `df[df.x > 0]`: a list or a mask picks, and what it picks is new."""
    index = node.slice
    if isinstance(index, (ast.List, ast.ListComp)):
        return True
    owner = {each.id for each in ast.walk(node.value) if isinstance(each, ast.Name)}
    if isinstance(index, ast.UnaryOp) and isinstance(index.op, ast.Invert):
        return True
    compares = isinstance(index, ast.Compare) or (
        isinstance(index, ast.BinOp) and isinstance(index.op, (ast.BitAnd, ast.BitOr))
    )
    return compares and any(
        isinstance(each, ast.Name) and each.id in owner for each in ast.walk(index)
    )


def global_name(node: ast.expr, at_top: bool = False) -> str:
    """Return `name` for `globals()["name"]`, `__main__.name` and `shell.user_ns["name"]`, or empty.

    `_3` for `Out[3]`: the kernel gives what cell 3 shows both names.
    `at_top`: the code is in no function, where `vars()` and `locals()` are the globals too.
    """
    if isinstance(node, ast.Attribute):
        own = ast.unparse(node.value) in _MAIN
        return node.attr if own and isinstance(node.ctx, ast.Store) else ""
    if not isinstance(node, ast.Subscript) or not isinstance(node.slice, ast.Constant):
        return ""
    space, key = node.value, node.slice.value
    if getattr(space, "id", "") in _SHOWN and type(key) is int and isinstance(node.ctx, ast.Load):
        return f"_{key}"
    names = {"globals", "vars", "locals"} if at_top else {"globals"}
    seen = isinstance(space, ast.Attribute) and space.attr == "user_ns"
    if isinstance(space, ast.Call) and isinstance(space.func, ast.Name):
        seen = space.func.id in names and not space.args
    return key if seen and isinstance(key, str) else ""


def asked_name(node: ast.Compare | ast.Call) -> str:
    """Return `name` for `"name" in globals()` and `globals().get("name")`; else empty."""
    key: ast.expr
    if isinstance(node, ast.Compare):
        if len(node.comparators) != 1 or not isinstance(node.ops[0], (ast.In, ast.NotIn)):
            return ""
        key, space = node.left, node.comparators[0]
    else:
        called = node.func
        if not isinstance(called, ast.Attribute) or called.attr != "get" or not node.args:
            return ""
        key, space = node.args[0], called.value
    if not isinstance(space, ast.Call) or space.args or not isinstance(space.func, ast.Name):
        return ""
    if space.func.id not in _NAMESPACES or not isinstance(key, ast.Constant):
        return ""
    return key.value if isinstance(key.value, str) else ""


_NAMESPACES = frozenset({"globals", "vars", "locals", "dir"})


def stored_name(node: ast.Call) -> tuple[str, ast.expr] | None:
    """Return name and value of `setattr(sys.modules[__name__], "name", value)`."""
    if getattr(node.func, "id", "") != "setattr" or len(node.args) != 3:
        return None
    owner, key, value = node.args
    if ast.unparse(owner) not in _MAIN or not isinstance(key, ast.Constant):
        return None
    return (key.value, value) if isinstance(key.value, str) else None


_SHOWN = frozenset({"Out", "_oh"})
"""What holds the values that cells showed, by the number of the cell."""
_MAIN = frozenset({"__main__", "sys.modules[__name__]", "sys.modules['__main__']"})
"""The module that the cells are in."""
