"""The process from which steps are forked, with the packages that they import loaded already.

`python -u -c TEXT DESCRIPTOR BUNDLE [LEFT OUT...]`: this text, in the kernel's own Python (3.9 and
newer, standard library alone), on Linux. What was loaded is put aside and comes back module by
module as a step imports it, so a step sees no module before it asks for it. What cannot be kept so
is left out: a package that prints while it is imported, or leaves a thread that survives a fork.
Docs: local-engine.md, "Steps forked from a warm parent".
"""

from __future__ import annotations

import sys

_FRESH = dict(sys.modules)
"""What a Python that was just started has."""
_PATH = list(sys.path)

import _warnings  # noqa: E402
import ast  # noqa: E402
import atexit  # noqa: E402
import ctypes  # noqa: E402
import gc  # noqa: E402
import json  # noqa: E402
import os  # noqa: E402
import signal  # noqa: E402
import socket  # noqa: E402
import zipfile  # noqa: E402
from importlib.machinery import ModuleSpec, PathFinder  # noqa: E402

TYPE_CHECKING = False  # importing `typing` would put it among what a fresh Python has
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any, NoReturn

_FILTERS: list[Any] = list(_warnings.filters)
_SHELL = {"IPython", "ipywidgets", "matplotlib", "pandas", "tqdm"}
"""Packages at whose import a step starts IPython (`runtime.step.watch`)."""
_OF_SHELL = (
    *("IPython.core.interactiveshell", "IPython.core.displayhook", "IPython.core.displaypub"),
    *("IPython.core.compilerop", "traitlets.config"),
)
_MARKER = b"KFP_STEP_FOLDER"
_GPUS = ("/dev/nvidia", "/dev/kfd", "/dev/dri")
_PATIENCE = 20
"""Seconds that a fork may take: what a library does at a fork may hang."""


class Unit:
    """What one import has loaded and changed."""

    def __init__(self, modules: list[str], environment: dict[str, str], filters: list[Any]) -> None:
        self.modules = modules
        self.environment = environment
        self.filters = filters


class Kept:
    """Modules that are loaded but put aside, and the finder that brings them back."""

    def __init__(self) -> None:
        self.modules: dict[str, tuple[Any, Any]] = {}
        """Module and its own spec, by name."""
        self.units: dict[str, Unit] = {}
        self._coming: set[str] = set()

    def put_aside(self) -> None:
        """Take all out of `sys.modules` that a fresh Python has not."""
        for name in [each for each in sys.modules if each not in _FRESH]:
            module = sys.modules.pop(name)
            self.modules.setdefault(name, (module, getattr(module, "__spec__", None)))

    def load(self, name: str) -> None:
        """Import a module, and keep what that did; what was loaded before is not loaded again."""
        filters, environment = list(_warnings.filters), dict(os.environ)
        try:
            __import__(name)
        except BaseException:
            return
        finally:
            loaded = [each for each in sys.modules if each not in _FRESH]
            self.put_aside()
        changed = {key: said for key, said in os.environ.items() if environment.get(key) != said}
        fresh = [each for each in _warnings.filters if each not in filters]
        self.units[name] = Unit(loaded, changed, fresh)

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        """Say that a module is here, where the search path leads to the same file."""
        if name not in self.modules:
            return None
        known = self.modules[name][1]
        if name not in self._coming and getattr(known, "has_location", False):
            found = PathFinder.find_spec(name, path)
            if found is None or found.origin != known.origin:
                return None
        loader: Any = _Loader(self)
        return ModuleSpec(name, loader, origin=getattr(known, "origin", None))

    def bring(self, name: str) -> None:
        """Bring back what importing a module has loaded; the other finders are asked as ever."""
        if name in self._coming:
            return
        unit = self.units.get(name)
        names = unit.modules if unit else [each for each in self.modules if _is_in(each, name)]
        coming = {each for each in names if each not in sys.modules}
        coming.add(name)
        self._coming |= coming
        try:
            for each in names:
                if each in sys.modules:
                    continue
                module, outer = self.modules[each][0], sys.modules.get(each.rpartition(".")[0])
                if module is _FRESH["__main__"]:  # `__mp_main__` of multiprocessing
                    sys.modules[each] = sys.modules["__main__"]
                elif isinstance(module, type(sys)) and (
                    "." not in each or hasattr(outer, "__path__")
                ):
                    __import__(each)
                else:  # put there by hand, as `typing.io` and `six.moves.urllib`
                    sys.modules[each] = module
        finally:
            self._coming -= coming
        if unit:
            os.environ.update(unit.environment)
            _add_filters(unit.filters)


