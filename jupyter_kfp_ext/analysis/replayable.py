"""Which statements may run again in another step, and which declare pipeline parameters."""

import ast
import re

from .texts import code_of, magic_of

_PURE = (
    ast.Constant, ast.Name, ast.Attribute, ast.UnaryOp, ast.BinOp, ast.BoolOp, ast.Compare,
    ast.IfExp, ast.JoinedStr, ast.FormattedValue, ast.Tuple, ast.List, ast.Dict, ast.Set,
    ast.Lambda, ast.Subscript, ast.Slice,
)  # fmt: skip

RECREATABLE = frozenset(
    {
        "Path", "PurePath", "compile", "getLogger", "namedtuple", "TypeVar", "NewType", "date",
        "datetime", "timedelta", "Decimal", "Fraction", "Enum", "frozenset", "range", "tuple",
        "int", "float", "str", "bool", "partial", "set", "dict", "list", "itemgetter",
        "attrgetter", "ZoneInfo", "NamedTuple", "TypedDict", "make_dataclass", "abs", "min", "max",
        "len", "round", "sorted", "sum", "type", "get_ipython", "getcontext",
    }
)  # fmt: skip
"""Calls that give the same each time for the same arguments."""

TYPE_FACTORIES = frozenset(
    {"namedtuple", "NamedTuple", "TypedDict", "NewType", "TypeVar", "Enum", "make_dataclass"}
)
"""Calls that make a class: their result is a definition, which later steps replay."""

_OF_THE_PROCESS = frozenset({"get_ipython", "getcontext"})
"""Calls that give what there is one of in each process, which a copy would not be."""

DIFFERENT_EACH_TIME = frozenset(
    {
        "time", "time_ns", "now", "utcnow", "today", "uuid1", "uuid4", "urandom", "perf_counter",
        "monotonic", "process_time", "getpid", "token_hex", "token_bytes", "object", "id", "input",
    }
)  # fmt: skip
"""Calls that give something else each time."""

_RESOURCES = {
    "socket.socket": "a socket",
    "threading.Thread": "a thread",
    "multiprocessing.Pool": "a pool of processes",
    "ThreadPoolExecutor": "a pool of threads",
    "ProcessPoolExecutor": "a pool of processes",
    "subprocess.Popen": "a running process",
    "tempfile.TemporaryFile": "a temporary file",
    "tempfile.NamedTemporaryFile": "a temporary file",
    "tempfile.TemporaryDirectory": "a temporary folder",
    "contextvars.copy_context": "a copy of the context",
    "hashlib.md5": "a hash that goes on",
    "hashlib.new": "a hash that goes on",
    "hashlib.sha1": "a hash that goes on",
    "hashlib.sha256": "a hash that goes on",
    "hashlib.sha512": "a hash that goes on",
    "zipfile.ZipFile": "an archive that is open",
    "ZipFile": "an archive that is open",
    "ImageDraw.Draw": "a pen on a picture",
    "csv.reader": "a reader of csv",
    "csv.writer": "a writer of csv",
    "csv.DictReader": "a reader of csv",
    "csv.DictWriter": "a writer of csv",
}
"""Calls whose result lives in one process only."""

_SETTING = re.compile(
    r"^(set_\w+|set[A-Z]\w*|setlocale|setrecursionlimit|setswitchinterval|filterwarnings|"
    r"simplefilter|resetwarnings|basicConfig|captureWarnings|register\w*|use|rc|rcdefaults|seterr|"
    r"umask|tzset|signal|(en|dis)able\w*|option_context|load_dotenv|init_printing|style|set|"
    r"_*(monkey_?)?patch\w*|install|activate|apply)$"
)
"""Calls that set up a module for the rest of the notebook."""

_TRANSFORMERS = ("input_transformers_post", "input_transformers_cleanup", "ast_transformers")
SHELL_SETTINGS = frozenset(
    {
        "alias", "alias_magic", "autoawait", "autocall", "automagic", "autoreload", "aimport",
        "code_wrap", "colors", "config", "doctest_mode", "load_ext", "matplotlib", "pdb", "pprint",
        "precision", "rehashx", "reload_ext", "unalias", "unload_ext", "xmode",
    }
)  # fmt: skip
"""Line magics that set up IPython for the rest of the notebook."""
_TOGGLES = frozenset(
    {
        "automagic",
        "autocall",
        "doctest_mode",
        "matplotlib",
        "pdb",
        "pprint",
        "precision",
        "rehashx",
        "autoreload",
        "xmode",
    }
)
"""Those of them that do so without an argument too; the others only tell what is set."""
_REGISTERING = frozenset({"register_line_magic", "register_cell_magic", "register_line_cell_magic"})

_ACCESSOR = re.compile(r"^register_\w+_accessor$")
"""Of pandas, polars, xarray: the class is reached by an attribute of their objects."""

_SETTING_FUNCTIONS = frozenset(
    {"output_notebook", "init_notebook_mode", "init_printing", "set_matplotlib_formats",
     "register_matplotlib_converters", "load_dotenv"}
)  # fmt: skip
"""Functions of libraries that do so and are mostly imported by their own names."""

