"""What the picture of a template shows: the colors and the first lines of its mail."""

import re
from dataclasses import dataclass
from html import unescape

_COLOR = re.compile(r"background:\s*(#[0-9a-fA-F]{6})")
_TITLE = re.compile(r"<title>(.*?)</title>", re.S | re.I)
_BUTTON = re.compile(r"<a [^>]*display:\s*inline-block[^>]*>(.*?)</a>", re.S | re.I)
_HIDDEN = re.compile(r"<(head|style|title)\b.*?</\1>", re.S | re.I)
_BLOCK_END = re.compile(r"</(p|li|h\d|td|div)>|<br\s*/?>", re.I)
_TAG = re.compile(r"<[^>]*>")
_LINE_LENGTH, _MAX_LINES = 31, 6
# The page behind the mail and the mail itself are light; the head of the mail has the first other color.
_PAPER = {"#ffffff", "#e5e7eb", "#f3f4f6"}
_NO_COLOR = "#6b7280"


@dataclass(frozen=True, slots=True)
class Looks:
    """The head of the mail, its first lines, and the text of its first button."""

    color: str
    title: str
    lines: tuple[str, ...]
    button: str


def looks_of(html: str) -> Looks:
    """Reads the looks of a mail."""
    colors = [color.lower() for color in _COLOR.findall(html)]
    title, button = _TITLE.search(html), _BUTTON.search(html)
    head = _text(title[1]) if title else ""
    body = " ".join(_BUTTON.sub("", _HIDDEN.sub("", html)).split())
    lines = [line for line in map(_text, _BLOCK_END.sub("\n", body).split("\n")) if line]
    return Looks(
        color=next((color for color in colors if color not in _PAPER), _NO_COLOR),
        title=head,
        lines=tuple(line[:_LINE_LENGTH] for line in lines if line != head)[:_MAX_LINES],
        button=_text(button[1]) if button else "",
    )


def _text(html: str) -> str:
    return " ".join(unescape(_TAG.sub(" ", html)).split())
