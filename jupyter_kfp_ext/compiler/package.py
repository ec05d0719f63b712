"""The compiled pipeline as files: KFP's YAML and, where needed, a ConfigMap with its code."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import Code, KfpExtError, Problem, errors_in
from ..runtime.source import runtime_source
from ..runtime.step.place import RUNTIME_FILE
from ..storage import write_atomically
from .budget import Budget, StepCost, Verdict, measure
from .bundle_place import CONFIG_MAP_LIMIT, config_map, config_map_name
from .compile import Delivery
from .compiled import CompiledPipeline
from .inline import inline_code, inlined
from .yaml_text import yaml_text


@dataclass(frozen=True)
class Package:
    """What was written, and why in this form."""

    files: tuple[Path, ...]
    """The pipeline first."""
    delivery: Delivery
    reason: str
    """One sentence for people."""
    problems: tuple[Problem, ...] = ()
    """Warnings about running it on KFP."""


def to_yaml(compiled: CompiledPipeline) -> str:
    """Return the pipeline as KFP's YAML: the spec, then the platform spec where there is one.

    The same text on every machine.
    """
    documents = [compiled.spec, *([compiled.platform] if compiled.platform else [])]
    return _header(compiled) + yaml_text(documents)


def write_package(compiled: CompiledPipeline, path: Path) -> Package:
    """Write a pipeline file that KFP takes, self-contained where that fits one run.

    Otherwise the ConfigMap with the code is written beside it, `<stem>.configmap.yaml`, to be
    applied in the run's namespace before the first run. Raises `KfpExtError`: `too-big` where no
    form fits, `storage-failed` where it cannot be written.
    """
    whole = inlined(compiled) if _may_fit_inline(compiled) else None
    if whole and measure(whole).verdict is Verdict.FITS:
        write_atomically(path, to_yaml(whole), private=False)
        return Package((path,), "inline", "The file holds the code of its steps.")
    problems = (*measure(compiled).problems(), *_bundle_problems(compiled))
    if errors_in(problems):
        raise KfpExtError(errors_in(problems))
    manifest = path.with_name(f"{path.stem}.configmap.yaml")
    map_text = yaml_text([config_map(compiled.bundle, compiled.bundle_hash)])
    write_atomically(manifest, map_text, private=False)
    write_atomically(path, to_yaml(compiled), private=False)
    reason = (
        f"The code of {len(compiled.plan.steps)} steps is too large for their commands; apply "
        f"{manifest.name} (ConfigMap {config_map_name(compiled.bundle_hash)}) in the namespace "
        "of the run first."
    )
    return Package((path, manifest), "configmap", reason, problems)


def _may_fit_inline(compiled: CompiledPipeline) -> bool:
    """Whether commands that hold the runtime alone would fit one run.

    Packing it once for each step of a large pipeline would take seconds for nothing.
    """
    least = len(inline_code({RUNTIME_FILE: runtime_source()}))
    cost = StepCost("", container=least, executor_input=0, payload=least)
    return Budget((cost,) * len(compiled.plan.steps), {}).verdict is Verdict.FITS


def _bundle_problems(compiled: CompiledPipeline) -> Iterable[Problem]:
    if len(compiled.bundle) <= CONFIG_MAP_LIMIT - 1024:
        return ()
    return (
        Problem(
            Code.TOO_BIG,
            f"The code of the pipeline takes {len(compiled.bundle) // 1024:,} KiB; a ConfigMap "
            f"holds {CONFIG_MAP_LIMIT // 1024:,} KiB.",
            "Keep data files out of the helper packages, or put the modules into the image.",
        ),
    )


def _header(compiled: CompiledPipeline) -> str:
    info = compiled.spec["pipelineInfo"]
    lines = ["PIPELINE DEFINITION", f"Name: {info['name']}"]
    if "description" in info:
        lines.append(f"Description: {info['description']}")
    parameters = compiled.spec["root"].get("inputDefinitions", {}).get("parameters", {})
    if parameters:
        lines.append("Inputs:")
        lines += [f"   {name}: {_input(each)}" for name, each in parameters.items()]
    return "".join(f"# {line}\n" for line in lines)


def _input(definition: dict[str, Any]) -> str:
    kind: str = definition["parameterType"]
    default = definition.get("defaultValue")
    return kind if default is None else f"{kind} [Default: {default}]"
