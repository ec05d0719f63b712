"""The notebook's own metadata: settings of the pipeline as a whole, ours and Kale's."""

from collections.abc import Mapping
from typing import Any

import msgspec

from ..errors import Code, Problem, Severity
from .convert import convert_options
from .merge import under
from .notebook import Notebook
from .options import PipelineSettings, StepOptions
from .tags import TAGS, limit_options, read_option_tags, unsupported_limit

KALE_KEYS = ("kubeflow_notebook", "kale")


def read_settings(notebook: Notebook) -> tuple[PipelineSettings, tuple[Problem, ...]]:
    """Return what the notebook's metadata says of the pipeline, with what is wrong in it.

    `kfp` metadata stands above Kale's: Kale's is what a user had, and is never rewritten.
    """
    kale, kale_problems = _read_kale(notebook.metadata)
    own, problems = _read_own(notebook.metadata.get("kfp"))
    said = {
        name: value
        for name in own.__struct_fields__
        if name != "defaults" and (value := getattr(own, name)) is not None
    }
    settings = msgspec.structs.replace(kale, **said, defaults=under(kale.defaults, own.defaults))
    return settings, (*problems, *kale_problems)


def step_defaults(settings: PipelineSettings) -> StepOptions:
    """Return the options under every step: the defaults, and the pipeline's `cache`."""
    if settings.cache is None or settings.defaults.cache is not None:
        return settings.defaults
    return msgspec.structs.replace(settings.defaults, cache=settings.cache)


def _read_own(raw: Any) -> tuple[PipelineSettings, tuple[Problem, ...]]:
    if raw is None:
        return PipelineSettings(), ()
    if not isinstance(raw, Mapping):
        return PipelineSettings(), (_no_object("kfp"),)
    settings, problems = convert_options(
        {name: value for name, value in raw.items() if name != "defaults"}, PipelineSettings
    )
    given = raw.get("defaults")
    if given is None:
        return settings, problems
    if not isinstance(given, Mapping):
        return settings, (*problems, _no_object("kfp.defaults"))
    defaults, wrong = convert_options(given, StepOptions)
    if defaults.after:
        # One default for every step would make each step wait for itself.
        wrong = (*wrong, _after_everywhere())
        defaults = msgspec.structs.replace(defaults, after=())
    return msgspec.structs.replace(settings, defaults=defaults), (*problems, *wrong)


def _read_kale(metadata: Mapping[str, Any]) -> tuple[PipelineSettings, tuple[Problem, ...]]:
    """Read Kale's notebook metadata (kubeflow-kale/kale, `kale/pipeline.py`, `PipelineConfig`)."""
    kale: Mapping[str, Any] = next(
        (metadata[key] for key in KALE_KEYS if isinstance(metadata.get(key), Mapping)), {}
    )
    experiment = kale.get("experiment")
    name = experiment.get("name") if isinstance(experiment, Mapping) else None
    raw = {
        "name": kale.get("pipeline_name"),
        "description": kale.get("pipeline_description"),
        "experiment": kale.get("experiment_name") or name,
        "cache": kale.get("enable_caching"),
    }
    # Kale's editor writes an empty text for what is not said.
    settings, problems = convert_options(
        {key: value for key, value in raw.items() if value != ""}, PipelineSettings
    )
    base: dict[str, Any] = {
        "image": kale.get("base_image") or kale.get("docker_image") or None,
        "timeout": kale.get("timeout"),
    }
    volumes, volume_problems = _kale_volumes(kale.get("volumes"))
    options, wrong = convert_options({**base, "volumes": volumes}, StepOptions)
    defaults, default_problems = _kale_defaults(kale.get("steps_defaults"))
    merged = under(options, defaults)
    found = (*problems, *volume_problems, *wrong, *default_problems)
    if kale.get("katib_run"):
        found = (*found, _unsupported("A Katib run", "Use `for_each` to try several values."))
    return msgspec.structs.replace(settings, defaults=merged), found


def _kale_volumes(raw: Any) -> tuple[list[dict[str, Any]], tuple[Problem, ...]]:
    """Return existing claims as volumes; Kale makes the other kinds on its own cluster."""
    volumes = []
    problems = []
    for each in raw if isinstance(raw, list) else ():
        if not isinstance(each, Mapping):
            continue
        if each.get("type") == "pvc":
            volumes.append({"claim": each.get("name"), "path": each.get("mount_point")})
        else:
            problems.append(
                _unsupported(
                    f"The volume `{each.get('name')}` of Kale's type `{each.get('type')}`",
                    "Mount an existing claim with `volumes`, or say `scratch`.",
                )
            )
    return volumes, tuple(problems)


def _kale_defaults(raw: Any) -> tuple[StepOptions, tuple[Problem, ...]]:
    if isinstance(raw, list):
        return read_option_tags(tag for tag in raw if isinstance(tag, str))
    if not isinstance(raw, Mapping):
        return StepOptions(), ()
    said: dict[str, Any] = {
        "labels": raw.get("labels"),
        "annotations": raw.get("annotations"),
        "image": raw.get("base_image") or None,
        "cache": raw.get("enable_caching"),
        "timeout": raw.get("timeout"),
    }
    if raw.get("retry_count"):
        retries = {
            "count": raw["retry_count"],
            "backoff": raw.get("retry_interval"),
            "backoff_factor": raw.get("retry_factor"),
            "backoff_max": raw.get("retry_max_interval"),
        }
        said["retries"] = retries
    problems: list[Problem] = []
    limits = raw.get("limits")
    for resource, amount in limits.items() if isinstance(limits, Mapping) else ():
        options = limit_options(resource, amount)
        if options is None:
            problems.append(unsupported_limit(resource))
        said.update(options or {})
    converted, wrong = convert_options(said, StepOptions, TAGS)
    return converted, (*problems, *wrong)


def _no_object(key: str) -> Problem:
    return Problem(
        Code.OPTION_INVALID,
        f"The notebook's `{key}` metadata is not an object.",
        "Write an object with the settings, or remove it.",
    )


def _after_everywhere() -> Problem:
    return Problem(
        Code.OPTION_INVALID,
        "`after` cannot be a default of every step.",
        "Say it in the steps that wait.",
        option="after",
    )


def _unsupported(what: str, remedy: str) -> Problem:
    return Problem(
        Code.OPTION_UNSUPPORTED,
        f"{what} is not carried over.",
        remedy,
        severity=Severity.WARNING,
    )
