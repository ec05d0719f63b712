"""A compiled pipeline as a project that needs this extension no more: what each file holds.

Whoever takes the pipeline over gets Python for the kfp SDK that compiles to the same spec, and the
code of the steps as files. Nothing is written here; `folder` does that.
"""

from dataclasses import dataclass
from pathlib import Path

from ...errors import KfpExtError, Problem
from ...helpers.bundle import bundle_files
from ...runtime.bootstrap import BOOTSTRAP
from ..code_artifacts import WRITE_CODE
from ..compiled import CompiledPipeline
from ..mounted_code import kubernetes_settings
from ..package import choose_way
from ..parameters import root_inputs
from ..ways import Way
from .components import BOOTSTRAP_FILE, HAND_OUT_RUNTIME
from .pipeline import BESIDE, OUTPUT, Pipeline, pipeline_text
from .readable_code import readable_files
from .readme import readme, requirements
from .refused import refused
from .tree import read_tree, walk

BUNDLE = "bundle"
_PACKING = Path(__file__).with_name("packing.py")


@dataclass(frozen=True)
class Exported:
    """The files of an exported project, by their paths in it."""

    pipeline: str
    """Its name in KFP."""
    files: dict[str, bytes]
    way: Way
    """How the code gets to the steps."""
    problems: tuple[Problem, ...]
    """Warnings about running it on KFP."""

    @property
    def made(self) -> tuple[str, ...]:
        """The files that its `pipeline.py` writes."""
        return (OUTPUT, *([BESIDE[self.way]] if self.way in BESIDE else []))


def export_pipeline(compiled: CompiledPipeline, source_hash: str) -> Exported:
    """Return a pipeline as a project; equal input gives equal bytes.

    `source_hash` is the sha-256 of the notebook's file. Raises `KfpExtError`: `option-unsupported`
    and `parameter-invalid` where the SDK cannot say what the spec says, and what
    `package.write_package` raises.
    """
    if problems := refused(compiled):
        raise KfpExtError(problems)
    shipping = choose_way(compiled)
    spec, settings = shipping.form.spec, kubernetes_settings(shipping.form.platform)
    plan = compiled.plan
    nodes = read_tree(spec, settings, {step.task: n for n, step in enumerate(plan.steps)})
    declared = spec["root"].get("inputDefinitions", {}).get("parameters", {})
    pipeline = Pipeline(
        spec["pipelineInfo"],
        {key: declared[key] for key in root_inputs(plan)},
        nodes,
        {step.task: step.name for step in plan.steps},
        shipping.way,
    )
    code = readable_files(bundle_files(compiled.bundle))
    texts = {
        "pipeline.py": pipeline_text(pipeline),
        "packing.py": _PACKING.read_text(encoding="utf-8"),
        BOOTSTRAP_FILE: BOOTSTRAP,
        "requirements.txt": requirements(compiled, bool(settings)),
    }
    if any(each.is_step and each.name not in pipeline.titles for each in walk(nodes)):
        texts[HAND_OUT_RUNTIME] = WRITE_CODE
    texts["README.md"] = readme(compiled, shipping, source_hash, [*texts, *code])
    files = {name: text.encode() for name, text in texts.items()}
    files |= {f"{BUNDLE}/{path}": content for path, content in code.items()}
    ordered = dict(sorted(files.items()))
    return Exported(pipeline.info["name"], ordered, shipping.way, shipping.problems)
