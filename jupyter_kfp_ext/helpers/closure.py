"""Follows imports from the cells of a step through the user's own modules."""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..analysis.ipython import to_python
from ..analysis.path_changes import path_changes
from ..analysis.plan import Code as Source
from ..analysis.plan import StepPlan
from ..errors import Code, Problem, Severity
from .data import package_data
from .functions import read_functions
from .imports import Imports, read_imports
from .installed import is_installed, is_target, is_there
from .locate import Folders, Located, Root, locate, modules_in
from .mentions import Mention, mentions
from .placing import Places
from .project import Project, Search
from .reading import Module, Reader
from .scan import Scan


@dataclass(frozen=True)
class Start:
    """The import in a cell that leads to a module."""

    cell: int | None = None
    cell_id: str | None = None
    line: int | None = None


@dataclass(frozen=True)
class Reached:
    """A module of the user's, and how a step comes to it."""

    module: Module
    start: Start
    chain: tuple[str, ...]

    @property
    def is_left(self) -> bool:
        """Whether a step on this machine may take it from where it is: it cannot be sent."""
        problems = self.module.problems
        return (
            not self.module.place
            and all(each.severity is Severity.WARNING for each in problems)
            and bool(problems)
        )


@dataclass
class StepModules:
    """The user's modules that one step needs."""

    search: Search
    reached: dict[str, Reached] = field(default_factory=dict)
    """By dotted name."""
    files: dict[str, tuple[Path, bytes]] = field(default_factory=dict)
    """By path in the bundle: where it lies here, and its content."""
    problems: list[Problem] = field(default_factory=list)

    @property
    def roots(self) -> tuple[Root, ...]:
        """The folders that modules were looked up in, in order."""
        return (*self.search.before, *self.search.after)

    passed: set[str] = field(default_factory=set)
    """Names that the step's cells use otherwise than by calling them."""

    @property
    def in_values(self) -> bool:
        """Whether values of the step may hold objects of these modules' classes, or functions."""
        scans = list(self._scans())
        names = {part for name in self.reached for part in name.split(".")}
        made = names.union(*(scan.functions.made for scan in scans))
        passed = self.passed.union(*(scan.functions.passed for scan in scans))
        return any(scan.makes_classes for scan in scans) or not made.isdisjoint(passed)

    def mentions(self) -> Iterator[tuple[Mention, ...]]:
        """Yield what the text of each module names."""
        return (scan.mentions for scan in self._scans())

    def _scans(self) -> Iterator[Scan]:
        return (each.module.scan for each in self.reached.values() if each.module.scan is not None)

    def entries(self, places: Places) -> tuple[str, ...]:
        """Return the search path of the step, of those folders that it has modules from."""
        used = {each.module.file.root for each in self.reached.values() if each.module.place}
        return tuple(dict.fromkeys(places.entry(root) for root in self.roots if root in used))


class _Waiting:
    """Names that are still to be followed."""

    def __init__(self) -> None:
        self._seen: set[str] = set()
        self._names: list[tuple[str, Start, tuple[str, ...]]] = []

    def add(self, names: Iterable[tuple[str, Start]], chain: tuple[str, ...]) -> None:
        new = [(name, start, chain) for name, start in names if name not in self._seen]
        self._seen.update(name for name, _, _ in new)
        self._names += reversed(new)

    def __iter__(self) -> Iterator[tuple[str, Start, tuple[str, ...]]]:
        while self._names:
            yield self._names.pop()


