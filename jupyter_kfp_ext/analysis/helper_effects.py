"""What functions of the user's own modules set for all that follows, read from their text.

Helpers are not interpreted as cells are; but `seed_everything(42)` and `set_style()` are common,
and a plan that knows of them is right at once.
"""

import ast
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

from . import world
from .helper_state import acts, differing, is_cached, stores_in_arguments
from .replayable import DIFFERENT_EACH_TIME

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_INNER = (*_FUNCTIONS, ast.ClassDef, ast.Lambda)
_AMBIENT = {"os.environ": world.ENVIRON, "sys.path": world.SYS_PATH}
_PARTS = frozenset({world.ENVIRON, world.CWD, world.SYS_PATH, *world.GENERATORS})
_READ_ENVIRON = ("os.environ", "os.getenv")
_OF_THE_PROCESS = frozenset({"getpid", "id", "object", "input"})
"""Of what differs each time: what tells processes apart, and what nobody compares by its value."""
_GET_LOGGER = "logging.getLogger."
_GIVE_STATE = frozenset({"logging.getLogger", "decimal.getcontext"})
"""Functions that return what a module keeps; what others return is nobody's setting."""


@dataclass(frozen=True)
class HelperEffect:
    """What a call of a helper's function, or the import of a helper, does to what follows."""

    effect: world.Effect = world.NONE
    settings: frozenset[str] = frozenset()
    """Functions and variables of libraries that set them up, by dotted name."""
    gives: bool = False
    """It is called for what it returns, as `train()` is; what it sets up is by the way."""
    loads: frozenset[str] = frozenset()
    """Modules of the user's own that it imports, of those whose import does something."""
    patches: bool = False
    """It stores in what it is given: `def patch(cls): cls.run = faster`."""
    kept: frozenset[str] = frozenset()
    """Variables of such modules that each import computes anew: `helper.STARTED`."""

    def perhaps(self) -> "HelperEffect":
        """Return what is done only if nobody did it before."""
        may_set = self.effect.sets | self.effect.may_set
        return replace(self, effect=replace(self.effect, sets=world.NONE.sets, may_set=may_set))


NOTHING = HelperEffect()


@dataclass
class _Module:
    tree: ast.Module
    package: str
    functions: dict[str, _Function] = field(default_factory=dict)
    """Its functions and, by the names of their classes, what makes instances."""
    methods: dict[str, list[_Function]] = field(default_factory=dict)
    of_class: dict[tuple[str, str], _Function] = field(default_factory=dict)
    """Its methods, by class and name."""
    names: dict[str, str] = field(default_factory=dict)
    """What its imports bind, anywhere in it: dotted names."""


