"""The page of the docs that lists every option, written from the schema so that it stays true."""

import json
import shlex

from .convert import METADATA
from .flags import write_flag
from .options import PipelineSettings, StepOptions
from .schema import GROUPS, OptionSpec, specs

_HEAD = """\
# Options

Written by `tools/write_options_page.py` from `jupyter_kfp_ext/notation/options.py`. How they are \
said: [notation](notation.md).

"""


def options_page() -> str:
    """Return the page as Markdown."""
    parts = [_HEAD, "## Options of a step\n\n"]
    for group, title in GROUPS.items():
        chosen = [spec for spec in specs(StepOptions).values() if spec.group == group]
        if chosen:
            parts.append(f"### {title}\n\n{_table(chosen, with_flag=True)}\n")
    with_fields = [spec for spec in specs(StepOptions).values() if spec.fields]
    parts.append("## Options with several fields\n\n")
    parts += [f"### `{spec.name}`\n\n{_fields(spec)}\n" for spec in with_fields]
    settings = list(specs(PipelineSettings).values())
    parts.append(
        "## Settings of the pipeline\n\nIn the notebook's own metadata, under `kfp`.\n\n"
        f"{_table(settings, with_flag=False)}"
    )
    return "".join(parts)


def _table(chosen: list[OptionSpec], with_flag: bool) -> str:
    head = "| option | meaning | a value is | metadata |" + (" magic line |" if with_flag else "")
    rows = [head, "|---" * (head.count("|") - 1) + "|"]
    for spec in chosen:
        cells = [f"`{spec.name}`", spec.description, spec.expects, f"`{METADATA.example(spec)}`"]
        if with_flag:
            cells.append(f"`{shlex.join(write_flag(spec, spec.example))}`")
        rows.append(_row(cells))
    return "\n".join(rows) + "\n"


def _fields(spec: OptionSpec) -> str:
    rows = ["| field | a value is | |", "|---|---|---|"]
    for field in spec.fields:
        default = (
            "" if field.default in (None, "", []) else f"default `{json.dumps(field.default)}`"
        )
        rows.append(
            _row([f"`{field.name}`", field.expects, "needed" if field.required else default])
        )
    return "\n".join(rows) + "\n"


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
