"""The parameters of a function, as its body and its callers see them."""

import ast

from .facts import BodyParameter
from .scopes import Scope


def parameters_of(
    arguments: ast.arguments, scope: Scope, defaults: dict[str, str]
) -> tuple[BodyParameter, ...]:
    """Return a function's parameters in order; `defaults`: values by parameter name."""

    def made(each: ast.arg, kind: str) -> BodyParameter:
        unique = f":{scope.number}:{each.arg}"
        return BodyParameter(each.arg, unique, kind, defaults.get(each.arg))  # type: ignore[arg-type]

    result = [made(each, "positional") for each in (*arguments.posonlyargs, *arguments.args)]
    if arguments.vararg is not None:
        result.append(made(arguments.vararg, "var_positional"))
    result += [made(each, "keyword") for each in arguments.kwonlyargs]
    if arguments.kwarg is not None:
        result.append(made(arguments.kwarg, "var_keyword"))
    return tuple(result)
