"""What the compiler makes: one KFP v2 spec, its platform part and the code bundle it names."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from ..analysis.plan import Plan
from ..errors import Problem
from ..helpers.find import Helpers


class Documents(Protocol):
    """A pipeline as KFP gets it."""

    @property
    def spec(self) -> dict[str, Any]:
        """KFP v2 `PipelineSpec` as JSON (kfp-pipeline-spec)."""

    @property
    def platform(self) -> dict[str, Any]:
        """`PlatformSpec` as JSON (`{"platforms": {"kubernetes": ...}}`); empty where not needed."""


@dataclass(frozen=True)
class Form:
    """A pipeline in one of the forms in which its code can reach the steps."""

    spec: dict[str, Any]
    platform: dict[str, Any]


@dataclass(frozen=True)
class CompiledPipeline:
    """A pipeline ready for an engine. Equal input gives equal bytes on any machine."""

    plan: Plan
    spec: dict[str, Any]
    """KFP v2 `PipelineSpec` as JSON (kfp-pipeline-spec)."""
    platform: dict[str, Any]
    """`PlatformSpec` as JSON (`{"platforms": {"kubernetes": ...}}`); empty where not needed."""
    bundle: bytes
    """The content-addressed zip with runtime, slices and helpers; empty where no step is ours."""
    bundle_hash: str
    """sha-256 of the bundle, hexadecimal; empty where there is none."""
    helpers: tuple[str, ...] = ()
    """Paths of the helper files in the bundle, relative to `helpers/`, sorted."""
    data_files: tuple[str, ...] = ()
    """Data files in the bundle, by path from the notebook's folder (`@parent` for `..`), sorted."""
    problems: tuple[Problem, ...] = ()
    """Warnings that came up while compiling, beside those of the plan."""
    packages: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What each step installs, by task: requirements, and wheels by their path in the bundle."""
    pods: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Steps that share a pod on a cluster, by the name of the task that stands for them there
    (`compiler.shared_pods`)."""
    snapshots: Mapping[str, str] = field(default_factory=dict)
    """Tasks that take snapshots of a step's volumes on a cluster, by the step's task
    (`compiler.snapshots`)."""
    code: Helpers = field(default_factory=Helpers)
    """The user's files in the bundle: of which step, from where on this machine, and why."""