class Closure:
    """Finds what each step of one plan needs."""

    def __init__(self, project: Project, reader: Reader, places: Places) -> None:
        """Take the user's folders, what reads modules, and where they stand in the bundle."""
        self._project = project
        self._reader = reader
        self._places = places
        self._folders = Folders()
        self._located: dict[tuple[Search, str], Located] = {}
        self._in_front: dict[tuple[Search, str], bool] = {}
        """Whether a top-level name is found before what is installed."""

    def of_step(self, step: StepPlan, include: Iterable[str]) -> StepModules:
        """Return the modules of a step; `include` are names and files that go in any case."""
        search = self._project.searches[step.task]
        while True:
            found, wider = self._follow(step, tuple(include), search)
            if wider == search:
                return found
            search = wider  # a module adds to the path, so more can be found

    def _follow(
        self, step: StepPlan, include: tuple[str, ...], search: Search
    ) -> tuple[StepModules, Search]:
        found = StepModules(search)
        waiting = _Waiting()
        wider = search
        for source in (*step.prelude, *step.cells):
            self._start(source, step, found, waiting)
        waiting.add(((name, Start()) for name in step.modules), ())
        self._include(include, found, waiting)
        for name, start, chain in waiting:
            located = self.located(search, name)
            for file in located.files:
                if file.name in found.reached:
                    continue
                module = self._module(file.name, located, found)
                found.reached[file.name] = Reached(module, start, chain)
                found.files |= module.files
                found.problems += [_at(each, start, step.name) for each in module.problems]
                if module.scan is not None:
                    wider = self._widened(wider, module)
                    imports, further = module.scan.imports, (*chain, file.name)
                    names = [(each, start) for each, _ in imports.names]
                    waiting.add([*names, *self._of_package(imports, start, found)], further)
                    found.problems += self._not_followed(module, start, step.name, search)
        return found, wider

    def _start(self, source: Source, step: StepPlan, found: StepModules, waiting: _Waiting) -> None:
        """Take in what a cell imports, and what the scripts that it names import."""
        try:
            text = to_python(source.source)
            imports = read_imports(text, "")
            found.passed.update(read_functions(text).passed)
        except (SyntaxError, ValueError):
            return  # the analysis says so
        start = Start(source.number, source.cell_id)
        if not _has_own_environment(step):
            found.problems += [
                _at(_nowhere(name), replace(start, line=line), step.name)
                for name, line in imports.bare
                if self._is_nowhere(name, found.search)
            ]
        waiting.add([(name, replace(start, line=line)) for name, line in imports.names], ())
        waiting.add(self._of_package(imports, start, found), ())
        if imports.computed and self._has_modules(found.search):
            waiting.add([(word, start) for word in imports.words], ())
            line = imports.computed[0]
            words = self._known_words(imports, found.search)
            found.problems.append(
                _at(_computed("", line, words), replace(start, line=line), step.name)
            )
        for each in mentions(source.source):
            script = self._project.folder / each.pattern
            if each.pattern.endswith(".py") and not each.written and script.is_file():
                at = replace(start, line=each.line)
                try:
                    names = read_imports(script.read_bytes(), "").names
                except (OSError, SyntaxError, ValueError):
                    continue  # it fails where it runs, as in the kernel
                waiting.add([(name, at) for name, _ in names], (each.pattern,))

    def _include(self, include: tuple[str, ...], found: StepModules, waiting: _Waiting) -> None:
        """Take in what the setting `include` names: modules, `package.*`, files and patterns."""
        for name in include:
            dotted = name.removesuffix(".*")
            if all(part.isidentifier() for part in dotted.split(".")):
                located = self.located(found.search, dotted)
                if located.whole and (located.files or located.folders):
                    packages = (dotted,) if name.endswith(".*") else ()
                    waiting.add([(dotted, Start())], ("include",))
                    imports = Imports(packages=packages)
                    waiting.add(self._of_package(imports, Start(), found), ("include",))
                    continue
            folder = self._project.folder
            paths = sorted(each for each in folder.glob(name) if each.is_file())
            files, problems = self._reader.data(paths, Root(folder))
            found.files |= files
            found.problems += problems

    def _module(self, name: str, located: Located, found: StepModules) -> Module:
        file = next(each for each in located.files if each.name == name)
        top = name == name.partition(".")[0]
        if top and file.name in sys.stdlib_module_names:
            shown = self._places.shown(file.path)
            return Module(file, problems=(_standard(shown, file.name),))
        if file.path in self._project.made:
            return Module(file)
        module = self._reader.module(file)
        return replace(module, problems=(*module.problems, *self._doubles(name, module, found)))

    def _doubles(self, name: str, module: Module, found: StepModules) -> Iterator[Problem]:
        """Yield that a top-level module has the name of another one."""
        if "." in name or not module.place:
            return
        taken = self._places.shown(module.file.path)
        root = module.file.root
        if root.why and self._is_installed(name) and root in found.search.before:
            yield Problem(
                Code.MODULE_SHADOWED,
                f"`{taken}` has the name of an installed package: `import {name}` takes it "
                f"instead, because {root.why}.",
                "Give it another name, unless it is meant to stand in for the other one.",
                severity=Severity.WARNING,
            )
        for other in found.roots:
            double = locate(self._folders, (other,), name).files
            if other != root and double and not _same(double[0].path, module.file.path):
                yield Problem(
                    Code.MODULE_SHADOWED,
                    f"There are two modules `{name}`: `{taken}` is taken, "
                    f"`{self._places.shown(double[0].path)}` is not.",
                    "Give one of them another name.",
                    severity=Severity.INFO,
                )

    def located(self, search: Search, dotted: str) -> Located:
        """Return what importing a dotted name leads to, of the user's own."""
        key = (search, dotted)
        if key not in self._located:
            self._located[key] = self._look_up(search, dotted)
        return self._located[key]

    def _look_up(self, search: Search, dotted: str) -> Located:
        top = dotted.partition(".")[0]
        if (search, top) not in self._in_front:
            found = locate(self._folders, search.before, top).files
            self._in_front[search, top] = bool(found)
        if self._in_front[search, top]:
            return locate(self._folders, search.before, dotted)
        if top in sys.stdlib_module_names or self._is_installed(top):
            return Located()
        return locate(self._folders, (*search.before, *search.after), dotted)

    def _is_installed(self, name: str) -> bool:
        return is_installed(name, self._project.sites, self._folders)

    def _is_nowhere(self, name: str, search: Search) -> bool:
        """Tell a module that is neither the user's nor installed nor made by the notebook."""
        top = name.partition(".")[0]
        if top in sys.stdlib_module_names or self._project.installs:
            return False
        located = self.located(search, top)
        made = any(top in (each.stem, each.parent.name) for each in self._project.made)
        return not (
            made
            or located.files
            or located.folders
            or is_there(top, self._project.sites, self._folders)
        )

    def _of_package(
        self, imports: Imports, start: Start, found: StepModules
    ) -> list[tuple[str, Start]]:
        """Return the modules of packages that are loaded by computed names; take in their data."""
        names = []
        for package in imports.packages:
            located = self.located(found.search, package)
            if located.whole:
                modules = modules_in(self._folders, located.folders)
                names += [(package, start), *((f"{package}.{each}", start) for each in modules)]
        for package in imports.resources:
            located = self.located(found.search, package)
            names.append((package, start))
            for root, folder in located.folders if located.whole else ():
                files, problems = self._reader.data(package_data(folder), root)
                found.files |= files
                found.problems += problems
        return names

    def _not_followed(
        self, module: Module, start: Start, step: str, search: Search
    ) -> Iterator[Problem]:
        """Yield what a module imports that cannot be followed, or is not there."""
        imports = module.scan.imports if module.scan else Imports()
        shown = self._places.shown(module.file.path)
        if imports.computed:
            line = imports.computed[0]
            words = self._known_words(imports, search)
            yield _at(_computed(f"`{shown}`, line {line}: ", line, words), start, step)
        for name, line in imports.missing_matters:
            if name and not self.located(search, name).whole:
                yield _at(_absent(shown, line, name), start, step)

    def _known_words(self, imports: Imports, search: Search) -> list[str]:
        found = (word for word in imports.words if word)
        return [word for word in found if self.located(search, word).whole]

    def _has_modules(self, search: Search) -> bool:
        return any(
            name.endswith(".py") or is_folder
            for root in search.before
            for name, is_folder in self._folders.of(root.folder).items()
        )

    def _widened(self, search: Search, module: Module) -> Search:
        """Return the search path after what a module itself does to `sys.path`."""
        if module.scan is None or not module.scan.changes_path:
            return search
        text = module.files[module.place][1].decode("utf-8-sig", errors="replace")
        changes, _ = path_changes(text, (("__file__", str(module.file.path)),))
        why = f"`{self._places.shown(module.file.path)}` adds it to `sys.path`"
        for each in changes:
            place = self._project.folder / each.entry if each.entry else None
            if place is None or not place.is_dir() or is_target(place):
                continue
            root = Root(place.resolve(), why)
            if root in (*search.before, *search.after):
                continue
            if each.front:
                search = replace(search, before=(root, *search.before))
            else:
                search = replace(search, after=(*search.after, root))
        return search


