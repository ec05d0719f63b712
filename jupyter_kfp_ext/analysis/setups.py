"""How modules are set up (`pd.set_option(...)`, `%matplotlib`): where that has to be done again.

A setting acts on more than the code that names its module: `df` shows itself by the options of
pandas, and `df.plot()` draws in the style of matplotlib.
"""

import sys
from collections.abc import Iterable, Mapping

from .heap import Module, Value

MAGICS = "@magics"
"""Stands for what every later step may notice (`%matplotlib inline`, `warnings.filterwarnings`);
only ever replayed."""
_SHELL_MODULES = frozenset({"IPython", "matplotlib_inline"})
"""What sets these up sets up the shell, which no later step need name."""
LIBRARIES = "@libraries"
"""Stands for how installed libraries are set up; only ever replayed."""


def set_up(needs: Iterable[str], values: Mapping[str, Value], settings: Iterable[str]) -> set[str]:
    """Return the names wherever whose use a statement that makes settings has to be replayed.

    `needs`: the names that the statement reads. `settings`: what it sets, by dotted names.
    """
    needs = tuple(needs)
    modules = {name for name in needs if modules_of((name,), values)}
    made = set(settings)
    roots = {each.split(".")[0] for each in made if "seed" not in each}
    if not made:  # `output_notebook()`: known by what it is called
        roots = modules_of(modules, values)
    of_the_shell = modules_of(needs, values) & _SHELL_MODULES
    if not modules or roots & sys.stdlib_module_names or of_the_shell:
        modules.add(MAGICS)
    if roots - sys.stdlib_module_names:
        modules.add(LIBRARIES)
    return modules


def modules_of(names: Iterable[str], values: Mapping[str, Value]) -> set[str]:
    """Return the first words of the modules that names refer to."""
    return {
        known.dotted.split(".")[0]
        for name in names
        if name in values
        for known in values[name].knows
        if isinstance(known, Module)
    }


def may_use_libraries(modules: Iterable[str], numpy_is_set_up: bool) -> bool:
    """Tell whether one of the modules may use libraries that are set up; numpy uses no other."""
    others = set() if numpy_is_set_up else {"numpy"}
    return bool(set(modules) - sys.stdlib_module_names - others)