_SETTING_MODULE_CALLS = frozenset({"append", "insert", "update", "extend", "setdefault"})


def is_replayable(node: ast.stmt) -> bool:
    """Tell whether a statement can run again, provided that what it uses is the same there."""
    if isinstance(node, (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef)):
        return True
    if isinstance(node, ast.ClassDef):
        # `x: list = field(default_factory=list)`: what a class body assigns belongs to the class.
        assigns = (ast.Assign, ast.AnnAssign)
        return all(
            isinstance(each, assigns) or is_replayable(each) or _is_docstring(each)
            for each in node.body
        )
    if isinstance(node, ast.Pass):
        return True
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        code = code_of(node.value)
        return code is not None and all(map(is_replayable, code))
    if isinstance(node, ast.Assign):
        return all(isinstance(each, ast.Name) for each in node.targets) and _is_pure(node.value)
    if isinstance(node, ast.AnnAssign):
        return isinstance(node.target, ast.Name) and (node.value is None or _is_pure(node.value))
    if isinstance(node, ast.If):
        return _is_pure(node.test) and all(map(is_replayable, (*node.body, *node.orelse)))
    if isinstance(node, ast.Try):
        inner = [*node.body, *node.orelse, *node.finalbody]
        inner += [each for handler in node.handlers for each in handler.body]
        return all(map(is_replayable, inner))
    return False


def declares(node: ast.stmt) -> bool:
    """Tell a statement that imports or defines something, in one of its branches at least."""
    kinds = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
        called = ast.unparse(node.value.func).split(".")[-1]
        makes_type = called == "type" and len(node.value.args) == 3
        return called in TYPE_FACTORIES | _OF_THE_PROCESS or makes_type
    if isinstance(node, ast.Assign) and isinstance(node.value, (ast.Lambda, ast.Dict, ast.List)):
        return any(isinstance(each, ast.Lambda) for each in ast.walk(node.value))
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        return any(map(declares, code_of(node.value) or ()))
    return any(isinstance(each, kinds) for each in ast.walk(node))


def is_computed(node: ast.stmt) -> bool:
    """Tell a definition with defaults or class attributes that are others each time."""
    values: list[ast.expr | None] = []
    for each in ast.walk(node):
        if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef)):
            values += [*each.args.defaults, *each.args.kw_defaults]
        elif isinstance(each, ast.ClassDef):
            values += [
                inner.value for inner in each.body if isinstance(inner, (ast.Assign, ast.AnnAssign))
            ]
        elif not isinstance(each, (ast.arguments, ast.arg)) and each is node:
            return False
    called = [
        inner.func
        for value in values
        if value is not None
        for inner in ast.walk(value)
        if isinstance(inner, ast.Call)
    ]
    names = (
        each.attr if isinstance(each, ast.Attribute) else getattr(each, "id", "") for each in called
    )
    return any(name in DIFFERENT_EACH_TIME for name in names)


def is_plain_call(node: ast.stmt) -> bool:
    """Tell a call as a statement, with arguments that are the same each time."""
    if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Call):
        return False
    if _last_name(node.value.func) in {"dictConfig", "fileConfig"}:
        # It disables the loggers that there are by then, which a replay cannot know.
        return False
    values = [*node.value.args, *(each.value for each in node.value.keywords)]
    return all(map(_is_pure, values))


def resource_of(node: ast.stmt) -> str | None:
    """Return what an assignment makes, where no step can hand it to another one."""
    if not isinstance(node, ast.Assign) or not all(isinstance(t, ast.Name) for t in node.targets):
        return None
    value = node.value
    if isinstance(value, ast.GeneratorExp):
        return "a generator"
    if not isinstance(value, ast.Call):
        return None
    called = ast.unparse(value.func)
    if called == "open":
        return "a file that is open for writing" if _opens_to_write(value) else None
    if called.split(".")[-1] == "memmap" and _maps_to_write(value):
        return "an array mapped to a file for writing"
    if called == "sqlite3.connect" and value.args and _text(value.args[0]) == ":memory:":
        return "a database in memory"
    return _RESOURCES.get(called)


def _opens_to_write(call: ast.Call) -> bool:
    """Tell whether a file is opened so that no other process can go on with it."""
    modes = [*call.args[1:2], *(each.value for each in call.keywords if each.arg == "mode")]
    return any(set(_text(mode)) & set("wax+") for mode in modes)


def _maps_to_write(call: ast.Call) -> bool:
    """Tell whether `numpy.memmap` makes or changes its file, as it does where no mode is given."""
    modes = [*call.args[2:3], *(each.value for each in call.keywords if each.arg == "mode")]
    return not any(_text(mode) in {"r", "c", "readonly", "copyonwrite"} for mode in modes)


