"""How torch is set up for the whole process: types, devices, printing, what is repeatable."""

from __future__ import annotations

from contextlib import suppress

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    from typing import Any

_FUNCTIONS = {
    "dtype": ("get_default_dtype", "set_default_dtype"),
    "device": ("get_default_device", "set_default_device"),
    "threads": ("get_num_threads", "set_num_threads"),
    "gradients": ("is_grad_enabled", "set_grad_enabled"),
    "anomaly": ("is_anomaly_enabled", "set_anomaly_enabled"),
    "precision": ("get_float32_matmul_precision", "set_float32_matmul_precision"),
    "warnings": ("is_warn_always_enabled", "set_warn_always"),
}
"""For each key: the function that returns a setting, and that which makes it."""
_VARIABLES = {
    "cudnn": ("enabled", "benchmark", "deterministic", "allow_tf32"),
    "cuda.matmul": ("allow_tf32",),
}
"""Of each part of `torch.backends`."""
_PRINTING = ("precision", "threshold", "edgeitems", "linewidth", "sci_mode")


def get_torch(torch: Any) -> dict[str, Any]:
    """Return the settings that this version of torch tells of, by key."""
    found: dict[str, Any] = {}
    for key, (getter, _) in _FUNCTIONS.items():
        if hasattr(torch, getter):
            found[key] = getattr(torch, getter)()
    found["deterministic"] = (
        torch.are_deterministic_algorithms_enabled(),
        torch.is_deterministic_algorithms_warn_only_enabled(),
    )
    for part, names in _VARIABLES.items():
        for name in names:
            with suppress(AttributeError, RuntimeError):  # of another version, or set by a new name
                found[f"{part} {name}"] = getattr(_part(torch, part), name)
    options = torch._tensor_str.PRINT_OPTS
    found["printing"] = {name: getattr(options, name) for name in _PRINTING}
    return found


def put_torch(torch: Any, state: dict[str, Any]) -> None:
    """Make some settings as they were."""
    for key, value in state.items():
        part, _, name = key.partition(" ")
        if name:
            setattr(_part(torch, part), name, value)
        elif key == "deterministic":
            torch.use_deterministic_algorithms(value[0], warn_only=value[1])
        elif key == "printing":
            torch.set_printoptions(**value)
        else:
            getattr(torch, _FUNCTIONS[key][1])(value)


def _part(torch: Any, dotted: str) -> Any:
    part = torch.backends
    for name in dotted.split("."):
        part = getattr(part, name)
    return part
