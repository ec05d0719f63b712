"""`%load_ext jupyter_kfp_ext`: registers `%%component` and `%kfp` in a kernel or a terminal."""

from typing import Any

from . import completion
from .component import component, without_magic_line
from .kfp_line import kfp_magic
from .remote import remote_magic


def load(shell: Any) -> None:
    """Register the magics; loading a second time changes nothing."""
    shell.register_magic_function(component(shell), "cell", "component")
    shell.register_magic_function(kfp_magic(shell), "line", "kfp")
    shell.register_magic_function(remote_magic(shell), "cell", "kfp")
    transforms = shell.input_transformers_cleanup
    if without_magic_line not in transforms:
        transforms.append(without_magic_line)
        completion.register(shell)


def unload(shell: Any) -> None:
    """Remove what `load` registered (`%unload_ext`)."""
    for name in ("component", "kfp"):
        shell.magics_manager.magics["cell"].pop(name, None)
    shell.magics_manager.magics["line"].pop("kfp", None)
    if without_magic_line in shell.input_transformers_cleanup:
        shell.input_transformers_cleanup.remove(without_magic_line)
        completion.unregister(shell)