def _text(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def is_setting(node: ast.stmt) -> bool:
    """Tell a statement that sets up a module or the process.

    `pd.set_option("x", 1)`, `sys.path.insert(0, "src")`, `os.environ["A"] = "1"`, `%config`.
    """
    if isinstance(node, ast.FunctionDef):
        return any(_last_name(each) in _REGISTERING for each in node.decorator_list)
    if isinstance(node, ast.ClassDef):
        called = [each.func for each in node.decorator_list if isinstance(each, ast.Call)]
        return any(_ACCESSOR.match(_last_name(each)) for each in called)
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        target = node.targets[0]
        stored = isinstance(target, (ast.Attribute, ast.Subscript))
        return stored and _is_pure(node.value) and _is_pure(target)
    if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Call):
        return False
    call = node.value
    if isinstance(call.func, ast.Name) and call.func.id in _SETTING_FUNCTIONS:
        return all(map(_is_pure, [*call.args, *(each.value for each in call.keywords)]))
    if not isinstance(call.func, ast.Attribute):
        return False
    magic = magic_of(call)
    if magic is not None:
        return magic[0] == "line" and (
            magic[1] in SHELL_SETTINGS and bool(magic[2] or magic[1] in _TOGGLES)
        )
    arguments = [*call.args, *(each.value for each in call.keywords)]
    if not all(_is_pure(each) or _is_path(each) for each in arguments):
        return False
    known = ast.unparse(call.func.value)
    of_the_shell = known.startswith("get_ipython().") or known.endswith(_TRANSFORMERS)
    kept = known.endswith(("rcParams", ".config"))
    if known.endswith("tqdm") and call.func.attr == "pandas":
        return True
    if known in {"sys.path", "os.environ"} or kept or of_the_shell:
        if call.func.attr in _SETTING_MODULE_CALLS:
            return True
        if not of_the_shell:
            return False
    return _is_pure(call.func.value) and bool(_SETTING.match(call.func.attr))


def _last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _is_pure(node: ast.expr) -> bool:
    """Tell an expression that has no effect and gives the same each time."""
    if isinstance(node, ast.Call):
        called = (
            node.func.attr
            if isinstance(node.func, ast.Attribute)
            else (getattr(node.func, "id", ""))
        )
        owner = node.func.value if isinstance(node.func, ast.Attribute) else None
        return (
            called in RECREATABLE
            and (owner is None or isinstance(owner, ast.Name))
            and all(map(_is_pure, node.args))
            and all(_is_pure(each.value) for each in node.keywords)
        )
    if isinstance(node, ast.Lambda):
        return True
    return isinstance(node, _PURE) and all(
        _is_pure(each) for each in ast.iter_child_nodes(node) if isinstance(each, ast.expr)
    )


def _is_path(node: ast.expr) -> bool:
    """Tell `str(Path.cwd().parent)` and its like: a place that is the same in each step."""
    allowed = {"Path", "str", "cwd", "resolve", "absolute", "join", "dirname", "abspath", "getcwd"}
    return all(
        not isinstance(each, ast.Call)
        or (
            each.func.attr if isinstance(each.func, ast.Attribute) else getattr(each.func, "id", "")
        )
        in allowed
        for each in ast.walk(node)
    )


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def literal(node: ast.expr) -> object:
    """Return the JSON value of a literal or of arithmetic on literals; `ValueError` otherwise.

    A tuple has no JSON value: as a parameter it would come back as a list.
    """
    if isinstance(node, ast.BinOp) and not _is_complex_literal(node):
        left, right = literal(node.left), literal(node.right)
        if not all(isinstance(each, (int, float)) for each in (left, right)):
            raise ValueError("not arithmetic of numbers")
        if isinstance(node.op, ast.Pow) and abs(float(right)) > 64:  # type: ignore[arg-type]
            raise ValueError("too big to compute here")
        if isinstance(node.op, ast.LShift):
            raise ValueError("too big to compute here")
        sides = [ast.parse(repr(each), mode="eval").body for each in (left, right)]
        expression = ast.Expression(ast.BinOp(sides[0], node.op, sides[1]))
        code = compile(ast.fix_missing_locations(expression), "<literal>", "eval")
        try:
            return eval(code, {"__builtins__": {}})  # noqa: S307 - two numbers and an operator
        except ArithmeticError as error:
            raise ValueError(str(error)) from error
    if isinstance(node, ast.List):
        return [literal(each) for each in node.elts]
    if isinstance(node, ast.Dict):
        keys = [literal(each) if each is not None else None for each in node.keys]
        if not all(isinstance(key, str) for key in keys):
            raise ValueError("not a JSON object")
        return dict(zip(keys, map(literal, node.values), strict=True))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
        value = literal(node.operand)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise ValueError("not a number")
        return -value if isinstance(node.op, ast.USub) else value
    if isinstance(node, ast.Constant) and isinstance(
        node.value, (int, float, str, bool, type(None))
    ):
        return node.value
    raise ValueError("not a literal")


def _is_complex_literal(node: ast.BinOp) -> bool:
    return any(
        isinstance(each, ast.Constant) and isinstance(each.value, complex)
        for each in ast.walk(node)
    )