def _same(one: Path, other: Path) -> bool:
    return one == other or one.resolve() == other.resolve()


def _at(problem: Problem, start: Start, step: str) -> Problem:
    return replace(problem, cell=start.cell, cell_id=start.cell_id, line=start.line, step=step)


def _standard(shown: str, name: str) -> Problem:
    return Problem(
        Code.HELPER_REFUSED,
        f"The file `{shown}` has the name of the standard module `{name}`, so it is not "
        "clear which of the two is meant.",
        "Rename the file and its imports.",
    )


def _computed(where: str, line: int, words: list[str]) -> Problem:
    known = f" Sent because their names stand there: {', '.join(sorted(words))}." if words else ""
    return Problem(
        Code.HELPER_MISSING,
        f"{where}The name of this import is computed, so the module cannot be followed from the "
        f"text.{known}",
        "Where it is a module of yours, name it in the notebook's setting `include`.",
        severity=Severity.INFO if words else Severity.WARNING,
    )


def _has_own_environment(step: StepPlan) -> bool:
    """Tell whether a step has more than what is installed for the notebook's kernel."""
    return bool(step.options.image or step.options.packages)


def _nowhere(name: str) -> Problem:
    return Problem(
        Code.HELPER_MISSING,
        f"There is no module `{name.partition('.')[0]}`: none is installed for the notebook's "
        "kernel, and none lies beside the notebook or in its project.",
        "Install it, name its package in the step's `packages`, or the folder of a module of "
        "yours in the setting `roots`.",
        severity=Severity.WARNING,
    )


def _absent(shown: str, line: int, name: str) -> Problem:
    return Problem(
        Code.HELPER_MISSING,
        f"`{shown}`, line {line}, imports `{name}`, and there is no such module.",
        "Correct the import.",
        severity=Severity.WARNING,
    )