class _Loader:
    """Hands out one module."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept

    def create_module(self, spec: Any) -> Any:
        return self._kept.modules[spec.name][0]

    def exec_module(self, module: Any) -> None:
        name = module.__spec__.name
        module.__spec__ = self._kept.modules[name][1]
        self._kept.bring(name)


def _is_in(name: str, package: str) -> bool:
    return name == package or name.startswith(package + ".")


def _add_filters(filters: list[Any], instead: bool = False) -> None:
    found = [] if instead else [each for each in _warnings.filters if each not in filters]
    _warnings.filters[:] = [*filters, *found]
    mutated = getattr(_warnings, "_filters_mutated", None)
    if mutated:
        mutated()


def wanted(bundle: str) -> Iterator[tuple[str, Iterable[str]]]:
    """Yield the modules that cells and the user's own modules import at their top level."""
    with zipfile.ZipFile(bundle) as code:
        for name in code.namelist():
            if name.startswith("steps/"):
                said = json.loads(code.read(name))
                for cell in (*said["prelude"], *said["cells"]):
                    yield from _imported(cell["source"])
            elif name.startswith("helpers/") and name.endswith(".py"):
                yield from _imported(code.read(name).decode(errors="replace"))


def _imported(source: str) -> Iterator[tuple[str, Iterable[str]]]:
    lines = ["" if line.lstrip()[:1] in ("%", "!") else line for line in source.splitlines()]
    try:
        tree = ast.parse("\n".join(lines))
    except (SyntaxError, ValueError):
        return
    for node in tree.body:
        if isinstance(node, ast.Import):
            for each in node.names:
                yield each.name, ()
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module, [each.name for each in node.names]


def load_all(kept: Kept, bundle: str, left_out: list[str]) -> str:
    """Load what is installed of all that is wanted; return the name of what cannot be kept."""
    seen: set[str] = set()

    def load(name: str) -> str:
        top = name.partition(".")[0]
        if name in seen or top in left_out or not _is_installed(top):
            return ""
        seen.add(name)
        outer = name.rpartition(".")[0]
        problem = load(outer) if outer else ""
        if top in _SHELL and not problem:
            problem = next((each for each in map(load, _OF_SHELL) if each), "")
        if problem:
            return problem
        kept.load(name)
        printed = os.lseek(1, 0, os.SEEK_END) > 0
        return top if printed or not _forks() else ""

    for name, parts in list(wanted(bundle)):
        problem = load(name)
        module = kept.modules.get(name, (None,))[0]
        for part in parts:
            if not problem and part != "*" and module and not hasattr(module, part):
                problem = load(name + "." + part)
        if problem:
            return problem
    return ""


def _is_installed(name: str) -> bool:
    try:
        spec = PathFinder.find_spec(name, [each for each in sys.path if each])
    except (ImportError, ValueError):
        return False
    return "-packages" + os.sep in (getattr(spec, "origin", None) or "")


def _forks() -> bool:
    """Tell whether a fork leaves one thread on both sides, and no GPU is open."""
    if any(map(_is_gpu, os.listdir("/proc/self/fd"))):  # noqa: PTH208 - `pathlib` is not needed
        return False
    if _threads() == 1:
        return True
    signal.alarm(_PATIENCE)
    pid = os.fork()
    if not pid:
        os._exit(0)
    os.waitpid(pid, 0)
    signal.alarm(0)
    return _threads() == 1


def _is_gpu(descriptor: str) -> bool:
    return os.path.realpath(f"/proc/self/fd/{descriptor}").startswith(_GPUS)


def _threads() -> int:
    return len(list(os.scandir("/proc/self/task")))


class Marker:
    """The step's folder in the process's environment, as other processes see it (proc(5))."""

    def __init__(self) -> None:
        library = ctypes.CDLL(None)
        library.getenv.restype = ctypes.c_void_p
        self._room = len(os.environb[_MARKER])
        self._place = library.getenv(_MARKER)

    def set(self, folder: str) -> None:
        """Write it where the process was given its environment; raises `ValueError`."""
        data = os.fsencode(folder)
        if len(data) > self._room:
            raise ValueError("the path is too long")
        ctypes.memmove(self._place, data.ljust(self._room, b"\0"), self._room)
        with open("/proc/self/environ", "rb") as file:
            if _MARKER + b"=" + data not in file.read().split(b"\0"):
                raise ValueError("the environment lies elsewhere")


