"""Modules that do nothing when they are imported but define what is in them.

Whether such an import runs makes no difference to a step that uses nothing of it. Everything that
is not known to be so counts as doing something.
"""

import ast
import sys
from collections.abc import Iterable

from ..analysis.trees import is_main

_DECORATORS = frozenset(
    {"property", "setter", "staticmethod", "classmethod", "cached_property", "dataclass", "cache"}
    | {"lru_cache", "contextmanager", "asynccontextmanager", "wraps", "total_ordering", "unique"}
    | {"abstractmethod", "overload", "final", "no_grad", "inference_mode", "override"}
)
_CALLS = frozenset(
    {"Path", "PurePath", "abspath", "basename", "dirname", "join", "resolve", "read_text"}
    | {"getLogger", "getenv", "get", "compile", "escape", "split", "strip", "lower", "upper"}
    | {"namedtuple", "TypeVar", "ParamSpec", "NewType", "field", "auto", "partial"}
    | {"itemgetter", "attrgetter", "timedelta", "date", "datetime", "Decimal", "Fraction", "device"}
    | {"dict", "list", "set", "tuple", "frozenset", "OrderedDict", "Counter", "defaultdict"}
    | {"range", "len", "str", "int", "float", "bool", "bytes", "min", "max", "sum", "sorted"}
    | {"enumerate", "zip", "reversed", "array", "arange", "linspace", "items", "keys", "values"}
)
"""Functions that only make what they give, by the last part of their names."""
_LOUD_WORDS = ("__subclasses__", "__init_subclass__", "__set_name__", "metaclass", "__path__")
_HARMLESS = (
    *(ast.Constant, ast.Name, ast.Attribute, ast.Subscript, ast.Slice, ast.Starred, ast.Lambda),
    *(ast.List, ast.Tuple, ast.Set, ast.Dict, ast.JoinedStr, ast.FormattedValue),
    *(ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp),
    *(ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp),
)
_LOUD_STANDARD = frozenset({"this", "antigravity", "__main__"})
_QUIET = frozenset(
    {"PIL", "attr", "attrs", "boto3", "botocore", "bs4", "cloudpickle", "cv2", "cycler", "dask"}
    | {"dateutil", "einops", "fsspec", "h5py", "httpx", "jinja2", "joblib", "lightgbm", "lxml"}
    | {"networkx", "numba", "numpy", "openpyxl", "orjson", "packaging", "patsy", "plotly"}
    | {"polars", "psutil", "pyarrow", "pydantic", "pytz", "regex", "requests", "rich", "s3fs"}
    | {"scipy", "skimage", "sklearn", "statsmodels", "sympy", "tabulate", "toml", "torch"}
    | {"torchvision", "tqdm", "typing_extensions", "xarray", "yaml"}
)
_QUIET_IN_MODULES = _QUIET | {"altair", "matplotlib", "mpl_toolkits", "pandas", "seaborn"}
"""In a cell these show warnings of their own, set up how figures are shown, or name colours."""
_LOUD_PARTS = ("sklearn.experimental", "tqdm.auto", "tqdm.notebook", "tqdm.gui")


def is_quiet(tree: ast.Module, text: str) -> bool:
    """Tell whether the text of a module only defines and imports."""
    return not any(word in text for word in _LOUD_WORDS) and _all_quiet(tree.body)


def is_quiet_package(name: str, in_module: bool) -> bool:
    """Tell whether importing a dotted name of what is installed shows and changes nothing.

    `in_module`: the import stands in a module, not in a cell.
    """
    top = name.partition(".")[0]
    if top in sys.stdlib_module_names:
        return top not in _LOUD_STANDARD
    quiet = _QUIET_IN_MODULES if in_module else _QUIET
    return top in quiet and not any(name.startswith(each) for each in _LOUD_PARTS)


def _all_quiet(body: Iterable[ast.stmt]) -> bool:
    return all(map(_statement, body))


def _statement(node: ast.stmt) -> bool:
    match node:
        case ast.Import() | ast.ImportFrom() | ast.Pass():
            return True
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            given = [*node.args.defaults, *filter(None, node.args.kw_defaults)]
            return all(map(_decorator, node.decorator_list)) and all(map(_value, given))
        case ast.ClassDef():
            plain = all(map(_decorator, node.decorator_list)) and all(map(_value, node.bases))
            return plain and not node.keywords and _all_quiet(node.body)
        case ast.Assign():
            return all(map(_target, node.targets)) and _value(node.value)
        case ast.AnnAssign():
            return _target(node.target) and (node.value is None or _value(node.value))
        case ast.AugAssign():
            return _last(node.target) == "__all__" and _value(node.value)
        case ast.If():
            if is_main(node.test):
                return _all_quiet(node.orelse)
            return _value(node.test) and _all_quiet((*node.body, *node.orelse))
        case ast.Try():
            caught = [each for handler in node.handlers for each in handler.body]
            return _all_quiet((*node.body, *caught, *node.orelse, *node.finalbody))
        case ast.Expr():
            return isinstance(node.value, ast.Constant)
    return False


def _decorator(node: ast.expr) -> bool:
    if isinstance(node, ast.Call):
        return _last(node.func) in _DECORATORS and all(map(_value, _given(node)))
    return _last(node) in _DECORATORS


def _target(node: ast.expr) -> bool:
    if isinstance(node, (ast.Tuple, ast.List)):
        return all(map(_target, node.elts))
    return isinstance(node, ast.Name)


def _value(node: ast.expr) -> bool:
    """Tell an expression that only makes a value."""
    if isinstance(node, ast.Lambda):
        return True
    if isinstance(node, ast.Call):
        inside = [node.func.value] if isinstance(node.func, ast.Attribute) else []
        return _last(node.func) in _CALLS and all(map(_value, (*_given(node), *inside)))
    parts = [
        part
        for child in ast.iter_child_nodes(node)
        for part in (
            ast.iter_child_nodes(child) if isinstance(child, ast.comprehension) else (child,)
        )
    ]
    values = [each for each in parts if isinstance(each, ast.expr)]
    return isinstance(node, _HARMLESS) and all(map(_value, values))


def _given(node: ast.Call) -> list[ast.expr]:
    return [*node.args, *(each.value for each in node.keywords)]


def _last(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
