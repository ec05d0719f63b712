"""Takes out of source text what only its readers need: code in a command is paid for by the byte.

Comments and standing strings (docstrings) go; what stays keeps its line, so that a traceback names
the line of the repository. This reads the text itself, not through `tokenize`: that would give
other tokens in each version of Python, and take longer than all the rest of compiling.
"""

import re

_PIECES = re.compile(
    r'''
      (?P<standing> ^(?P<indent>[ ]*)"""(?:[^"\\]|\\.|"(?!""))*"""$ )
    | (?P<comment> [ ]*\#[^\n]* )
    | """(?:[^"\\]|\\.|"(?!""))*"""
    | "(?:[^"\\\n]|\\.)*"
    | '(?:[^'\\\n]|\\.)*'
    ''',
    re.MULTILINE | re.DOTALL | re.VERBOSE,
)
"""Comments, and all strings: what looks like a comment within a string is none."""
_NEXT_INDENT = re.compile(r"\s*\n( *)\S")


def strip_source(text: str) -> str:
    """Return Python source without comments and standing strings, each line in its place.

    It takes source as ruff formats it: three quotes at the start of a line begin a docstring, and
    nothing stands behind it.
    """
    bare = _PIECES.sub(lambda found: "" if found["comment"] else found[0], text)
    return _PIECES.sub(_without_standing, bare)


def _without_standing(found: re.Match[str]) -> str:
    if not found["standing"]:
        return found[0]
    lines = "\n" * found[0].count("\n")
    indent = len(found["indent"])
    following = _NEXT_INDENT.match(found.string, found.end())
    is_first = found.string.endswith(":\n", 0, found.start())
    if is_first and (not following or len(following[1]) < indent):
        return " " * indent + "pass" + lines  # it is all that its block holds
    return lines
