"""Mail bodies: merge tags, mc:edit sections, links, plain text."""

import re
from html import escape, unescape
from urllib.parse import urlencode, urlsplit, urlunsplit

from cxmc_ext.standin.models import Json

_MERGE_TAG = re.compile(r"\*\|([A-Z0-9_]+)\|\*")
_SECTION = re.compile(r'(<(\w+)\b[^>]*\bmc:edit="([^"]+)"[^>]*>)(.*?)(</\2>)', re.DOTALL)
_HREF = re.compile(r'href="([^"]+)"')
_MARKUP = re.compile(r"<style.*?</style>|<[^>]+>", re.DOTALL)


def render_merge_tags(text: str, address: str, values: Json, escaped: bool = True) -> str:
    """Replaces the merge tags by one recipient's values; unknown tags stay as they are.

    Args:
        text: HTML, or the plain text of a subject.
        address: The recipient's address.
        values: Merge tag to value.
        escaped: Whether values are escaped for HTML.
    """
    known_values = {"EMAIL": address, "UNIQID": address} | values
    convert = escape if escaped else str

    def replacement(match: re.Match[str]) -> str:
        tag = match[1]
        return convert(str(known_values[tag])) if tag in known_values else match[0]

    return _MERGE_TAG.sub(replacement, text)


def fill_sections(html: str, sections: Json) -> str:
    """Replaces the content of mc:edit elements; sections without such an element are ignored."""

    def replacement(match: re.Match[str]) -> str:
        opening, _, name, default, closing = match.groups()
        return f"{opening}{sections.get(name, default)}{closing}"

    return _SECTION.sub(replacement, html)


def editable_sections(html: str) -> dict[str, str]:
    """The mc:edit elements: name to default content."""
    return {name: default for _, _, name, default, _ in _SECTION.findall(html)}


def trackable_links(html: str) -> list[str]:
    """The URLs of links in order, without the unsubscribe link and mailto."""
    urls = (unescape(url) for url in _HREF.findall(html))
    return list(dict.fromkeys(url for url in urls if url.startswith(("http://", "https://"))))


def decorated(url: str, slug: str) -> str:
    """The URL with the UTM tags that MailChimp adds for Google Analytics."""
    parts = urlsplit(url)
    tags = urlencode({"utm_source": "Cedar Staffing", "utm_medium": "email", "utm_campaign": slug})
    return urlunsplit(parts._replace(query="&".join(filter(None, (parts.query, tags)))))


def plain_text(html: str) -> str:
    lines = (line.strip() for line in unescape(_MARKUP.sub("", html)).splitlines())
    return "\n".join(line for line in lines if line)
