"""Texts in the code that should not be there: data, passwords, places of one machine."""

import ast
import math
import re
from collections import Counter
from collections.abc import Iterator

from ..errors import Code, Problem, Severity
from ..helpers.refuse import PLACEHOLDER, token_in
from .reading import ReadCell, Reading, text_of

MOST_CHARACTERS = 100_000
"""A literal from here on is data: the code of all steps has to fit into one ConfigMap of 1 MiB."""

_ADDRESS = re.compile(r"^[a-z][\w+.-]*://[^/\s:@{]+:(?!\{)[^/\s:@]{3,}@")
_SECRET_NAME = re.compile(
    r"(^|_)(passwd|password|pwd|secret|secret_key|api_?key|access_key|auth_token|access_token|"
    r"api_token|private_key|client_secret)$",
    re.IGNORECASE,
)


def big_literals(reading: Reading) -> Iterator[Problem]:
    """Yield literals that are data: a pasted table, an image as text."""
    for cell in reading.cells:
        if len(cell.marked.body) < MOST_CHARACTERS:
            continue
        pending: list[ast.AST] = [cell.tree]
        while pending:
            node = pending.pop()
            size = _length(cell, node)
            if size >= MOST_CHARACTERS:
                yield cell.problem(
                    Code.LITERAL_TOO_BIG,
                    f"A literal of {size // 1000:,} kB stands in the code, which travels with "
                    "every step that runs this cell.",
                    "Put the data into a file beside the notebook, and read it here.",
                    Severity.WARNING,
                    node if isinstance(node, ast.expr) else None,
                )
            else:
                pending += ast.iter_child_nodes(node)


def _length(cell: ReadCell, node: ast.AST) -> int:
    """Return the length of a literal's text; 0 for anything else."""
    if isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes)):
        return len(node.value)
    if not isinstance(node, (ast.List, ast.Tuple, ast.Dict, ast.Set)):
        return 0
    lines = cell.marked.body.split("\n")[node.lineno - 1 : node.end_lineno]
    return sum(map(len, lines)) if sum(map(len, lines)) >= MOST_CHARACTERS else 0


def secrets(reading: Reading) -> Iterator[Problem]:
    """Yield literals that look like keys, tokens and passwords; never with their text."""
    for cell in reading.cells:
        told: set[int] = set()
        for node, name, text in _named_texts(cell.tree):
            what = _secret(name, text)
            if what and node.lineno not in told:
                told.add(node.lineno)
                yield cell.problem(
                    Code.SECRET_IN_CODE,
                    f"This looks like {what}: whoever can read the notebook, the pipeline or its "
                    "runs can read it.",
                    "Keep it in a Kubernetes Secret (option `secret_env`) or in the environment, "
                    "and read it with os.environ. If it was ever shared, make a new one.",
                    Severity.WARNING,
                    node,
                )


def _named_texts(tree: ast.AST) -> Iterator[tuple[ast.expr, str, str]]:
    """Yield each literal text with the name that it is given, if any."""
    names: dict[int, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                names[id(node.value)] = _target_name(target)
        elif isinstance(node, ast.keyword) and node.arg:
            names[id(node.value)] = node.arg
        elif isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                names[id(value)] = text_of(key) or ""
        elif isinstance(node, ast.Call) and len(node.args) > 1:
            # `os.environ.setdefault("TOKEN", "...")`, `%env TOKEN=...`
            names.setdefault(id(node.args[1]), text_of(node.args[0]) or "")
        text = text_of(node) if isinstance(node, ast.expr) else None
        if text is not None and isinstance(node, ast.expr):
            setting = re.match(r"^(\w+)=(\S+)$", text)
            if names.get(id(node)) == "env" and setting:
                yield node, setting[1], setting[2]
            yield node, names.get(id(node), ""), text


def _target_name(target: ast.expr) -> str:
    if isinstance(target, ast.Name):
        return target.id
    if isinstance(target, ast.Attribute):
        return target.attr
    if isinstance(target, ast.Subscript):
        return text_of(target.slice) or ""
    return ""


def _secret(name: str, text: str) -> str:
    """Return what kind of secret a text seems to be; empty for none."""
    if len(text) > 20_000:
        return ""
    if token := token_in(text):
        return token[1]
    address = _ADDRESS.search(text)
    if address and not PLACEHOLDER.search(address[0][8:]):
        return "a password in an address"
    if not _SECRET_NAME.search(name) or not 6 <= len(text) <= 200 or PLACEHOLDER.search(text):
        return ""
    if re.search(r"\s", text) or re.match(r"^([A-Z_]+|[./~].*|https?://.*)$", text):
        return ""
    return "a password or key" if _entropy(text) >= 2.3 else ""


def _entropy(text: str) -> float:
    """Return the bits per character of a text: low for a word, high for what a machine made."""
    counts = Counter(text).values()
    return -sum(n / len(text) * math.log2(n / len(text)) for n in counts)
