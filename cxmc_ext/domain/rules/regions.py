"""Editable regions of a template (`mc:edit`): what may be written into them, and whether it arrived.

A region is what `template.sections` of PUT /campaigns/{campaign_id}/content replaces; MailChimp ignores
sections of templates without such regions, without an error
(https://github.com/drewm/mailchimp-api/issues/195).
"""

import json
import re
from collections.abc import Mapping
from hashlib import sha256
from html import unescape
from html.parser import HTMLParser
from types import MappingProxyType

import nh3

from cxmc_ext.domain.problems import Problem
from cxmc_ext.domain.rules.merge_tags import tags_in

NO_TEXTS: Mapping[str, str] = MappingProxyType({})
# All regions of a mail together; Gmail shows the first 102 KB of a mail only.
MAX_LENGTH = 100_000
# Tags that make MailChimp insert code from elsewhere.
_CODE_TAG = "HTML:"
_TAGS = {
    "a", "b", "blockquote", "br", "center", "code", "div", "em", "font", "h1", "h2", "h3", "h4", "h5", "h6",
    "hr", "i", "img", "li", "ol", "p", "pre", "s", "small", "span", "strong", "sub", "sup", "table", "tbody",
    "td", "tfoot", "th", "thead", "tr", "u", "ul",
}  # fmt: skip
_ATTRIBUTES = {
    "*": {"style", "align", "dir", "lang", "title", "class"},
    "a": {"href", "target"},
    "font": {"color", "face", "size"},
    "img": {"src", "alt", "width", "height", "border"},
    "ol": {"start", "type"},
    "table": {"width", "border", "cellpadding", "cellspacing", "bgcolor", "role", "height"},
    "td": {"width", "height", "valign", "colspan", "rowspan", "bgcolor"},
    "th": {"width", "height", "valign", "colspan", "rowspan", "bgcolor"},
    "tr": {"valign", "bgcolor"},
}
_STYLES = {
    "background", "background-color", "border", "border-bottom", "border-collapse", "border-left",
    "border-radius", "border-right", "border-top", "color", "display", "font", "font-family", "font-size",
    "font-style", "font-weight", "height", "letter-spacing", "line-height", "list-style", "margin",
    "margin-bottom", "margin-left", "margin-right", "margin-top", "max-width", "mso-line-height-rule",
    "padding", "padding-bottom", "padding-left", "padding-right", "padding-top", "text-align",
    "text-decoration", "text-transform", "vertical-align", "white-space", "width", "word-break",
}  # fmt: skip
_CLEANER = nh3.Cleaner(
    tags=_TAGS,
    clean_content_tags={"script", "style", "title", "iframe", "object", "noscript", "template"},
    attributes=_ATTRIBUTES,
    url_schemes={"http", "https", "mailto", "tel"},
    filter_style_properties=_STYLES,
    link_rel=None,
)
_IMAGE = re.compile(r"<img\b[^>]*>")
_TINY = re.compile(r'\b(?:width|height)="[012](?:px)?"|(?:width|height):\s*[012](?:px)?\s*(?:;|")')
_HIDDEN = re.compile(r"display:\s*none")
_LINK = re.compile(r'\b(?:href|src)="([^"]*)"')


def clean_region(html: str) -> str:
    """The part of some HTML that mails can show, well formed: no code, no forms, no hidden images."""
    return _IMAGE.sub(_visible_image, _CLEANER.clean(html)).strip()


def clean_regions(regions: Mapping[str, str]) -> dict[str, str]:
    """What is written into the regions of a mail.

    `region_problem` names what cannot stay. But one parser takes for a comment what another one takes for
    code: what was not named is taken out all the same.
    """
    return {name: clean_region(html) for name, html in regions.items()}


