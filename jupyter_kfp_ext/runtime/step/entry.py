"""One step from beginning to end: read what KFP hands over, run the cells, write what it takes."""

from __future__ import annotations

import gc
import os
import sys

from .crash import CrashNote
from .executor import Request, bind_parameters, metric_values, output_key, read_request
from .failure import StepFailure, error_text, write_termination_message
from .place import LIVE_VARIABLE, CodePlace, extract_files, install_packages, read_slice
from .record import Cell, Record
from .signals import STOPPED, StopWatch, parent_pipe
from .streams import Streams

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    from typing import Any


def run(argv: list[str]) -> int:
    """Run one step; see `main`."""
    parent = parent_pipe()
    if "," in argv[1]:
        from .chain import run_chain

        return run_chain(argv[1].split(","), argv[2].split(","), argv[3], parent)
    stop = StopWatch()
    note = CrashNote()
    try:
        try:
            _run_step(argv[1], argv[2], argv[3], stop, parent)
        finally:
            note.close()
    except StepFailure as failure:
        if stop.stopped:
            return STOPPED
        error = failure.to_json()
        sys.stderr.write(error_text(error))
        sys.stderr.flush()
        write_termination_message(error)
        return 1
    except KeyboardInterrupt:
        return STOPPED
    return 0


def _run_step(
    task: str, expected_hash: str, executor_input: str, stop: StopWatch, parent: int
) -> None:
    request = read_request(executor_input)
    place = CodePlace(sys.modules[__package__ or ""])
    slice_ = read_slice(place, task, expected_hash)
    record = Record(request.output_path("cells") if "cells" in request.outputs else None)
    streams = Streams(record, parent)
    try:
        install_packages(slice_.get("packages") or [], place)
        own = _own_modules(place, slice_)
        if os.getcwd() == "/":
            from .world import leave_root

            leave_root()
        extract_files(place, slice_.get("helpers") or [])
        from .cells import Runner
        from .compiling import compiled_path

        compiled = compiled_path(place.handed)
        runner = Runner(record, streams, own, lambda: stop.stopped, compiled)
        reads = _reads(own)
        _run_cells(_Crossing(request, slice_, place), slice_, runner, reads)
        if reads:
            reads.write()
    finally:
        streams.close()


def _own_modules(place: CodePlace, slice_: dict[str, Any]) -> Any:
    """Return the user's modules that came with the step; None where there is nothing to mind."""
    modules = any(path.startswith("helpers/") for path in slice_.get("helpers") or ())
    if not modules and not {"KFP_OWN_FOLDERS", LIVE_VARIABLE} & os.environ.keys():
        return None
    from .own_modules import OwnModules

    return OwnModules(place, slice_)


def _reads(own: Any) -> Any:
    """Return what notes the files that cells read, where the engine asks for it."""
    if "KFP_SEEN" not in os.environ:
        return None
    from .reads import Reads

    return Reads(os.environ.pop("KFP_SEEN"), [own.copies] if own and own.copies else [])


def _run_cells(crossing: _Crossing, slice_: dict[str, Any], runner: Any, reads: Any) -> None:
    request = crossing.request
    runner.namespace.update(bind_parameters(slice_, request.parameters))
    crossing.restore_world()
    prelude = [Cell(each) for each in slice_["prelude"]]
    cells = [Cell(each) for each in slice_["cells"]]
    control = crossing.control
    try:
        # What is here by now stays until the end, where looking at all of it for garbage, several
        # times, takes longer than a short cell. What cells make is looked at as ever.
        gc.freeze()
        gc.enable()
        if reads:
            reads.on = True
        for cell in prelude:
            runner.run(cell)
        crossing.load(runner)
        crossing.begin()
        if control:
            control.begin(runner.namespace)
        if not (control and control.idle):
            _run_all(runner, cells, crossing, bool(slice_.get("outputs")))
        decided = control.decide(runner.namespace) if control else {}
        if reads:
            reads.on = False
        if control:
            control.say(runner.record)
        crossing.save(runner, prelude, cells)
        if "KFP_TWICE" in os.environ:
            from .twice import keep_or_compare

            first = os.environ.pop("KFP_TWICE_FIRST", "")
            keep_or_compare(runner.namespace, slice_, first)
        metrics = metric_values(slice_.get("metrics") or [], runner.namespace)
        charts = {}
        if slice_.get("charts"):
            from .charts import chart_metadata

            charts = chart_metadata(slice_["charts"], runner.namespace)
    finally:
        runner.close()
    parameters = {f"metric_{output_key(name)}": number for name, number in metrics.items()}
    parameters.update(decided)
    request.write_output(parameters, {"metrics": metrics, **charts})


