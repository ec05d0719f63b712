"""Asks a live kernel what it has of a plan: the user agrees first, and the kernel alone looks."""

import base64
import inspect
import json
from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from ..analysis.plan import Plan
from ..errors import Code, KfpExtError, Problem
from ..helpers.find import Helpers
from . import kernel_modules, kernel_probe
from .kernel_drift import Drift, module_files, parse_drift
from .kernel_values import KernelValues, parse_values, probe_arguments


@dataclass(frozen=True)
class KernelSaid:
    """What a kernel said when it was asked."""

    values: KernelValues = field(default_factory=dict)
    """By name."""
    drift: tuple[Drift, ...] = ()
    """Modules that it has in another form than steps would get them."""
    failed: Mapping[str, str] = field(default_factory=dict)
    """Why modules could not be loaded again, by name."""


def probe_expression(plan: Plan, helpers: Helpers, reload: Iterable[str] = ()) -> str:
    """Return a Python expression that looks at what a kernel has of a plan.

    `reload`: modules of the user's that the kernel is to load again before. The value is base64
    of JSON, so that its `repr` is plain; `parse_said` reads it. It binds no name in the kernel.
    """
    files = module_files(helpers)
    names, sources = probe_arguments(plan)
    texts = [inspect.getsource(kernel_probe), inspect.getsource(kernel_modules)]
    reloaded = [each for each in reload if each in files]
    return (
        f"(lambda first, then: ([exec(each, space) for each, space in zip({texts!r}, "
        "(first, then))], __import__('base64').b64encode(__import__('json').dumps({"
        f"'failed': then['reload_modules'](globals(), {reloaded!r}, {files!r}), "
        f"'values': first['look'](globals(), {names!r}, {sources!r}), "
        f"'drift': then['compare_modules']({files!r})"
        "}).encode()).decode())[1])({'__name__': 'kfp_probe'}, {'__name__': 'kfp_probe'})"
    )


def parse_said(answer: str) -> KernelSaid:
    """Read what `probe_expression` gave, quoted or not; raises `KfpExtError` (`usage`)."""
    try:
        said: dict[str, Any] = json.loads(base64.b64decode(answer.strip("'\""), validate=True))
        failed = {str(name): str(why) for name, why in said["failed"].items()}
        return KernelSaid(parse_values(said["values"]), parse_drift(said["drift"]), failed)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise KfpExtError(
            Problem(
                Code.USAGE,
                "What the kernel said of its values cannot be read.",
                "Look again; restart the kernel if that does not help.",
            )
        ) from error


def look_here(namespace: MutableMapping[str, Any], plan: Plan, helpers: Helpers) -> KernelSaid:
    """Look at what this very process has of a plan (`%kfp check` in a kernel)."""
    names, sources = probe_arguments(plan)
    return KernelSaid(
        parse_values(kernel_probe.look(namespace, names, sources)),
        parse_drift(kernel_modules.compare_modules(module_files(helpers))),
    )