def region_problem(name: str, html: str) -> Problem | None:
    """Why some HTML cannot be written into a region as it is."""
    if any(_CODE_TAG in tag.upper() for tag in tags_in(html)):
        return Problem("region_code_tag", values={"name": name})
    removed = _removed_parts(html)
    if removed:
        return Problem("region_cleaned", values={"name": name, "parts": ", ".join(removed)})
    return None


def regions_problem(regions: Mapping[str, str]) -> Problem | None:
    """The first problem of the edited regions of a mail."""
    if sum(map(len, regions.values())) > MAX_LENGTH:
        return Problem("regions_long", values={"longest": str(MAX_LENGTH)})
    problems = (region_problem(name, html) for name, html in regions.items())
    return next((problem for problem in problems if problem), None)


def missing_regions(
    regions: Mapping[str, str],
    html: str,
    own_html: str = "",
    defaults: Mapping[str, str] = NO_TEXTS,
) -> list[str]:
    """The regions that are not in a mail as they were written, by their words and links.

    Args:
        regions: What was written.
        html: The mail.
        own_html: The mail with the template's own texts.
        defaults: These texts: what was only shortened, or emptied, is within a mail that still has them.
    """
    content, own = content_of(html), content_of(own_html)
    return [
        name
        for name, region in regions.items()
        if not _is_within(wanted := content_of(region), content)
        or _is_still_there(content_of(defaults.get(name, "")), wanted, content, own)
    ]


def content_of(html: str) -> list[str]:
    """The words, links and images of some HTML, in order: what does not change with its formatting."""
    reader = _ContentReader()
    reader.feed(html)
    reader.close()
    return reader.parts


def key_of(edited: Mapping[str, str]) -> str:
    """Names the edited regions of a mail; "" if there are none."""
    if not edited:
        return ""
    return sha256(json.dumps(edited, sort_keys=True).encode()).hexdigest()


def fingerprint(html: str) -> str:
    """Equal for mails that say the same."""
    return sha256("\n".join(content_of(html)).encode()).hexdigest()


class _ContentReader(HTMLParser):
    _SILENT = frozenset({"style", "script", "title"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in self._SILENT
        self.parts += (
            f"{name}={value}" for name, value in attrs if name in ("href", "src") and value
        )

    def handle_endtag(self, tag: str) -> None:
        if tag in self._SILENT and self._silent:
            self._silent -= 1

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.parts += data.split()


class _PartsReader(HTMLParser):
    """Names what `clean_region` removes, for the person who typed it."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: dict[str, None] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _TAGS:
            self.parts[f"<{tag}>"] = None
        for name, value in attrs:
            is_script = "".join((value or "").split()).lower().startswith(("javascript:", "data:"))
            if name.startswith("on") or (name in ("href", "src") and is_script):
                self.parts[name] = None


def _removed_parts(html: str) -> list[str]:
    reader = _PartsReader()
    reader.feed(html)
    reader.close()
    hidden = any(not _visible_image(match) for match in _IMAGE.finditer(_CLEANER.clean(html)))
    return [*reader.parts, *(["<img>"] if hidden else [])]


def _visible_image(match: re.Match[str]) -> str:
    """ "" for an image that nobody can see, such as a tracking pixel, or that cannot be loaded."""
    image = match[0]
    source = _LINK.search(image)
    is_loaded = source is not None and unescape(source[1]).startswith(("https:", "http:", "*|"))
    return "" if not is_loaded or _TINY.search(image) or _HIDDEN.search(image) else image


def _is_still_there(
    default: list[str], wanted: list[str], content: list[str], own: list[str]
) -> bool:
    """Whether a text that was shortened is as often in the mail as in the template."""
    if wanted == default or not _is_within(wanted, default):
        return False
    text = " ".join(default)
    return 0 < " ".join(own).count(text) <= " ".join(content).count(text)


def _is_within(wanted: list[str], content: list[str]) -> bool:
    """Whether the parts occur in this order without a gap; the first and last word may touch others."""
    joined = " ".join(content)
    return " ".join(wanted) in joined or "".join(wanted) in "".join(content)
