"""The one schema of everything a user may say about a step or a pipeline.

Cell metadata, the magic line, tags, the interface's form, the docs and the compiler all come from
these types. An option is data: name, type, default, one sentence of documentation, an example and
the group of the form that shows it.
"""

import json
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

Cpu = Annotated[
    str, Meta(pattern=r"^[0-9]+(\.[0-9]+)?m?$", description="CPUs, as `2`, `0.5` or `500m`")
]
"""A Kubernetes CPU quantity."""
Memory = Annotated[
    str,
    Meta(
        # Less than a thousand kilobytes is always a forgotten unit: `8` would mean eight bytes.
        pattern=r"^([0-9]+(\.[0-9]+)?(M|Mi|G|Gi|T|Ti|P|Pi)|[0-9]{4,}(k|Ki)|[0-9]{7,})$",
        description="a size with its unit, as `8Gi` or `500Mi`",
    ),
]
"""A Kubernetes memory or storage quantity: bytes, with a unit of 1000 (`M`) or 1024 (`Mi`)."""
Duration = Annotated[
    str,
    Meta(
        pattern=r"^[0-9]+(\.[0-9]+)?(s|m|h|d)?$",
        description="a length of time, as `90` (seconds), `10m`, `2h` or `1d`",
    ),
]
"""A length of time."""
Count = Annotated[int, Meta(ge=0, description="a whole number from 0")]
AtLeastOne = Annotated[int, Meta(ge=1, description="a whole number from 1")]

Group = Literal[
    "basics",
    "helpers",
    "resources",
    "image",
    "placement",
    "volumes",
    "environment",
    "control",
    "advanced",
]
"""Where the form shows an option."""


def _meta(description: str, group: Group, example: Any) -> Meta:
    return Meta(description=description, examples=[example], extra_json_schema={"x-group": group})


class Option(
    Struct,
    repr_omit_defaults=True,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
):
    """Base of all option types: immutable, and an unknown field is an error."""


def as_json(options: Option) -> dict[str, Any]:
    """Return what is said of options as JSON has it: lists for tuples, nothing for defaults."""
    made: dict[str, Any] = json.loads(msgspec.json.encode(options))
    return made


class SecretEnv(Option, frozen=True):
    """An environment variable filled from a key of a Kubernetes Secret."""

    name: str
    secret: str
    key: str


class ConfigMapEnv(Option, frozen=True):
    """An environment variable filled from a key of a ConfigMap."""

    name: str
    config_map: str
    key: str


class SecretVolume(Option, frozen=True):
    """A Secret mounted as a folder of files."""

    secret: str
    path: str
    optional: bool = False


class ConfigMapVolume(Option, frozen=True):
    """A ConfigMap mounted as a folder of files (the whole map: KFP cannot mount parts)."""

    config_map: str
    path: str
    optional: bool = False


class Volume(Option, frozen=True):
    """A persistent volume claim mounted in the step: one that is there, or one of the run's own."""

    claim: str
    path: str
    sub_path: str = ""
    read_only: bool = False
    size: Memory | None = None
    """The run makes the claim for its steps and removes it at its end; None: it is there."""
    storage_class: str | None = None
    """Of a claim that the run makes; None: the cluster's default."""
    access_modes: tuple[str, ...] = ("ReadWriteOnce",)
    """Of a claim that the run makes."""
    snapshot: bool = False
    """Have the cluster keep what is on it as it is before the step (VolumeSnapshot)."""
    snapshot_class: str | None = None
    """Of that snapshot; None: the cluster's default."""


class HelpersVolume(Option, frozen=True):
    """The claim by which code reaches the steps, and how it gets there (docs/helpers.md)."""

    claim: str
    folder: str = "kfp-code"
    """Folder of the claim that holds the bundles."""
    mounted: str = ""
    """Where this machine has the claim mounted; empty: a short-lived pod writes to it."""
    live: str = ""
    """Folder of the claim with the working tree that steps use as it is; empty: none."""


class DataVolume(Option, frozen=True):
    """The claim on which large values stay: only their hashes go through the object store."""

    claim: str
    folder: str = "kfp-data"
    """Folder of the claim that holds the values."""
    above: Memory = "100Mi"
    """Values from this size on stay there."""
    steps: tuple[str, ...] = ()
    """Steps all of whose values stay there, of any size."""


class HelpersPackage(Option, frozen=True):
    """A module beside the notebook that is installed as a package instead of being sent."""

    module: str
    """As it is imported; what is below a package belongs to it."""
    requirement: str
    """`name==version`, `name @ URL` of a wheel, or the path of a wheel or of a project's folder
    from the notebook's folder: the wheel goes along with the code."""


