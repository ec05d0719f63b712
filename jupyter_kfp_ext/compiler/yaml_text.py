"""YAML whose bytes do not depend on how PyYAML was installed.

PyYAML's dumper in C is ten times faster than the one in Python but not everywhere, and the two
fold lines and write odd keys differently. So nothing is folded, and documents with odd keys (a
user's dict may have any) are always written by the one in Python.
"""

import re
from typing import Any

_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_./@-]{0,99}")
_BLOCK = re.compile(r"(?=\S)([^\n]*\S\n)+")
"""Lines that both dumpers write alike as a block: none is empty or ends with a space."""


def yaml_text(documents: list[dict[str, Any]]) -> str:
    """Return documents as YAML: keys sorted, texts of several lines as blocks, no aliases."""
    import yaml

    base = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    return dump_with(base if has_plain_keys(documents) else yaml.SafeDumper, documents)


def has_plain_keys(value: Any) -> bool:
    """Whether both of PyYAML's dumpers write all keys of a value in the same way."""
    if isinstance(value, dict):
        return all(_PLAIN_KEY.fullmatch(key) for key in value) and all(
            has_plain_keys(item) for item in value.values()
        )
    return all(has_plain_keys(item) for item in value) if isinstance(value, list) else True


def dump_with(base: Any, documents: list[dict[str, Any]]) -> str:
    """Return the YAML that one of PyYAML's dumper classes writes."""
    import yaml

    dumper: Any = type("Dumper", (base,), {"ignore_aliases": lambda self, data: True})

    def text(representer: Any, value: str) -> Any:
        style = ("|" if _BLOCK.fullmatch(value) else '"') if "\n" in value else None
        return representer.represent_scalar("tag:yaml.org,2002:str", value, style=style)

    dumper.add_representer(str, text)
    dumped: str = yaml.dump_all(documents, Dumper=dumper, sort_keys=True, width=2**30)
    return dumped