def _exited(cell: Cell) -> StepFailure:
    return StepFailure(
        "SystemExit",
        "exit() or quit() was called: it ends a kernel, so nothing after this cell can run.",
        "Take it out; to stop on purpose, raise an error that says why.",
        cell=cell,
    )


def _run_all(runner: Any, cells: list[Cell], crossing: Any, leaves: bool) -> None:
    try:
        for cell in cells:
            crossing.run(runner, cell)
            if runner.exited and (cell is not cells[-1] or leaves):
                raise _exited(cell)
    except StepFailure as failure:
        control = crossing.control
        raise (control.explain(failure) if control else failure) from None


_OF_CONTROL = ("loop", "decides", "place", "status")

_WITH_VALUES = frozenset({"@packages", "@patches"})
"""Parts of the world that hold the notebook's own objects: one object with the values."""


class _Crossing:
    """What comes from earlier steps and goes to later ones: values and parts of the world.

    Steps that only compute numbers import none of what this needs.
    """

    def __init__(self, request: Request, slice_: dict[str, Any], place: CodePlace) -> None:
        self.request = request
        self._slice = slice_
        self._place = place
        self._world: Any = None
        self._assumptions: Any = None
        self._loader: Any = None
        self._state: dict[str, Any] = {}
        self._loaders: dict[int, Any] = {}
        self._threads: set[int | None] = set()
        self._warned: Any = None
        self.control: Any = None
        if any(slice_.get(each) for each in _OF_CONTROL) or self._has_notes():
            from .control import Control

            self.control = Control(request, slice_)

    def _has_notes(self) -> bool:
        """Whether inputs are lists of a loop, or say why names are not there."""
        paths = [path for listed in self.request.lists.values() for path in listed]
        collected = any(each.get("collected") for each in self._slice.get("inputs") or ())
        return collected or any(os.path.isfile(f"{path}/missing.json") for path in paths)

    def restore_world(self) -> None:
        """Before anything of the user's runs: make the working folder as it was left."""
        inputs = self._names("inputs")
        outputs = self._names("outputs")
        watches = {"files", "packages"} & self._slice.get("watch", {}).keys()
        if not watches and not any(name.startswith("@") for name in inputs | outputs):
            return
        from .world import World

        self._world = World(
            "@files" in outputs, "@settings" in inputs | outputs, "@environ" in outputs
        )
        self._world.late.update(self._slice.get("late", ()))
        folders, own = [], []
        for each in self._slice["inputs"]:
            if each.get("collected"):
                if "@files" in each["names"]:
                    from .iterations import check_files

                    check_files(self.request.lists.get(each["artifact"], []))
                    made = self.request.lists.get(each["artifact"], [])
                    folders += made[:1]
                    own += made[1:]
                continue
            folder = self.request.input_path(each["artifact"])
            if "@files" in each["names"]:
                folders.append(folder)
            parts = [name for name in each["names"] if name.startswith("@")]
            parts = [name for name in parts if name not in _WITH_VALUES]
            if parts:
                self._state.update(self._load(folder, parts))
        self._world.restore_before(self._state, folders, own, bool(self._slice.get("loop")))

    def load(self, runner: Any) -> None:
        """After the prelude: bind the values from earlier steps."""
        namespace = runner.namespace
        loaded: dict[str, Any] = {}
        for each in self._slice.get("inputs") or ():
            names = [name for name in each["names"] if not name.startswith("@")]
            names += [name for name in each["names"] if name in _WITH_VALUES]
            try:
                loaded.update(self._values(each, names))
            except StepFailure as failure:
                for seen in failure.broken:
                    seen["cells"] = [cell["cell_id"] for cell in self._slice["cells"]]
                raise
        if self._slice.get("given"):
            from .given import load

            loaded.update(load(self._place, self._slice, self._reader()))
        states = set(self._slice.get("states") or ())
        if states & loaded.keys():
            from .definitions import put_states

            loaded = put_states(namespace, loaded, states)
        if self._loader:
            self._loader.release()
            if self._loader.shown:
                runner.follow_on(loaded["_"])
            runner.remember_shown(loaded)
        self._state.update({name: loaded.pop(name) for name in _WITH_VALUES & loaded.keys()})
        namespace.update(loaded)
        if self._world:
            watched = self._slice.get("watch", {}).get("packages", ())
            names = sorted({*watched, *self._slice.get("stateful", ())})
            self._world.watch_packages(names, self._slice, self._state, namespace)
            self._world.restore_after_imports(self._state)
        if self._slice.get("read_only") or self._slice.get("watch"):
            from .assumptions import Assumptions

            self._assumptions = Assumptions(self._slice, loaded, self._world, namespace)

    def begin(self) -> None:
        """Before the cells: note what runs beside them, and which warnings were shown."""
        inputs = [each for each in self._slice.get("inputs") or () if not each.get("collected")]
        folders = [self.request.input_path(each["artifact"]) for each in inputs]
        if any(os.path.isfile(f"{each}/warned.json") for each in folders):
            from .warned import Warned

            self._warned = Warned(folders)
            self._warned.restore()
        threading: Any = sys.modules.get("threading")
        self._threads = {each.ident for each in threading.enumerate()} if threading else set()

    def run(self, runner: Any, cell: Cell) -> None:
        """Run a cell, and check what was assumed of it."""
        try:
            runner.run(cell)
        except StepFailure as failure:
            from .assumptions import explain

            raise explain(failure, self._assumptions) from None
        if self._assumptions:
            self._assumptions.after(cell)

    def save(self, runner: Any, prelude: list[Cell], cells: list[Cell]) -> None:
        """After the cells: check what was assumed, and write what later steps need."""
        namespace = runner.namespace
        warned = self._take_warned()
        if self._assumptions:
            self._assumptions.check()
        outputs = self._slice.get("outputs") or ()
        if not outputs or (self.control and not self.control.hands_on):
            return
        from .atoms import is_atom
        from .saving import save_values

        slots = [(self.request.output_path(each["artifact"]), each["names"]) for each in outputs]
        values = {
            name: self._world.value(name) if name.startswith("@") else namespace[name]
            for name in self._names("outputs")
            if name.startswith("@") or (name in namespace and not self._is_idle())
        }
        self._check_left(values, [*prelude, *cells], runner)
        shown = "_" in values and namespace["_"] is runner.last_shown()
        crossing = None
        if not all(map(is_atom, values.values())):
            from .grouping import Crossing

            crossing = Crossing(namespace, self._slice)
            states = set(self._slice.get("states") or ())
            if states & values.keys():
                from .definitions import take_states

                take_states(values, states, crossing)
        given = self._loader.places if self._loader else None
        volume = None
        if self._slice.get("data_volume"):
            from .data_volume import volume_of

            volume = volume_of(self._slice)
        save_values(slots, values, [*prelude, *cells], crossing, given, shown, volume)
        for folder, names in slots:
            if "@files" in names:
                self._world.save_files(folder)
            if self.control:
                self.control.note_missing(folder, [each for each in names if each not in values])
            if warned:
                with open(os.path.join(folder, "warned.json"), "w", encoding="ascii") as file:
                    file.write(warned)

    def _take_warned(self) -> str:
        """Return what later steps are to know of warnings that were shown; empty for nothing."""
        if self._warned is None:
            modules = [*sys.modules.values()]
            if not any("__warningregistry__" in getattr(each, "__dict__", ()) for each in modules):
                return ""
            from .warned import Warned

            self._warned = Warned([])
        text: str = self._warned.take()
        return text

    def _check_left(self, values: dict[str, Any], cells: list[Cell], runner: Any) -> None:
        """Fail where what ends with this step has to do with what later steps take."""
        if "tempfile" in sys.modules:
            from .temporary import check_temporary

            check_temporary(values, cells, runner.namespace)
        threading: Any = sys.modules.get("threading")
        if runner.loop is not None or (threading and threading.active_count() > 1):
            from .unfinished import check_unfinished

            check_unfinished(values, cells, runner.loop, self._threads)

    def _is_idle(self) -> bool:
        return bool(self.control and self.control.idle)

    def _values(self, taken: dict[str, Any], names: list[str]) -> dict[str, Any]:
        """Return the values of an input: of a loop, lists over its iterations."""
        if not taken.get("collected"):
            folder = self.request.input_path(taken["artifact"])
            found = self._load(folder, names)
            if self.control and len(found) < len(names):
                from .control import read_missing

                self.control.missing.update(read_missing(folder)[0])
            return found
        from .control import gather, read_missing

        folders = self.request.lists.get(taken["artifact"], [])
        for folder in reversed(folders):
            self.control.missing.update(read_missing(folder)[0])
        return dict(gather(folders, names, self._loaders))

    def _names(self, side: str) -> set[str]:
        return {name for each in self._slice.get(side) or () for name in each["names"]}

    def _load(self, folder: str, names: list[str]) -> dict[str, Any]:
        if not names:
            return {}
        loaded: dict[str, Any] = self._reader().load(folder, names)
        return loaded

    def _reader(self) -> Any:
        if self._loader is None:
            from .loading import Loader

            self._loader = Loader()
        return self._loader
