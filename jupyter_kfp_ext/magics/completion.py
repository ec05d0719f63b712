"""What Tab offers in a line of these magics: their commands, and every option."""

import re
from typing import Any

from .arguments import COMMANDS, options_of

_NAME = "jupyter_kfp_ext"
_LINE = re.compile(r"(?:^|=)\s*%kfp\s+(.*)$")
_CELL = re.compile(r"%%(kfp\s+remote|component)\s+(.*)$")


def offered(before: str) -> tuple[str, list[str]]:
    """Return the word that ends at the cursor, and what it may become.

    `before` is the cell up to the cursor. Nothing is offered outside of these magics.
    """
    line = before.rpartition("\n")[2]
    word = re.split(r"\s", line)[-1]
    return word, [each for each in _choices(before, line) if each.startswith(word)]


def _choices(before: str, line: str) -> list[str]:
    if cell := _CELL.match(before):
        from ..notation.magic import option_flags
        from .remote import remote_options

        return option_flags() if cell[1] == "component" else remote_options()
    if before.startswith("%%kfp") and before == line:
        return ["remote"]
    said = _LINE.search(line)
    if said is None:
        return []
    command, space, _ = said[1].partition(" ")
    return options_of(command) if space else list(COMMANDS)


def register(shell: Any) -> None:
    """Offer these in a shell, and nothing else there: after `--` any name would fit.

    IPython before 8.6 knows no such matchers, and offers what it offers.
    """
    try:
        from IPython.core.completer import context_matcher
    except ImportError:
        return

    shell.Completer.custom_matchers.append(context_matcher(identifier=_NAME)(_matcher))


def unregister(shell: Any) -> None:
    """Take back what `register` offers."""
    matchers = shell.Completer.custom_matchers
    if _matcher in matchers:
        matchers.remove(_matcher)


def _matcher(context: Any) -> dict[str, Any]:
    """Answer IPython's `CompletionContext` with a `SimpleMatcherResult`."""
    from IPython.core.completer import SimpleCompletion

    lines = context.full_text.split("\n")[: context.cursor_line]
    word, found = offered("\n".join([*lines, context.text_until_cursor]))
    return {
        "completions": [SimpleCompletion(text=each, type="magic") for each in found],
        "matched_fragment": word,
        "ordered": True,
        "suppress": bool(found),
    }
