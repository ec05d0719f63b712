"""Options that say in which image a step runs, with which packages, variables and rights."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import Code
from ..notation.options import ConfigMapEnv, SecretEnv, Security
from .names import VOLUME_VARIABLE, is_object_name
from .parts import StepParts
from .volumes import constant

_IMAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/:@-]*")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OURS = ("KFP_STEP_CODE", "KFP_TERMINATION_LOG")


def image(parts: StepParts, value: str) -> None:
    """Write the container image."""
    if _IMAGE.fullmatch(value):
        parts.container["image"] = value
    else:
        parts.refuse(
            "image", f"{value!r} is not the name of an image", "Write `registry/name:tag`."
        )


def packages(parts: StepParts, value: Sequence[str]) -> None:
    """Note the Python packages that the step runtime installs before the first cell."""
    for each in value:
        if not each.strip() or each.startswith("-"):
            parts.refuse(
                "packages", f"{each!r} is not a package", "Write `name`, `name==1.2` or a URL."
            )
    parts.packages.extend(value)


def env(parts: StepParts, value: Mapping[str, str]) -> None:
    """Write environment variables into the container."""
    for name, text in sorted(value.items()):
        if "$$" in text or "$(" in text:
            parts.refuse(
                "env",
                f"Kubernetes would rewrite the value of {name}: `$$` and `$(` have a meaning there",
                "Keep such a value in a Secret or ConfigMap, or set it in the cell.",
            )
        elif _is_free(parts, "env", name) and parts.passes("env", text):
            parts.container.setdefault("env", []).append({"name": name, "value": text})
    parts.depends["env"] = dict(sorted(value.items()))


def secret_env(parts: StepParts, value: Sequence[SecretEnv]) -> None:
    """Fill environment variables from Secrets."""
    parts.kubernetes["secretAsEnv"] = [
        {
            "secretName": each.secret,
            "secretNameParameter": constant(each.secret),
            "keyToEnv": [{"secretKey": each.key, "envVar": each.name}],
            "optional": False,
        }
        for each in value
        if _is_free(parts, "secret_env", each.name)
        and _is_object(parts, "secret_env", each.secret)
        and parts.passes("secret_env", each.key)
    ]
    parts.depends["secret_env"] = [[each.name, each.secret, each.key] for each in value]


def config_map_env(parts: StepParts, value: Sequence[ConfigMapEnv]) -> None:
    """Fill environment variables from ConfigMaps."""
    parts.kubernetes["configMapAsEnv"] = [
        {
            "configMapName": each.config_map,
            "configMapNameParameter": constant(each.config_map),
            "keyToEnv": [{"configMapKey": each.key, "envVar": each.name}],
            "optional": False,
        }
        for each in value
        if _is_free(parts, "config_map_env", each.name)
        and _is_object(parts, "config_map_env", each.config_map)
        and parts.passes("config_map_env", each.key)
    ]
    parts.depends["config_map_env"] = [[each.name, each.config_map, each.key] for each in value]


def image_pull_policy(parts: StepParts, value: str) -> None:
    """Write when the image is pulled."""
    parts.kubernetes["imagePullPolicy"] = value


def image_pull_secrets(parts: StepParts, value: Sequence[str]) -> None:
    """Write the Secrets that hold the registry's credentials."""
    parts.kubernetes["imagePullSecret"] = [
        {"secretName": name, "secretNameParameter": constant(name)}
        for name in value
        if _is_object(parts, "image_pull_secrets", name)
    ]


def security(parts: StepParts, value: Security) -> None:
    """Write the user and group that the step runs as."""
    context: dict[str, Any] = {}
    for name, number in (("runAsUser", value.run_as_user), ("runAsGroup", value.run_as_group)):
        if number is not None and number < 0:
            parts.refuse("security", f"{name} is {number}", "Give 0 or more.")
        elif number is not None:
            context[name] = str(number)
    if value.run_as_non_root is not None:
        context["runAsNonRoot"] = value.run_as_non_root
    if value.run_as_non_root and value.run_as_user == 0:
        parts.refuse(
            "security",
            "user 0 is root, yet `run_as_non_root` is said",
            "Give another user, or leave `run_as_non_root` out.",
            Code.OPTION_CONFLICT,
        )
    if context:
        parts.kubernetes["securityContext"] = context


def _is_free(parts: StepParts, option: str, name: str) -> bool:
    """Whether a variable's name is one, is not ours, and is said once in the three env options."""
    if not _VARIABLE.fullmatch(name) or name in _OURS or name.startswith(VOLUME_VARIABLE):
        own = f"{', '.join(_OURS)} and {VOLUME_VARIABLE}..."
        parts.refuse(
            option,
            f"{name!r} cannot be set",
            f"Use ASCII letters, digits and `_`; {own} are the step's own.",
        )
        return False
    if _variables(parts).count(name) > 1:
        parts.refuse(
            option, f"the variable {name} is said twice", "Keep one.", Code.OPTION_CONFLICT
        )
        return False
    return True


def _variables(parts: StepParts) -> list[str]:
    options = parts.step.options
    return [
        *options.env,
        *(each.name for each in options.secret_env),
        *(each.name for each in options.config_map_env),
    ]


def _is_object(parts: StepParts, option: str, name: str) -> bool:
    if is_object_name(name):
        return True
    parts.refuse(
        option,
        f"{name!r} cannot be the name of a Kubernetes object",
        "Use lower-case letters, digits, `-` and `.`.",
    )
    return False
