"""The line `%%component NAME [--option value ...]`: read by the notation and by IPython alike."""

import ast
import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from ..errors import Code, KfpExtError, Problem
from .convert import Wording, convert_options, unknown_option
from .flags import read_flag, write_flag
from .options import StepOptions, as_json
from .schema import OptionSpec, specs

_LINE = re.compile(r"^\s*%%component(?=\s|$)(?P<rest>.*)$")
_REMOTE = re.compile(r"^\s*%%kfp\s+remote(?=\s|$)")
_OF_THE_KERNEL = re.compile(r"^(\s*)%(kfp(?=\s|$)|(re)?load_ext\s+jupyter_kfp_ext\s*(#.*)?$)")
_PYTHON_MAGIC = re.compile(r"^\s*%%(time|timeit|capture|prun|memit|mprun)\b")
_USAGE = "Write `%%component NAME [--option value ...]`."


def _quoted(spec: OptionSpec) -> str:
    return shlex.join(write_flag(spec, spec.example))


MAGIC = Wording(option=lambda spec: spec.flag, example=_quoted, lax=True)


@dataclass(frozen=True)
class ComponentLine:
    """What a magic line says. Problems have no cell: who reads the line knows which it is."""

    name: str
    """Name of the step; empty where the line has none (then there is a problem)."""
    options: StepOptions
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class MagicCell:
    """A cell's source cut into its magic line and what runs."""

    rest: str
    """The line after `%%component`."""
    line: int
    """Line number of the magic line, from 1."""
    body: str
    """The source with the magic line blanked, so that line numbers hold."""


def split_magic(source: str) -> MagicCell | None:
    """Return the parts of a cell whose first line with text is the magic; None for any other."""
    lines = source.split("\n")
    first = next((index for index, line in enumerate(lines) if line.strip()), None)
    if first is None:
        return None
    match = _LINE.match(lines[first])
    if match is None:
        return None
    body = "\n".join([*lines[:first], "", *lines[first + 1 :]])
    return MagicCell(match["rest"].strip(), first + 1, body)


def runnable(source: str) -> str:
    """Return what a step runs of a cell: without what our magics say to a kernel, line for line.

    An image need not have this package, and a notebook that runs itself must not do so in a step.
    """
    magic = split_magic(source)
    source = magic.body if magic else source
    lines = source.split("\n")
    first = next((index for index, line in enumerate(lines) if line.strip()), 0)
    if _REMOTE.match(lines[first]):
        lines[first] = ""
    elif ("%kfp" not in source and "jupyter_kfp_ext" not in source) or _is_python(source):
        return source
    return "\n".join(map(_without_own_magic, lines))


def _without_own_magic(line: str) -> str:
    match = _OF_THE_KERNEL.match(line)
    if match is None:
        return line
    # One that is indented may be all that a block has.
    return f"{match[1]}pass" if match[1] else ""


def _is_python(source: str) -> bool:
    try:
        ast.parse(source)
    except (SyntaxError, ValueError):
        return False
    return True


def misplaced_magic(source: str) -> int | None:
    """Return the line number of a `%%component` that is not the cell's first line with text.

    IPython would not see it as a magic. Text in a string or in another cell magic is not meant.
    """
    if source.lstrip().startswith("%%"):
        magic = split_magic(source)
        if magic is None:
            return _below_another_magic(source)
        source = magic.body
    lines = source.split("\n")
    for index, line in enumerate(lines):
        if line.startswith("%%component") and _LINE.match(line):
            try:
                ast.parse("\n".join(lines[:index]))
            except SyntaxError:
                return None
            return index + 1
    return None