def serve(channel: Any, kept: Kept, marker: Marker) -> list[str]:
    """Fork a step for each request; returns in the child only, with its command."""
    while True:
        request, descriptors = _receive(channel)
        reader, writer = os.pipe()
        pid = os.fork()
        if not pid:
            # A parent that ends at once: the step becomes a child of the runner, who waits for it.
            if os.fork():
                os._exit(0)
            os.close(writer)
            if os.read(reader, 1) != b"!":
                os._exit(1)
            os.close(reader)
            channel.close()
            try:
                _become(request, descriptors, kept, marker)
            except BaseException:
                os._exit(1)
            command: list[str] = request["command"]
            return command
        os.close(reader)
        os.waitpid(pid, 0)
        os.write(writer, b"!")
        for each in (writer, *descriptors):
            os.close(each)


def _receive(channel: Any) -> tuple[dict[str, Any], list[int]]:
    data, descriptors, _, _ = socket.recv_fds(channel, 1 << 16, 8)
    while data and not data.endswith(b"\n"):
        more = channel.recv(1 << 16)
        data = data + more if more else b""
    if not data:
        sys.exit(0)
    return json.loads(data), descriptors


def _become(request: dict[str, Any], descriptors: list[int], kept: Kept, marker: Marker) -> None:
    """Make this process what a step started anew would be."""
    os.setsid()
    link, log, *held = descriptors
    for stream in (1, 2):
        os.dup2(log, stream)
    os.close(log)
    environment = request["environment"]
    for name, each in zip(request["named"], held):  # noqa: B905 - 3.9 knows no `strict`
        environment[name] = str(each)
    for each in held:
        os.set_inheritable(each, True)
    os.chdir(request["folder"])
    marker.set(environment[_MARKER.decode()])
    with socket.socket(fileno=link) as runner:
        runner.sendall(b"%d\n" % os.getpid())
        # From here on the runner knows it; without its word nothing is run.
        if runner.recv(1) != b"!":
            os._exit(1)
    if "LC_CTYPE" in os.environ:  # Python itself sets it where there is no locale
        environment.setdefault("LC_CTYPE", os.environ["LC_CTYPE"])
    os.environ.clear()
    os.environ.update(environment)
    _add_filters(_FILTERS, instead=True)
    sys.path[:] = _PATH
    sys.path_importer_cache.clear()
    sys.argv[:] = ["-c", *request["command"][4:]]
    if hasattr(sys, "orig_argv"):
        sys.orig_argv[:] = request["command"]
    generators = kept.modules.get("numpy.random")
    if generators:
        generators[0].seed()  # as it is after an import; `random` does so itself at a fork
    sys.meta_path.insert(0, kept)


def main() -> list[str]:
    """Load, say so, and serve until the runner ends; return the command of a step in that step."""
    descriptor, bundle, *left_out = sys.argv[1:]
    os.chdir("/")
    output = os.memfd_create("printed")
    for stream in (1, 2):
        os.dup2(output, stream)
    os.close(output)
    channel = socket.socket(fileno=int(descriptor))
    if _is_installed("IPython"):  # as a step's shell does before it lets matplotlib in
        os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    else:
        left_out.append("matplotlib")
    kept, marker = Kept(), Marker()
    kept.put_aside()
    sys.meta_path.insert(0, kept)
    problem = load_all(kept, bundle, left_out)
    if problem:
        os.set_inheritable(channel.fileno(), True)
        os.execv(sys.executable, [*sys.orig_argv, problem])  # noqa: S606 - without that package
    sys.meta_path.remove(kept)
    gc.collect()
    gc.freeze()
    with open("/proc/self/statm") as file:
        memory = int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    names = sorted({each.partition(".")[0] for each in kept.units})
    channel.sendall(json.dumps({"ready": names, "memory": memory}).encode() + b"\n")
    return serve(channel, kept, marker)


def end(code: Any) -> NoReturn:
    """End a step as Python ends, but for taking the loaded packages apart, which takes longest."""
    if not isinstance(code, int):
        raise SystemExit(code)
    threading = sys.modules.get("threading")
    if threading:
        threading._shutdown()  # it waits for threads that are no daemons
    atexit._run_exitfuncs()
    # What cells and the user's modules have left open is written when it goes.
    users = [module for name, module in sys.modules.items() if _is_users(name, module)]
    for module in reversed(users):
        module.__dict__.clear()
    gc.collect()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code)


def _is_users(name: str, module: Any) -> bool:
    file = getattr(module, "__file__", None) or ""
    if not isinstance(module, type(sys)) or module is _FRESH["__main__"]:
        return False
    if name == "__main__":
        return True
    ours = name.partition(".")[0] == "kfp_step"
    installed = file.startswith((sys.prefix, sys.base_prefix)) or "-packages" + os.sep in file
    return bool(file) and not ours and not installed


if __name__ == "__main__":
    command = main()
    try:
        exec(command[3], {"__name__": "__main__", "__builtins__": __builtins__})  # noqa: S102
    except SystemExit as ended:
        status = ended.code
    end(status)
