"""The one schema of everything a user may say about a step or a pipeline.

Cell metadata, the magic line, tags, the interface's form, the docs and the compiler all come from
these types. An option is data: name, type, default and one sentence of documentation.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

Quantity = Annotated[str, Meta(pattern=r"^[0-9]+(\.[0-9]+)?(m|k|Ki|M|Mi|G|Gi|T|Ti|P|Pi)?$")]
"""A Kubernetes resource quantity: `500m`, `2`, `8Gi`."""
Duration = Annotated[str, Meta(pattern=r"^[0-9]+(\.[0-9]+)?(s|m|h|d)?$")]
"""A length of time: `90` (seconds), `10m`, `2h`, `1d`."""
Count = Annotated[int, Meta(ge=0)]
AtLeastOne = Annotated[int, Meta(ge=1)]


class Option(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Base of all option types: immutable, and an unknown field is an error."""


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
    """A persistent volume claim mounted in the step."""

    claim: str
    path: str
    sub_path: str = ""
    read_only: bool = False


class Scratch(Option, frozen=True):
    """Scratch space that goes with the pod: an empty folder, or a new claim of a size and class."""

    path: str
    size: Quantity | None = None
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
    weight: int | None = None
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

    after: Annotated[tuple[str, ...], Meta(description="Steps that must end first.")] = ()
    image: Annotated[str | None, Meta(description="Container image with Python 3.9+.")] = None
    packages: Annotated[tuple[str, ...], Meta(description="Python packages to install.")] = ()
    cpu: Annotated[Quantity | None, Meta(description="CPU request.")] = None
    cpu_limit: Annotated[Quantity | None, Meta(description="CPU limit.")] = None
    memory: Annotated[Quantity | None, Meta(description="Memory request.")] = None
    memory_limit: Annotated[Quantity | None, Meta(description="Memory limit.")] = None
    gpu: Annotated[Count | None, Meta(description="Number of GPUs.")] = None
    gpu_type: Annotated[str | None, Meta(description="Kubernetes resource name of the GPU.")] = None
    node_selector: Annotated[
        dict[str, str], Meta(description="Labels that the node must have.")
    ] = {}
    tolerations: Annotated[
        tuple[Toleration, ...], Meta(description="Node taints that are tolerated.")
    ] = ()
    affinity: Annotated[
        tuple[NodeExpression, ...], Meta(description="Conditions on node labels.")
    ] = ()
    env: Annotated[dict[str, str], Meta(description="Environment variables.")] = {}
    secret_env: Annotated[
        tuple[SecretEnv, ...], Meta(description="Environment variables from Secrets.")
    ] = ()
    secret_volume: Annotated[
        tuple[SecretVolume, ...], Meta(description="Secrets mounted as folders.")
    ] = ()
    config_map_env: Annotated[
        tuple[ConfigMapEnv, ...], Meta(description="Environment variables from ConfigMaps.")
    ] = ()
    config_map_volume: Annotated[
        tuple[ConfigMapVolume, ...], Meta(description="ConfigMaps mounted as folders.")
    ] = ()
    volumes: Annotated[
        tuple[Volume, ...], Meta(description="Persistent volume claims to mount.")
    ] = ()
    shared_memory: Annotated[
        Quantity | None, Meta(description="Size of /dev/shm, for data loaders.")
    ] = None
    scratch: Annotated[
        tuple[Scratch, ...], Meta(description="Scratch folders that go with the pod.")
    ] = ()
    timeout: Annotated[Duration | None, Meta(description="Longest time an attempt may take.")] = (
        None
    )
    retries: Annotated[Retries | None, Meta(description="Further attempts after a failure.")] = None
    cache: Annotated[
        bool | None, Meta(description="Reuse an earlier result of the same code and inputs.")
    ] = None
    labels: Annotated[dict[str, str], Meta(description="Labels of the pod.")] = {}
    annotations: Annotated[dict[str, str], Meta(description="Annotations of the pod.")] = {}
    image_pull_policy: Annotated[
        Literal["Always", "IfNotPresent", "Never"] | None, Meta(description="When to pull.")
    ] = None
    image_pull_secrets: Annotated[
        tuple[str, ...], Meta(description="Secrets with registry credentials.")
    ] = ()
    security: Annotated[Security | None, Meta(description="User and group of the process.")] = None
    for_each: Annotated[
        str | None, Meta(description="Loop: `lr in [0.1, 0.01]` or `f in files`.")
    ] = None
    for_each_limit: Annotated[
        AtLeastOne | None, Meta(description="At most this many iterations at once.")
    ] = None
    when: Annotated[str | None, Meta(description="Condition: `accuracy > 0.9`.")] = None
    on_exit: Annotated[bool | None, Meta(description="Run at the end, also after a failure.")] = (
        None
    )
    display_name: Annotated[str | None, Meta(description="Title in the interface.")] = None
    description: Annotated[str | None, Meta(description="One sentence about the step.")] = None


class PipelineSettings(Option, frozen=True):
    """What a notebook's own `kfp` metadata says about the pipeline as a whole."""

    name: Annotated[str | None, Meta(description="Name of the pipeline.")] = None
    description: Annotated[str | None, Meta(description="One sentence about it.")] = None
    experiment: Annotated[str | None, Meta(description="Experiment that runs belong to.")] = None
    engine: Annotated[str | None, Meta(description="`local`, or the name of a connection.")] = None
    split: Annotated[
        Literal["headings", "cells", "none"] | None,
        Meta(description="How a notebook without marks is cut into steps."),
    ] = None
    helpers: Annotated[
        Literal["auto", "embed", "artifact", "configmap", "volume"] | None,
        Meta(description="How helper modules reach the steps."),
    ] = None
    cache: Annotated[bool | None, Meta(description="Reuse earlier results.")] = None
    defaults: Annotated[StepOptions, Meta(description="Options of every step.")] = StepOptions()