class HelperEffects:
    """Knows the modules in some folders; each is read when it is first asked for."""

    def __init__(self, folders: list[Path], environ_changes: bool = False) -> None:
        """Take the folders, in the order in which they are searched.

        `environ_changes`: the notebook changes the environment, which a module may have read.
        """
        self._folders = folders
        self._environ_changes = environ_changes
        self._modules: dict[str, _Module | None] = {}
        self._known: dict[str, HelperEffect] = {}
        self._new: dict[str, bool] = {}
        """Functions that give something else each time."""

    def __call__(self, dotted: str) -> HelperEffect:
        """Return what calling a function, or importing a module, of this dotted name does."""
        if not all(dotted.split(".")):
            return NOTHING  # relative, or of nothing known
        if dotted not in self._known:
            self._known[dotted] = NOTHING  # what calls itself adds nothing
            self._known[dotted] = self._read(dotted)
        return self._known[dotted]

    def of_method(self, name: str) -> HelperEffect:
        """Return what a method of this name does, of any class in the modules read so far."""
        found = NOTHING
        for module in [each for each in self._modules.values() if each]:
            for function in module.methods.get(name, ()):
                found = _both(found, self._called(module, function))
        return found

    def of_import(self, dotted: str) -> HelperEffect:
        """Return what the first import of a module does, its packages and its own imports."""
        parts = dotted.split(".")
        found = NOTHING
        for count in range(1, len(parts) + 1):
            outer = ".".join(parts[:count])
            if self._module(outer) is not None:
                found = _both(found, self(outer))
        return found

    def of_script(self, path: str) -> HelperEffect:
        """Return what `%run path` does."""
        return self(path.removesuffix(".py").removeprefix("./").replace("/", "."))

    def _read(self, dotted: str) -> HelperEffect:
        module = self._module(dotted)
        if module is not None:
            return self._imported(module, dotted)
        outer, _, name = dotted.rpartition(".")
        module = self._module(outer) if outer else None
        if module is None:
            package, _, kind = outer.rpartition(".")
            module = self._module(package) if package else None
            method = module.of_class.get((kind, name)) if module else None
            return self._called(module, method) if module and method else NOTHING
        function = module.functions.get(name)
        if function is None:
            elsewhere = module.names.get(name, dotted)
            return NOTHING if elsewhere == dotted else self(elsewhere)
        return self._called(module, function)

    def _imported(self, module: _Module, dotted: str) -> HelperEffect:
        """Return what the first import of a module does."""
        body = module.tree.body
        found = self._found(module, body, late=False)
        elsewhere = {
            name
            for name, origin in module.names.items()
            if origin in found.kept and origin != f"{dotted}.{name}"
        }
        kept = differing(
            body, lambda node, found: self._is_new(module, node, dotted, found), elsewhere
        )
        kept |= {
            function.name
            for function in module.functions.values()
            if is_cached(function) and self._shows_calls(module, function)
        }
        does = found.effect != world.NONE or found.settings or kept or acts(body)
        return replace(
            found,
            loads=found.loads | ({dotted} if does else set()),
            kept=found.kept | {f"{dotted}.{name}" for name in kept},
        )

    def _is_new(
        self, module: _Module, node: ast.AST, own: str = "", found: Collection[str] = ()
    ) -> bool:
        """Tell an expression that has another value whenever it is computed.

        `found` are the variables of the module `own` that are known to have one.
        """
        dotted = _dotted(node.func if isinstance(node, ast.Call) else node, module.names)
        if dotted.startswith(_READ_ENVIRON):
            return self._environ_changes
        if not isinstance(node, ast.Call):
            return False
        if dotted.rpartition(".")[2] in DIFFERENT_EACH_TIME - _OF_THE_PROCESS:
            return True
        if not world.of_function(dotted, None, frozenset()).writes.isdisjoint(world.GENERATORS):
            return True
        outer, _, name = dotted.rpartition(".")
        home = self._module(outer) if all(outer.split(".")) else None
        function = home.functions.get(name) if home else None
        if home is None or function is None:
            return False
        if dotted not in self._new:
            self._new[dotted] = False  # what calls itself adds nothing
            self._new[dotted] = any(self._is_new(home, each) for each in _own(function.body))
        kept = {f"{own}.{name}" for name in found} if outer == own else self(outer).kept
        names = {each.id for each in _own(function.body) if isinstance(each, ast.Name)}
        return self._new[dotted] or not kept.isdisjoint(f"{outer}.{name}" for name in names)

    def _shows_calls(self, module: _Module, function: _Function) -> bool:
        """Tell a function that has another answer, or does something, whenever it is called."""
        if replace(self._called(module, function), gives=False, patches=False) != NOTHING:
            return True
        calls = [each for each in _own(function.body) if isinstance(each, ast.Call)]
        return any(
            self._is_new(module, each) or getattr(each.func, "id", "") in ("print", "open")
            for each in calls
        )

    def _called(self, module: _Module, function: _Function) -> HelperEffect:
        gives = function.name == "__init__" or any(
            isinstance(each, ast.Return) and each.value for each in _own(function.body)
        )
        found = self._found(module, function.body, late=True)
        return replace(found, gives=gives, patches=stores_in_arguments(function))

    def _found(self, module: _Module, body: list[ast.stmt], late: bool) -> HelperEffect:
        found = self._all_found(module, body, late)
        sure = self._all_found(module, _unconditional(body), late).effect.sets
        perhaps = (found.effect.sets | found.effect.may_set) - sure
        drawn = {part for part in sure & found.effect.writes if not self._draws(module, body, part)}
        writes = found.effect.writes - drawn
        effect = replace(found.effect, writes=writes, sets=sure, may_set=perhaps)
        return replace(found, effect=effect)

    def _draws(self, module: _Module, body: list[ast.stmt], part: str) -> bool:
        """Tell whether a body may draw from a generator before it seeds it."""
        for each in body:
            effect = self._all_found(module, [each], late=False).effect
            if part in effect.sets:
                return False
            if part in effect.writes:
                return True
        return True

    def _all_found(self, module: _Module, body: list[ast.stmt], late: bool) -> HelperEffect:
        """Return what is in a body; `late`: it runs after the import of its module."""
        found = NOTHING
        names = {**module.names, **dict(_assigned(body, module.names))}
        for node in _own(body):
            if isinstance(node, ast.Call):
                found = _both(found, self._of_call(node, names))
            elif isinstance(node, (ast.Import, ast.ImportFrom)):
                for _, dotted in _bound(node, module.package):
                    loaded = self.of_import(dotted)
                    found = _both(found, loaded.perhaps() if late else loaded)
            elif isinstance(node, (ast.Attribute, ast.Subscript)) and not isinstance(
                node.ctx, ast.Load
            ):
                dotted = _dotted(node, names)
                part = next((_AMBIENT[each] for each in _AMBIENT if dotted.startswith(each)), None)
                if part:
                    found = _both(found, HelperEffect(world.Effect(writes=frozenset({part}))))
                elif dotted and not self._is_own(dotted.split(".")[0]):
                    found = _both(found, HelperEffect(settings=frozenset({dotted})))
        return found

    def _of_call(self, node: ast.Call, names: dict[str, str]) -> HelperEffect:
        dotted = _dotted(node.func, names)
        if not dotted:
            return NOTHING
        if dotted == "importlib.import_module":
            texts = [each.value for each in node.args if isinstance(each, ast.Constant)]
            return self.of_import(str(texts[0])).perhaps() if texts else NOTHING
        keywords = frozenset(each.arg for each in node.keywords if each.arg)
        effect = world.of_function(dotted, None, keywords)
        settings = frozenset({dotted} if world.is_setting(dotted) else ())
        if dotted.startswith(_GET_LOGGER) and world.sets_up_logging(tuple(dotted.split("."))):
            settings = frozenset({"logging.setLevel"})
        own = world.Effect(writes=effect.writes & _PARTS, sets=effect.sets)
        return _both(HelperEffect(own, settings), self(dotted))

    def _is_own(self, top: str) -> bool:
        """Tell the user's modules and the notebook: runs look whether these change."""
        return top == "__main__" or self._module(top) is not None

    def _module(self, dotted: str) -> _Module | None:
        if dotted not in self._modules:
            self._modules[dotted] = _parsed(self._folders, dotted)
        return self._modules[dotted]


