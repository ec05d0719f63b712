"""Which code looks at where values lie: what a mapped array, or a copied list, would answer else.

One place that looks is enough to have all steps keep it, because any of them may make, pass on or
take the value.
"""

import re
from collections.abc import Iterable

_WORDS = {
    "arrays": re.compile(r"\.(base|flags|resize)\b|\bgetsizeof\b|['\"](base|flags|owndata)['\"]"),
    "rooms": re.compile(r"\b(getsizeof|__sizeof__)\b"),
    "tables": re.compile(r"\.info\(|\bmemory_usage\b"),
}


def memory_seen(sources: Iterable[str]) -> tuple[str, ...]:
    """Return what the code looks at, sorted.

    `arrays`: whether they have memory of their own, or whose; `rooms`: the sizes of lists;
    `tables`: what pandas made to look things up.
    """
    text = "\n".join(sources)
    return tuple(sorted(name for name, words in _WORDS.items() if words.search(text)))