def parse_component_line(rest: str) -> ComponentLine:
    """Read what follows `%%component`. Never raises: what is wrong is among the problems."""
    try:
        tokens = shlex.split(rest)
    except ValueError as error:
        problem = Problem(
            Code.MARK_INVALID,
            f"The line cannot be read: {str(error).lower()}.",
            "Close each quotation mark.",
            line=1,
        )
        return ComponentLine("", StepOptions(), (problem,))
    names, said, problems = _sort(tokens)
    raw: dict[str, Any] = {}
    for name, texts in said.items():
        value, unreadable = _value(specs()[name], texts)
        raw[name] = value
        problems += unreadable
    options, wrong = convert_options(raw, StepOptions, MAGIC)
    problems += wrong
    if not names:
        problems.append(Problem(Code.MARK_INVALID, "The line names no step.", _USAGE))
    elif len(names) > 1:
        remedy = f"A name with spaces needs quotes: `%%component {json.dumps(' '.join(names))}`."
        flags = [name.replace("_", "-") for name in raw if isinstance(getattr(options, name), bool)]
        if flags:
            shown = ", ".join(f"`--{flag}` (or `--no-{flag}`)" for flag in flags)
            remedy = f"No value follows {shown}. {remedy}"
        message = f"The line names more than one step: {', '.join(names)}."
        problems.append(Problem(Code.MARK_INVALID, message, remedy))
    return ComponentLine(
        names[0] if names else "", options, tuple(replace(each, line=1) for each in problems)
    )


def component_line(name: str, options: StepOptions) -> str:
    """Return the magic line that says a step's name and options (the inverse of parsing).

    Raises `KfpExtError` (`option-invalid`) where a text has a line break: metadata can hold it.
    """
    raw = as_json(options)
    tokens = [name]
    for option, value in raw.items():
        written = write_flag(specs()[option], value)
        if any("\n" in token or "\r" in token for token in written):
            raise KfpExtError(
                Problem(
                    Code.OPTION_INVALID,
                    f"`{option}` has a line break, which a magic line cannot hold.",
                    "Say it in the cell's metadata, or without the line break.",
                    option=option,
                )
            )
        tokens += written
    return "%%component " + shlex.join(tokens)


def _below_another_magic(source: str) -> int | None:
    """Return the line number of a `%%component` right below a magic that runs Python."""
    texts = [(index, line) for index, line in enumerate(source.split("\n"), 1) if line.strip()]
    if len(texts) > 1 and _PYTHON_MAGIC.match(texts[0][1]) and _LINE.match(texts[1][1]):
        return texts[1][0]
    return None


def option_flags() -> list[str]:
    """Return all options of a step as they are written on a magic line."""
    return list(_by_flag())


@cache
def _by_flag() -> Mapping[str, OptionSpec]:
    spelled = {flag: spec for spec in specs().values() for flag in spec.flags}
    negated = {f"--no-{spec.flag[2:]}": spec for spec in specs().values() if spec.kind == "boolean"}
    return spelled | negated


def _value(spec: OptionSpec, texts: list[str]) -> tuple[Any, tuple[Problem, ...]]:
    """Return the raw value of an option; None with problems where its texts cannot be read."""
    try:
        return read_flag(spec, texts), ()
    except KfpExtError as error:
        return None, error.problems


def _sort(tokens: list[str]) -> tuple[list[str], dict[str, list[str]], list[Problem]]:
    """Return names, the texts of each option, and problems."""
    by_flag = _by_flag()
    names: list[str] = []
    said: dict[str, list[str]] = {}
    problems: list[Problem] = []
    waiting = list(reversed(tokens))
    while waiting:
        token = waiting.pop()
        if not token.startswith("--"):
            names.append(token)
            continue
        flag, equals, text = token.partition("=")
        spec = by_flag.get(flag)
        follows = bool(waiting) and not waiting[-1].startswith("--")
        if spec is None:
            problems.append(unknown_option(flag, specs(), MAGIC))
            if follows and not equals:
                waiting.pop()  # its value, most likely: one mistake, one problem
        elif flag not in spec.flags:
            said.setdefault(spec.name, []).append("false")
        elif equals:
            said.setdefault(spec.name, []).append(text)
        elif spec.kind == "boolean":
            said.setdefault(spec.name, []).append("true")
        elif follows:
            said.setdefault(spec.name, []).append(waiting.pop())
        else:
            problems.append(
                Problem(
                    Code.OPTION_INVALID,
                    f"`{flag}` has no value: it must be {spec.expects}.",
                    f"Write for example `{MAGIC.example(spec)}`.",
                    option=spec.name,
                )
            )
    return names, said, problems
