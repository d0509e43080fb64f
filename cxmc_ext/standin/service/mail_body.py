"""Mail bodies: merge tags, mc:edit areas, links."""

import re
from html import escape, unescape

from cxmc_ext.standin.models import Json

_TAG = re.compile(r"\*\|([A-Z0-9_]+)\|\*")
_EDIT = re.compile(r'(<(\w+)\b[^>]*\bmc:edit="([^"]+)"[^>]*>)(.*?)(</\2>)', re.DOTALL)
_HREF = re.compile(r'href="([^"]+)"')
_MARKUP = re.compile(r"<style.*?</style>|<[^>]+>", re.DOTALL)


def render_merge_tags(text: str, address: str, values: Json, escaped: bool = True) -> str:
    """The text as one recipient reads it; unknown tags stay, as a careless template shows them."""
    known = {"EMAIL": address, "UNIQID": address} | values
    change = escape if escaped else str

    def value(found: re.Match[str]) -> str:
        return change(str(known[found[1]])) if found[1] in known else found[0]

    return _TAG.sub(value, text)


def fill_sections(html: str, sections: Json) -> str:
    """Put sections into their mc:edit areas; a section without such an area has no effect."""

    def area(found: re.Match[str]) -> str:
        inner = sections.get(found[3], found[4])
        return f"{found[1]}{inner}{found[5]}"

    return _EDIT.sub(area, html)


def editable_sections(html: str) -> dict[str, str]:
    return {name: inner for _, _, name, inner, _ in _EDIT.findall(html)}


def trackable_links(html: str) -> list[str]:
    """Trackable addresses in order, without the unsubscribe link and mailto."""
    found = (unescape(each) for each in _HREF.findall(html))
    return list(dict.fromkeys(each for each in found if each.startswith(("http://", "https://"))))


def plain_text(html: str) -> str:
    lines = (line.strip() for line in unescape(_MARKUP.sub("", html)).splitlines())
    return "\n".join(line for line in lines if line)