def _both(one: HelperEffect, other: HelperEffect) -> HelperEffect:
    effect = world.Effect(
        writes=one.effect.writes | other.effect.writes,
        sets=one.effect.sets | other.effect.sets,
        may_set=one.effect.may_set | other.effect.may_set,
    )
    return HelperEffect(
        effect,
        one.settings | other.settings,
        one.gives,
        one.loads | other.loads,
        one.patches,
        one.kept | other.kept,
    )


def _parsed(folders: list[Path], dotted: str) -> _Module | None:
    relative = Path(*dotted.split("."))
    for folder in folders:
        for path in (folder / relative / "__init__.py", folder / relative.with_suffix(".py")):
            if not path.is_file():
                continue
            try:
                told = path.stat()
                return _read_module(path, dotted, (told.st_mtime_ns, told.st_size))
            except (SyntaxError, ValueError, OSError):
                return None
    return None


@lru_cache(maxsize=64)
def _read_module(path: Path, dotted: str, version: tuple[int, int]) -> _Module:
    """Read a file once, until its `version` changes: the panel plans again while one types."""
    tree = ast.parse(path.read_bytes())
    package = dotted if path.name == "__init__.py" else dotted.rpartition(".")[0]
    module = _Module(tree, package)
    for node in ast.walk(tree):
        module.names.update(_bound(node, package))
    for statement in tree.body:
        if isinstance(statement, _FUNCTIONS):
            module.functions[statement.name] = statement
        elif isinstance(statement, ast.ClassDef):
            for each in statement.body:
                if isinstance(each, _FUNCTIONS):
                    module.methods.setdefault(each.name, []).append(each)
                    module.of_class[statement.name, each.name] = each
                    if each.name == "__init__":
                        module.functions[statement.name] = each
    for name in module.functions:
        module.names.setdefault(name, f"{dotted}.{name}")
    return module


def _bound(node: ast.AST, package: str) -> Iterator[tuple[str, str]]:
    """Yield the names that an import binds, and what they stand for."""
    if isinstance(node, ast.Import):
        for each in node.names:
            yield (each.asname, each.name) if each.asname else (each.name.split(".")[0],) * 2
    elif isinstance(node, ast.ImportFrom):
        above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
        origin = ".".join([*above, *([node.module] if node.module else [])])
        for each in node.names:
            yield each.asname or each.name, f"{origin}.{each.name}"


def _dotted(node: ast.AST, names: dict[str, str]) -> str:
    """Return what of a module an expression refers to: `np.random.seed`; an empty text if none."""
    if isinstance(node, ast.Name):
        return names.get(node.id, "")
    if isinstance(node, ast.Attribute):
        outer = _dotted(node.value, names)
        return outer and f"{outer}.{node.attr}"
    if isinstance(node, ast.Subscript):
        return _dotted(node.value, names)
    if isinstance(node, ast.Call):
        function = _dotted(node.func, names)
        return function if function in _GIVE_STATE else ""
    return ""


def _assigned(body: list[ast.stmt], names: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the names that a body gives to what it takes from a module: `log = getLogger()`."""
    for node in _own(body):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            dotted = _dotted(node.value, names)
            if dotted:
                yield node.targets[0].id, dotted


def _unconditional(body: list[ast.stmt]) -> list[ast.stmt]:
    """Return the statements that run whenever the body does."""
    found: list[ast.stmt] = []
    for each in body:
        if isinstance(each, ast.With):
            found += _unconditional(each.body)
        elif not isinstance(each, _INNER) and any(isinstance(n, ast.Return) for n in _own([each])):
            return found
        elif not hasattr(each, "body") and not isinstance(each, ast.Match):
            found.append(each)
    return found


def _own(body: list[ast.stmt]) -> Iterator[ast.AST]:
    """Yield the nodes of a body but for those of functions and classes in it."""
    pending: list[ast.AST] = list(body)
    while pending:
        node = pending.pop()
        yield node
        if not isinstance(node, _INNER):
            pending += ast.iter_child_nodes(node)
