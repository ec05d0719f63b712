"""The headings of a markdown cell, for cutting a notebook that has no marks."""

import re
from dataclasses import dataclass

_FENCE = re.compile(r"^ {0,3}(```+|~~~+)")
_ATX = re.compile(r"^ {0,3}(?P<marks>#{1,6})(?:[ \t]+(?P<text>.*?))?(?:[ \t]+#+)?[ \t]*$")
_UNDERLINE = re.compile(r"^ {0,3}(?P<mark>=+|-{2,})[ \t]*$")
_PARAGRAPH = re.compile(r"^ {0,3}[^\s#>*+|`~<-]")
_HTML = re.compile(r"<h(?P<level>[1-6])\b[^>]*>(?P<text>.*?)</h(?P=level)>", re.IGNORECASE)
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_TAG = re.compile(r"<[^>]+>")


@dataclass(frozen=True)
class Heading:
    """A heading: level 1 to 6, and its text without markup."""

    level: int
    text: str


def headings(markdown: str) -> tuple[Heading, ...]:
    """Return the headings of a text in order: `#` lines, underlined lines and `<h1>` tags."""
    found: list[Heading] = []
    fence = ""
    before = ""
    for line in markdown.split("\n"):
        opening = _FENCE.match(line)
        if fence:
            fence = "" if opening and opening[1].startswith(fence) else fence
            continue
        if opening:
            fence, before = opening[1], ""
            continue
        heading = _heading(line, before)
        if heading and heading.text:
            found.append(heading)
        before = line
    return tuple(found)


def _heading(line: str, before: str) -> Heading | None:
    atx = _ATX.match(line)
    if atx:
        return Heading(len(atx["marks"]), _bare(atx["text"] or ""))
    underline = _UNDERLINE.match(line)
    if underline and _PARAGRAPH.match(before):
        return Heading(1 if underline["mark"].startswith("=") else 2, _bare(before))
    html = _HTML.search(line)
    return Heading(int(html["level"]), _bare(html["text"])) if html else None


def _bare(text: str) -> str:
    text = _TAG.sub("", _LINK.sub(r"\1", text))
    return " ".join(re.sub(r"[*`]|(?<!\w)_+|_+(?!\w)", "", text).split())
