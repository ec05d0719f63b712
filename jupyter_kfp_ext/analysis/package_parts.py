"""Imports that put a part of a package where its name leads.

After `import a` and `from a import b` there is `a.b`: so whoever takes `a` along needs both.
"""

from collections.abc import Container

from .facts import Import, Statement, imports_of


class PackageParts:
    """The imports of a notebook so far, by package, and the names that lead to packages."""

    def __init__(self) -> None:
        self._loads: dict[str, list[int]] = {}
        self._names: dict[str, str] = {}

    def load(self, statement: Statement, index: int) -> None:
        """Note which packages a statement loads, or parts of them."""
        for each in _imports(statement):
            known = self._loads.setdefault(each.package, [])
            known += [index] if index not in known else []

    def bind(self, name: str, statement: Statement) -> tuple[int, ...]:
        """Note what a statement binds a name to; return the imports that it stands for."""
        self._names.pop(name, None)
        for each in _imports(statement):
            if each.name == name and _leads_to_package(each):
                self._names[name] = each.package
                return tuple(self._loads.get(each.package, ()))
        return ()

    def extended(self, statement: Statement, there: Container[str]) -> set[str]:
        """Return the names, of those that are there, under which a statement adds parts."""
        packages = {each.package for each in _imports(statement)}
        return {name for name, of in self._names.items() if of in packages and name in there}


def _imports(statement: Statement) -> list[Import]:
    return [each for each in imports_of(statement) if each.package]


def _leads_to_package(each: Import) -> bool:
    """Tell `import a`, `import a.b` and `import a as c` from what leads to a part of it."""
    return each.attribute is None and "." not in each.module