class Scratch(Option, frozen=True):
    """Scratch space that goes with the pod: an empty folder, or a new claim of a size and class."""

    path: str
    size: Memory | None = None
    storage_class: str | None = None
    access_modes: tuple[str, ...] = ("ReadWriteOnce",)


class Toleration(Option, frozen=True):
    """A taint that the step's pod tolerates."""

    key: str = ""
    operator: Literal["Equal", "Exists"] = "Equal"
    value: str = ""
    effect: Literal["", "NoSchedule", "PreferNoSchedule", "NoExecute"] = ""
    seconds: int | None = None


class NodeExpression(Option, frozen=True):
    """A condition on a node label, as in a Kubernetes node affinity."""

    key: str
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"] = "In"
    values: tuple[str, ...] = ()
    weight: Annotated[int, Meta(ge=1, le=100)] | None = None
    """1 to 100 makes it a preference; None makes it a requirement."""


class Security(Option, frozen=True):
    """The user and group that the step's process runs as."""

    run_as_user: int | None = None
    run_as_group: int | None = None
    run_as_non_root: bool | None = None


class Retries(Option, frozen=True):
    """How often a failed step is tried again, and how long to wait between attempts."""

    count: Count
    backoff: Duration = "0s"
    backoff_factor: Annotated[float, Meta(ge=1)] = 2.0
    backoff_max: Duration = "1h"


class StepOptions(Option, frozen=True):
    """All options of a step. None (or empty) means: not said."""

    after: Annotated[tuple[str, ...], _meta("Steps that must end first.", "basics", ["clean"])] = ()
    display_name: Annotated[
        str | None, _meta("Title in the interface.", "basics", "Train the model")
    ] = None
    description: Annotated[
        str | None, _meta("One sentence about the step.", "basics", "Fits the classifier.")
    ] = None
    cache: Annotated[
        bool | None,
        _meta("Reuse an earlier result of the same code and inputs.", "basics", False),
    ] = None
    cpu: Annotated[Cpu | None, _meta("CPU request.", "resources", "500m")] = None
    cpu_limit: Annotated[Cpu | None, _meta("CPU limit.", "resources", "2")] = None
    memory: Annotated[Memory | None, _meta("Memory request.", "resources", "8Gi")] = None
    memory_limit: Annotated[Memory | None, _meta("Memory limit.", "resources", "16Gi")] = None
    gpu: Annotated[Count | None, _meta("Number of GPUs.", "resources", 1)] = None
    gpu_type: Annotated[
        str | None, _meta("Kubernetes resource name of the GPU.", "resources", "nvidia.com/gpu")
    ] = None
    shared_memory: Annotated[
        Memory | None, _meta("Size of /dev/shm, for data loaders.", "resources", "2Gi")
    ] = None
    image: Annotated[
        str | None, _meta("Container image with Python 3.9+.", "image", "python:3.12")
    ] = None
    packages: Annotated[
        tuple[str, ...], _meta("Python packages to install.", "image", ["scikit-learn>=1.5"])
    ] = ()
    image_pull_policy: Annotated[
        Literal["Always", "IfNotPresent", "Never"] | None,
        _meta("When to pull.", "image", "IfNotPresent"),
    ] = None
    image_pull_secrets: Annotated[
        tuple[str, ...], _meta("Secrets with registry credentials.", "image", ["registry-login"])
    ] = ()
    node_selector: Annotated[
        dict[str, str], _meta("Labels that the node must have.", "placement", {"disk": "ssd"})
    ] = {}
    tolerations: Annotated[
        tuple[Toleration, ...],
        _meta(
            "Node taints that are tolerated.",
            "placement",
            [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}],
        ),
    ] = ()
    affinity: Annotated[
        tuple[NodeExpression, ...],
        _meta(
            "Conditions on node labels.",
            "placement",
            [{"key": "zone", "operator": "In", "values": ["a", "b"]}],
        ),
    ] = ()
    env: Annotated[
        dict[str, str], _meta("Environment variables.", "environment", {"MODE": "fast"})
    ] = {}
    secret_env: Annotated[
        tuple[SecretEnv, ...],
        _meta(
            "Environment variables from Secrets.",
            "environment",
            [{"name": "TOKEN", "secret": "hub", "key": "token"}],
        ),
    ] = ()
    config_map_env: Annotated[
        tuple[ConfigMapEnv, ...],
        _meta(
            "Environment variables from ConfigMaps.",
            "environment",
            [{"name": "MODE", "config_map": "settings", "key": "mode"}],
        ),
    ] = ()
    volumes: Annotated[
        tuple[Volume, ...],
        _meta(
            "Persistent volume claims to mount.", "volumes", [{"claim": "data", "path": "/data"}]
        ),
    ] = ()
    secret_volume: Annotated[
        tuple[SecretVolume, ...],
        _meta("Secrets mounted as folders.", "volumes", [{"secret": "certs", "path": "/certs"}]),
    ] = ()
    config_map_volume: Annotated[
        tuple[ConfigMapVolume, ...],
        _meta(
            "ConfigMaps mounted as folders.",
            "volumes",
            [{"config_map": "settings", "path": "/settings"}],
        ),
    ] = ()
    scratch: Annotated[
        tuple[Scratch, ...],
        _meta(
            "Scratch folders that go with the pod.",
            "volumes",
            [{"path": "/scratch", "size": "100Gi"}],
        ),
    ] = ()
    timeout: Annotated[
        Duration | None, _meta("Longest time an attempt may take.", "control", "2h")
    ] = None
    retries: Annotated[
        Retries | None,
        _meta("Further attempts after a failure.", "control", {"count": 3, "backoff": "30s"}),
    ] = None
    fuse: Annotated[
        bool | None,
        _meta("Run in the pod of the step that it waits for.", "control", True),
    ] = None
    for_each: Annotated[
        str | None,
        _meta("Loop: `lr in [0.1, 0.01]` or `f in files`.", "control", "lr in [0.1, 0.01]"),
    ] = None
    for_each_limit: Annotated[
        AtLeastOne | None, _meta("At most this many iterations at once.", "control", 4)
    ] = None
    when: Annotated[
        str | None, _meta("Condition: `accuracy > 0.9`.", "control", "accuracy > 0.9")
    ] = None
    on_exit: Annotated[
        bool | None, _meta("Run at the end, also after a failure.", "control", True)
    ] = None
    labels: Annotated[
        dict[str, str], _meta("Labels of the pod.", "advanced", {"team": "vision"})
    ] = {}
    annotations: Annotated[
        dict[str, str], _meta("Annotations of the pod.", "advanced", {"example.com/owner": "ada"})
    ] = {}
    security: Annotated[
        Security | None, _meta("User and group of the process.", "advanced", {"run_as_user": 1000})
    ] = None


