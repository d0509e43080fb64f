"""How a list of the Host becomes the HTML of a region, and which of its entries a clicked link belongs to."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from html import escape, unescape
from typing import NamedTuple
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

from cxmc_ext.domain.blocks import Block, BlockItem, FilledBlock, FilledItem
from cxmc_ext.domain.rules.regions import clean_region, region_problem
from cxmc_ext.domain.rules.texts import is_storable, json_object, storable_text

MAX_ITEMS = 30
MAX_REF_LENGTH = 64
_MAX_TITLE_LENGTH, _MAX_TEXT_LENGTH = 150, 500
_MAX_URL_LENGTH, _MAX_HTML_LENGTH = 1000, 10_000
_URL = re.compile(r"https?://[^\s/<>\"'`|*?#][^\s<>\"'`]*", re.IGNORECASE)
_HREF = re.compile(r'(?<=\bhref=")https?://[^"]*', re.IGNORECASE)
# What MailChimp adds to links (https://mailchimp.com/help/integrate-google-analytics-with-mailchimp/), and
# what another entry's link of the same address gets, so that their clicks can be told apart.
_ADDED_BY_MAILCHIMP = ("utm_", "mc_")
_NUMBER = "cxmc_item"


class UnusedItem(NamedTuple):
    """An entry that is left out of a mail, and why: “url”, “html”, “ref”, “title” or “many”."""

    title: str
    fault: str


class LinkItem(NamedTuple):
    """The entry that a link belongs to."""

    ref: str
    title: str


def fill(block: Block) -> FilledBlock:
    """The block as it is in the CRM now, without the entries that `unused_items` names."""
    items = [_filled(item) for item in block.items if not _fault_of(item)]
    unique = {item.ref: item for item in reversed(items)}
    kept = [item for item in items if unique.get(item.ref) is item]
    return FilledBlock(block.ref, _title(block.title), tuple(kept[:MAX_ITEMS]))


def unused_items(block: Block) -> list[UnusedItem]:
    """The entries that cannot stand in a mail, or are too many for it."""
    faulty = [(item, _fault_of(item)) for item in block.items]
    many = [item for item, fault in faulty if not fault][MAX_ITEMS:]
    unused = [
        *((item, fault) for item, fault in faulty if fault),
        *((item, "many") for item in many),
    ]
    return [UnusedItem(_title(item.title), fault) for item, fault in unused]


def refreshed(filled: FilledBlock, block: Block) -> FilledBlock:
    """The same list with what the CRM says now.

    The user's order and removals are kept; new entries come last.
    """
    now = fill(block)
    current = {item.ref: item for item in now.items if item.ref not in filled.removed}
    known = [item.ref for item in filled.items if item.ref in current]
    order = [*known, *(ref for ref in current if ref not in known)]
    gone = tuple(ref for ref in filled.removed if any(ref == item.ref for item in now.items))
    return replace(now, items=tuple(current[ref] for ref in order), removed=gone)


def is_outdated(filled: FilledBlock, block: Block) -> bool:
    """Whether “Refresh” would change the mail."""
    now = refreshed(filled, block)
    return (now.title, now.items) != (filled.title, filled.items)


def moved(filled: FilledBlock, position: int, by: int) -> FilledBlock:
    """The list with one entry, counted from 0, earlier or later in it."""
    items = list(filled.items)
    if position not in range(len(items)) or position + by not in range(len(items)):
        return filled
    items.insert(position + by, items.pop(position))
    return replace(filled, items=tuple(items))


def without(filled: FilledBlock, position: int) -> FilledBlock:
    """The list without one entry, counted from 0."""
    if position not in range(len(filled.items)):
        return filled
    items = list(filled.items)
    removed = items.pop(position)
    return replace(filled, items=tuple(items), removed=(*filled.removed, removed.ref))


def rendered(blocks: Mapping[str, FilledBlock]) -> dict[str, str]:
    """The HTML of the regions that blocks fill, as {region: HTML}.

    The first link of an address keeps it; the same address in another entry gets a number, so that every
    click can be attributed.
    """
    links = _Links()
    return {
        region: _list_of([links.own(item) for item in block.items])
        for region, block in blocks.items()
    }


def items_by_link(blocks: Mapping[str, FilledBlock]) -> dict[str, LinkItem]:
    """Which entry each link of a mail belongs to, by `link_key`."""
    links = _Links()
    for block in blocks.values():
        for item in block.items:
            links.own(item)
    return links.owners


def link_key(url: str) -> str:
    """Equal for the link of a mail and what MailChimp reports of it, with whatever MailChimp added."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return url
    query = [
        (name, value)
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
        if not name.lower().startswith(_ADDED_BY_MAILCHIMP)
    ]
    path = quote(unquote(parts.path)) or "/"
    return urlunsplit((parts.scheme.lower(), parts.netloc.lower(), path, urlencode(query), ""))


