"""`--for-each`, `--when` and `--on-exit` in a kernel: the cell runs as it would in the pipeline.

Iterations start from what was before the loop, and what they assign is a list afterwards; a step
whose condition is not true does not run; one for the exit runs where it stands.
"""

import ast
import re
from typing import Any

from ..analysis.cell import analyse_cell, names_of
from ..analysis.control import STATUS, read_for_each
from ..notation.options import StepOptions
from ..runtime.step.control import PipelineStatus, label, skipped_line, take_item


class ControlError(Exception):
    """An option cannot be followed; the text says why."""


_COROUTINE = 0x80
"""`inspect.CO_COROUTINE`"""
_OF_THE_KERNEL = re.compile(r"_+|_i+|_i?\d+|_[iod]h|In|Out|exit|quit|get_ipython")


def is_controlled(options: StepOptions) -> bool:
    """Tell whether a cell's options say more than where and with what it runs."""
    return bool(options.for_each or options.when or options.on_exit)


def run_controlled(shell: Any, options: StepOptions, body: str) -> None:
    """Run a cell's body as its options say; errors of the body are raised as they are."""
    __tracebackhide__ = True
    if options.for_each:
        _for_each(shell, options.for_each, body)
    elif options.when and not eval(options.when, shell.user_ns):
        print(skipped_line(options.when))
    else:
        if options.on_exit:
            shell.user_ns[STATUS] = PipelineStatus()
        _execute(shell, body)


def _for_each(shell: Any, text: str, body: str) -> None:
    __tracebackhide__ = True
    try:
        target, names, expression = read_for_each(text)
    except ValueError as error:
        raise ControlError(f"--for-each {text!r}: {error}") from None
    space = shell.user_ns
    items = [*eval(expression, space)]
    declared = _declared(body)
    assigned = {*names, *analyse_cell(body).binds} - declared
    before = dict(space)
    ends: list[dict[str, Any]] = []
    for item in items:
        try:
            take_item(space, target, item)
            _execute(shell, body)
        except BaseException as error:
            if hasattr(error, "add_note"):
                error.add_note(f"for_each: {target} = {label(item)}")
            raise
        changed = {
            name
            for name, value in space.items()
            if not _is_hidden(name, shell) and before.get(name, shell) is not value
        }
        assigned |= changed - declared
        ends.append({name: space[name] for name in changed - declared})
        for name in changed - declared:
            if name in before:
                space[name] = before[name]
            else:
                del space[name]
    _leave_lists(space, before, assigned, ends)


def _leave_lists(
    space: dict[str, Any], before: dict[str, Any], assigned: set[str], ends: list[dict[str, Any]]
) -> None:
    for name in sorted(assigned - {"_"}):
        found = [{**before, **end}[name] for end in ends if name in end or name in before]
        if len(found) == len(ends):
            space[name] = found
        else:
            space.pop(name, None)


def _is_hidden(name: str, shell: Any) -> bool:
    return bool(_OF_THE_KERNEL.fullmatch(name)) or name in shell.user_ns_hidden


def _declared(body: str) -> set[str]:
    """Return the names of imports, functions and classes: they stay what they are."""
    found = set()
    for statement in analyse_cell(body).statements:
        if statement.declares:
            found |= names_of(statement.operations)[0]
    return found


def _execute(shell: Any, body: str) -> None:
    """Run a cell's text as the kernel does: line numbers, magics, the value of its last line."""
    __tracebackhide__ = True
    code = shell.transform_cell(f"\n{body}")
    name = shell.compile.cache(code, shell.execution_count, raw_code=code)
    tree = ast.parse(code, name)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    flags = shell.compile.flags
    whole = compile(tree, name, "exec", flags, True)
    if whole.co_flags & _COROUTINE:
        raise ControlError("`await` does not work in a cell with a loop or a condition")
    exec(whole, shell.user_ns)
    if last is None:
        return
    if code.rstrip().endswith(";"):
        exec(compile(ast.Module([last], []), name, "exec", flags, True), shell.user_ns)
    else:
        exec(compile(ast.Interactive([last]), name, "single", flags, True), shell.user_ns)