class PipelineSettings(Option, frozen=True):
    """What a notebook's own `kfp` metadata says about the pipeline as a whole."""

    name: Annotated[str | None, _meta("Name of the pipeline.", "basics", "digits")] = None
    description: Annotated[
        str | None, _meta("One sentence about it.", "basics", "Trains a digit classifier.")
    ] = None
    experiment: Annotated[
        str | None, _meta("Experiment that runs belong to.", "basics", "baseline")
    ] = None
    engine: Annotated[
        str | None, _meta("`local`, or the name of a connection.", "basics", "local")
    ] = None
    split: Annotated[
        Literal["headings", "cells", "none"] | None,
        _meta("How a notebook without marks is cut into steps.", "basics", "headings"),
    ] = None
    helpers: Annotated[
        Literal["auto", "embed", "artifact", "configmap", "volume"] | None,
        _meta("How helper modules reach the steps.", "helpers", "auto"),
    ] = None
    helpers_volume: Annotated[
        HelpersVolume | None,
        _meta("The volume of `volume`.", "helpers", {"claim": "team"}),
    ] = None
    helpers_packages: Annotated[
        tuple[HelpersPackage, ...],
        _meta(
            "Mature helper modules, installed instead of sent.",
            "helpers",
            [{"module": "images", "requirement": "ourimages==1.2"}],
        ),
    ] = ()
    data_volume: Annotated[
        DataVolume | None,
        _meta("The volume on which large values stay.", "advanced", {"claim": "team"}),
    ] = None
    roots: Annotated[
        tuple[str, ...] | None,
        _meta("Further folders with modules of yours.", "helpers", ["../lib"]),
    ] = None
    include: Annotated[
        tuple[str, ...] | None,
        _meta(
            "Modules and files that go along in any case.", "helpers", ["plugins.*", "labels/*.txt"]
        ),
    ] = None
    exclude: Annotated[
        tuple[str, ...] | None,
        _meta(
            "Files that never go along, as in a `.gitignore`.", "helpers", ["*.bak", "experiments/"]
        ),
    ] = None
    cache: Annotated[bool | None, _meta("Reuse earlier results.", "basics", True)] = None
    fuse: Annotated[
        Literal["never", "auto"] | None,
        _meta("Whether steps in a row share a pod on a cluster.", "advanced", "auto"),
    ] = None
    defaults: Annotated[
        StepOptions, _meta("Options of every step.", "basics", {"memory": "2Gi"})
    ] = StepOptions()
