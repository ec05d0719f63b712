"""`%%component NAME [options]`: in the kernel, the cell runs as if the line were not there.

A cell magic that runs its body by itself would change what the user sees: line numbers move by
one, top-level `await` is lost, the last value is shown by another path. So an input transformer
takes a right line away before IPython looks at the cell, and the magic itself only ever sees
wrong ones (or calls from code).
https://ipython.readthedocs.io/en/stable/config/inputtransforms.html
"""

from collections.abc import Callable
from typing import Any


def without_magic_line(lines: list[str]) -> list[str]:
    """Return a cell's lines with a right `%%component` line blanked, any other cell as it is."""
    if not any(line.lstrip().startswith("%%component") for line in lines[:1]):
        return lines
    from ..notation.magic import parse_component_line, split_magic
    from .control import is_controlled

    magic = split_magic("".join(lines))
    if magic is None:
        return lines
    said = parse_component_line(magic.rest)
    if said.problems or is_controlled(said.options):
        return lines
    body = magic.body.splitlines(keepends=True)
    first = next((index for index, line in enumerate(body) if line.strip()), 0)
    # Another cell magic below it must come first, or IPython does not see it as one.
    return body[first:] if body and body[first].startswith("%%") else body


def component(shell: Any) -> Callable[[str, str], None]:
    """Return the magic function for a shell."""

    def component_magic(line: str, cell: str) -> None:
        """Mark a cell as a step of the pipeline: `%%component NAME [--option value ...]`.

        In the kernel the cell runs as usual; `--for-each`, `--when` and `--on-exit` do there what
        they do in the pipeline. `--after STEP`, `--gpu 1`, `--memory 8Gi` and all
        other options are in the documentation (docs/options.md).
        """
        from IPython.core.error import UsageError

        from ..notation.magic import parse_component_line
        from .control import ControlError, is_controlled, run_controlled

        __tracebackhide__ = True
        said = parse_component_line(line)
        if said.problems:
            raise UsageError("\n".join(f"%%component: {each}" for each in said.problems))
        if not is_controlled(said.options):
            shell.run_cell(cell)
            return
        try:
            run_controlled(shell, said.options, cell)
        except ControlError as error:
            raise UsageError(f"%%component: {error}") from None

    from IPython.core.magic import no_var_expand

    # `$name` and `{name}` in an option are what the notebook says, not what IPython makes of them.
    magic: Callable[[str, str], None] = no_var_expand(component_magic)
    return magic
