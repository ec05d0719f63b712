"""The live view of a run in a cell's output: a widget with a Cancel button while it goes on.

The display is one updatable output. When the run has ended it is replaced by plain HTML and text,
so that a saved notebook keeps the result where no widget lives any more.
"""

import sys
import threading
from collections.abc import Mapping
from typing import Any

from ..engines.model import RunStatus, State
from ..errors import KfpExtError
from ..runs.words import error_headline, failures
from .html import run_html, run_text


def show_run(shell: Any, run_id: str, numbers: Mapping[str, int], wait: bool) -> None:
    """Show a run while it goes on; returns at once, or with `wait` when it has ended.

    With `wait` an interrupt cancels the run, and a run that fails raises IPython's `UsageError`,
    so that the cells below do not run.
    """
    if not _has_frontend(shell):
        _show_text(run_id, numbers, wait)
        return
    view = RunView(run_id, numbers, button=not wait)
    if not wait:
        threading.Thread(target=view.follow, name=f"kfp-view-{run_id}", daemon=True).start()
        return
    try:
        status = view.follow()
    except KeyboardInterrupt:
        _cancel(run_id)
        status = view.follow()
    _raise_if_failed(status)


def show_once(shell: Any, run: RunStatus) -> None:
    """Show a run as it is now."""
    if not _has_frontend(shell):
        print(run_text(run, {}))
        return
    from IPython.display import display

    display(_bundle(run, {}), raw=True)


class RunView:
    """One updatable output, and the widget in it where ipywidgets is installed."""

    def __init__(self, run_id: str, numbers: Mapping[str, int], button: bool) -> None:
        from IPython.display import display

        from ..runs.registry import Registry

        self._run_id = run_id
        self._numbers = numbers
        status = Registry().get(run_id)
        self._content, widget = _widget(run_html(status, numbers), run_id, button)
        self._handle: Any = display(
            {**widget, **_bundle(status, numbers)}, raw=True, display_id=True
        )

    def follow(self) -> RunStatus:
        """Show each change until the run has ended; returns its last status."""
        from ..runs.engines import keep_runner_ready
        from ..runs.watch import watch

        for status in watch(self._run_id):
            if self._content is not None:
                self._content.value = run_html(status, self._numbers)
            elif not status.state.ended:
                self._handle.update(_bundle(status, self._numbers), raw=True)
        self._handle.update(_bundle(status, self._numbers), raw=True)
        keep_runner_ready()
        return status


def _widget(content: str, run_id: str, button: bool) -> tuple[Any, dict[str, Any]]:
    """Return the HTML widget and the MIME bundle of its box; nothing without ipywidgets."""
    try:
        from ipywidgets import HTML, Button, VBox
    except ImportError:
        return None, {}
    html = HTML(content)
    children: list[Any] = [html]
    if button:
        cancel = Button(description="Cancel", icon="stop", tooltip="End this run")
        cancel.on_click(lambda _: _pressed(cancel, run_id))
        children.append(cancel)
    bundle = VBox(children)._repr_mimebundle_()
    return html, {key: value for key, value in bundle.items() if "widget-view" in key}


def _pressed(button: Any, run_id: str) -> None:
    button.disabled = True
    button.description = "Cancelling"
    _cancel(run_id)


def _cancel(run_id: str) -> None:
    from ..runs.chain import cancel
    from ..runs.registry import Registry

    try:
        cancel(Registry().get(run_id))
    except KfpExtError as error:  # it has ended meanwhile: the view says so
        print(error, file=sys.stderr)


def _bundle(run: RunStatus, numbers: Mapping[str, int]) -> dict[str, Any]:
    return {"text/plain": run_text(run, numbers), "text/html": run_html(run, numbers)}


def _has_frontend(shell: Any) -> bool:
    return getattr(shell, "kernel", None) is not None


def _show_text(run_id: str, numbers: Mapping[str, int], wait: bool) -> None:
    if not wait:
        print(f"Started {run_id}. Look at it with: %kfp status")
        return
    from ..runs.watch import watch

    seen: dict[str, State] = {}
    try:
        for status in watch(run_id):
            for step in status.steps:
                if seen.get(step.task, State.PENDING) is not step.state:
                    print(f"{step.name}  {step.state.value}")
                seen[step.task] = step.state
    except KeyboardInterrupt:
        _cancel(run_id)
        return
    print(run_text(status, numbers))
    _raise_if_failed(status)


def _raise_if_failed(status: RunStatus) -> None:
    if status.state is State.SUCCEEDED:
        return
    from IPython.core.error import UsageError

    said = [f"{step.name}: {error_headline(step)}" for step in failures(status)]
    raise UsageError("\n".join([f"The run {status.id} ended as {status.state.value}.", *said]))