def blocks_from_text(text: str) -> dict[str, FilledBlock]:
    """The blocks of a form, as `blocks_to_text` wrote them. Anything else is nothing."""
    return blocks_from_json(json_object(text))


def blocks_to_text(blocks: Mapping[str, FilledBlock]) -> str:
    """{region: block} as one text; "" for none."""
    stored = {region: block.to_json() for region, block in blocks.items()}
    return json.dumps(stored, ensure_ascii=False) if stored else ""


def blocks_from_json(stored: object) -> dict[str, FilledBlock]:
    """{region: block} as it is stored. Anything else is nothing."""
    try:
        pairs = stored.items() if isinstance(stored, dict) else ()
        blocks = {str(region): FilledBlock.from_json(block) for region, block in pairs}
    except (KeyError, TypeError, ValueError):
        return {}
    return {region: block for region, block in blocks.items() if _is_within_limits(block)}


def _is_within_limits(block: FilledBlock) -> bool:
    """Whether `fill` can have made it: a form can be forged, and its entries are stored with the clicks."""
    texts_by_limit = {
        MAX_REF_LENGTH: [block.ref, *block.removed, *(item.ref for item in block.items)],
        _MAX_TITLE_LENGTH: [block.title, *(item.title for item in block.items)],
    }
    return len(block.items) <= MAX_ITEMS and all(
        len(text) <= limit for limit, texts in texts_by_limit.items() for text in texts
    )


class _Links:
    """Gives every link of a mail's blocks to one entry."""

    def __init__(self) -> None:
        self.owners: dict[str, LinkItem] = {}

    def own(self, item: FilledItem) -> str:
        """Returns the entry's HTML with links of its own."""
        owner = LinkItem(item.ref, item.title)
        return _HREF.sub(lambda match: escape(self._own_link(unescape(match[0]), owner)), item.html)

    def _own_link(self, url: str, owner: LinkItem) -> str:
        """The address, numbered where another entry has it."""
        number, free = 1, url
        while self.owners.setdefault(link_key(free), owner) != owner:
            number += 1
            free = _numbered(url, number)
        return free


def _numbered(url: str, number: int) -> str:
    parts = urlsplit(url)
    query = "&".join(filter(None, (parts.query, f"{_NUMBER}={number}")))
    return urlunsplit(parts._replace(query=query))


def _filled(item: BlockItem) -> FilledItem:
    title = _title(item.title)
    html = item.html or _own_layout(title, item.url, _plain(item.text, _MAX_TEXT_LENGTH))
    return FilledItem(item.ref, title, clean_region(html))


def _own_layout(title: str, url: str, text: str) -> str:
    """It adds no words, so the list is in the language of the CRM's texts."""
    head = f"<b>{escape(title)}</b>"
    if url:
        head = f'<a href="{escape(url)}">{head}</a>'
    lines = "<br>".join(escape(line) for line in text.splitlines())
    return f"{head}<br>{lines}" if lines else head


def _list_of(items: Sequence[str]) -> str:
    if not items:
        return ""
    rows = "\n".join(f'<li style="margin:0 0 16px">{item}</li>' for item in items)
    return f'<ul style="margin:0;padding:0;list-style:none">\n{rows}\n</ul>'


def _fault_of(item: BlockItem) -> str:
    """What keeps an entry out of a mail; "" for nothing."""
    if not 0 < len(item.ref) <= MAX_REF_LENGTH or not is_storable(item.ref):
        return "ref"
    if not _title(item.title):
        return "title"
    if item.url and (len(item.url) > _MAX_URL_LENGTH or not _URL.fullmatch(item.url)):
        return "url"
    if "*|" in item.url or not is_storable(item.url):
        return "url"
    if len(item.html) > _MAX_HTML_LENGTH or not is_storable(item.html):
        return "html"
    if item.html and region_problem("", item.html):
        return "html"
    return ""


def _title(text: str) -> str:
    return " ".join(_plain(text, _MAX_TITLE_LENGTH).split())


def _plain(text: str, longest: int) -> str:
    """A text of the CRM without merge tags, cut to a length, with its line breaks."""
    safe = storable_text(text).replace("*|", "* |").replace("|*", "| *")
    lines = [" ".join(line.split()) for line in safe.splitlines()]
    return "\n".join(lines).strip()[:longest].rstrip()
