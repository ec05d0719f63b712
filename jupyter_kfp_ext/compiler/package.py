"""The compiled pipeline as files: KFP's YAML and, where needed, a ConfigMap with its code."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import Code, KfpExtError, Problem, errors_in
from ..storage import write_atomically
from .budget import Verdict
from .bundle_place import BUNDLE_KEY, config_map, config_map_name
from .compiled import CompiledPipeline, Documents
from .for_clusters import for_clusters
from .ways import Shipping, Way, places_of, shipping, volume_folder
from .yaml_text import yaml_text


@dataclass(frozen=True)
class Package:
    """What was written, and why in this form."""

    files: tuple[Path, ...]
    """The pipeline first."""
    delivery: Way
    reason: str
    """One sentence for people."""
    problems: tuple[Problem, ...] = ()
    """Warnings about running it on KFP."""


def to_yaml(form: Documents) -> str:
    """Return the pipeline as KFP's YAML: the spec, then the platform spec where there is one.

    The same text on every machine.
    """
    documents = [form.spec, *([form.platform] if form.platform else [])]
    return _header(form) + yaml_text(documents)


def write_package(compiled: CompiledPipeline, path: Path) -> Package:
    """Write a pipeline file that KFP takes, and beside it the code where that is not within.

    The way is the notebook's setting `helpers`; `auto` takes the self-contained form where that
    fits one run, else a ConfigMap: a file knows no cluster. What is written beside it is to be
    brought to its place before the first run. Raises `KfpExtError`: `too-big` where the way does
    not fit, `option-invalid` where it needs a place that nobody named, `storage-failed`.
    """
    chosen = choose_way(for_clusters(compiled))
    beside, reason = _beside(compiled, chosen, path)
    for place, content in beside.items():
        write_atomically(place, content, private=False)
    write_atomically(path, to_yaml(chosen.form), private=False)
    return Package((path, *beside), chosen.way, reason, chosen.problems)


def choose_way(compiled: CompiledPipeline) -> Shipping:
    """Return a pipeline in the form that a file of it has; raises what `write_package` raises."""
    settings = compiled.plan.model.settings
    places = places_of(settings)
    said = settings.helpers or "auto"
    if said == "auto":
        chosen = shipping(compiled, compiled.bundle, "embed", places)
        if chosen.budget.verdict is not Verdict.FITS:
            chosen = shipping(compiled, compiled.bundle, "configmap", places)
    else:
        if missing := places.missing(said):
            raise KfpExtError(_no_place(said, missing))
        chosen = shipping(compiled, compiled.bundle, said, places)
    if not chosen.fits:
        raise KfpExtError(errors_in(chosen.problems))
    return chosen


def _no_place(way: str, missing: str) -> Problem:
    remedy = (
        'Add `"helpers_volume": {"claim": "NAME"}` to the notebook\'s settings.'
        if way == "volume"
        else "Run it on a connection with --store, or choose another way for a file."
    )
    message = f"The way `{way}` cannot be taken: {missing}."
    return Problem(Code.OPTION_INVALID, message, remedy, option="helpers")


def _beside(
    compiled: CompiledPipeline, chosen: Shipping, path: Path
) -> tuple[dict[Path, str | bytes], str]:
    """Return the further files of a way, and in a sentence what is to be done with them."""
    name = config_map_name(compiled.bundle_hash)
    places = places_of(compiled.plan.model.settings)
    if chosen.way == "configmap":
        manifest = path.with_name(f"{path.stem}.configmap.yaml")
        text = yaml_text([config_map(compiled.bundle, compiled.bundle_hash)])
        return {manifest: text}, (
            f"The steps find their code in the ConfigMap {name}; apply {manifest.name} in the "
            "namespace of the run first."
        )
    if chosen.way == "volume":
        archive = path.with_name(f"{path.stem}.code.zip")
        target = f"{volume_folder(places, compiled.bundle)}/{BUNDLE_KEY}"
        return {archive: compiled.bundle}, (
            f"The steps find their code on the claim {places.claim}; copy {archive.name} there as "
            f"{target} first."
        )
    return {}, "The file holds the code of its steps."


def _header(form: Documents) -> str:
    info = form.spec["pipelineInfo"]
    lines = ["PIPELINE DEFINITION", f"Name: {info['name']}"]
    if "description" in info:
        lines.append(f"Description: {info['description']}")
    parameters = form.spec["root"].get("inputDefinitions", {}).get("parameters", {})
    if parameters:
        lines.append("Inputs:")
        lines += [f"   {name}: {_input(each)}" for name, each in parameters.items()]
    return "".join(f"# {line}\n" for line in lines)


def _input(definition: dict[str, Any]) -> str:
    kind: str = definition["parameterType"]
    default = definition.get("defaultValue")
    return kind if default is None else f"{kind} [Default: {default}]"
