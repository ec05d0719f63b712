"""Line magics that ipykernel adds to IPython's own, as far as a step can have them."""

from __future__ import annotations

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    from typing import Any

PAGERS = ("less", "more", "man")
"""They show a text in a pager, of which an executed notebook has nothing."""
OF_A_PROCESS = ("connect_info", "edit", "ed", "qtconsole", "subshell")
"""They speak of the kernel's process to whoever sits before it; compiling refuses them too."""


def register(shell: Any) -> None:
    """Add the magics to a shell."""
    from IPython.core.error import UsageError

    def nothing(line: str) -> None:
        pass

    def clear(line: str) -> None:
        shell.system("clear")

    def autosave(line: str) -> None:
        from IPython.display import Javascript, display

        try:
            seconds = int(line)
        except ValueError as error:
            raise UsageError(f"%autosave requires an integer, got {line!r}") from error
        script = Javascript(f"IPython.notebook.set_autosave_interval({1000 * seconds})")
        display(script, include=["application/javascript"])
        print(f"Autosaving every {seconds} seconds" if seconds else "Autosave disabled")

    def refuse(name: str) -> Any:
        def refused(line: str) -> None:
            raise UsageError(
                f"%{name} needs a kernel and someone who sits before it: a step is none."
            )

        return refused

    functions = {"clear": clear, "autosave": autosave}
    functions.update(dict.fromkeys(PAGERS, nothing))
    functions.update({name: refuse(name) for name in OF_A_PROCESS})
    for name, function in functions.items():
        shell.register_magic_function(function, magic_name=name)
