"""Parts of a cell's source with the rest blanked, so that every line keeps its number."""

from collections.abc import Collection, Sequence

from .facts import Statement


def keep(source: str, statements: Sequence[Statement], kept: Collection[int]) -> str:
    """Return the source with only some of its statements (indices into `statements`)."""
    lines = source.split("\n")
    wanted = {
        line
        for index in kept
        for line in range(statements[index].line, statements[index].end_line + 1)
    }
    # From the last to the first: what stands before on a shared line keeps its columns.
    for index in reversed(range(len(statements))):
        statement = statements[index]
        if index in kept:
            continue
        if {statement.line, statement.end_line} & wanted:
            _pass_instead(lines, statement)
    return "\n".join(text if number in wanted else "" for number, text in enumerate(lines, start=1))


def _pass_instead(lines: list[str], statement: Statement) -> None:
    """Replace a statement that shares a line with a kept one."""
    first, last = statement.line - 1, statement.end_line - 1
    head = lines[first].encode()[: statement.column].decode()
    tail = lines[last].encode()[statement.end_column :].decode()
    for number in range(first + 1, last + 1):
        lines[number] = ""
    if first == last:
        lines[first] = f"{head}pass{tail}"
    else:
        lines[first] = f"{head}pass"
        lines[last] = tail.lstrip(" ;")
