"""Merge tags in a subject or a mail: which there are, who fills them in, and a preview of that.

Merge tags: https://mailchimp.com/help/all-the-merge-tags-cheat-sheet/
"""

import re
from collections.abc import Iterable, Mapping
from html import escape

from cxmc_ext.domain.merge_fields import AudienceField

_TAG = re.compile(r"\*\|([^|*<>]{1,80})\|\*")
# Tags that stand for a URL; they lead nowhere in a preview.
_URL_TAGS = {"UNSUB", "UPDATE_PROFILE", "FORWARD", "ARCHIVE"}
# Tags that MailChimp fills in for every audience, and the beginnings of those with an argument.
_MAILCHIMP_TAGS = frozenset({
    "EMAIL", "UNIQID", "EMAIL_UID", "EMAIL_TYPE", "EMAIL_DOMAIN", "CAMPAIGN_UID", "UNSUB", "FORWARD",
    "UPDATE_PROFILE", "ARCHIVE", "ARCHIVE_LINK_SHORT", "CURRENT_YEAR", "CURRENT_MONTH", "CURRENT_DAY",
    "CURRENT_MONTHNAME", "CURRENT_DAYNAME", "ABOUT_LIST", "REWARDS", "REWARDS_TEXT", "OPTIN_DATE",
    "OPTIN_TIME", "OPTIN_IP", "MEMBER_RATING", "CONFIRM_DATE", "LAST_CHANGED", "SUBJECT",
})  # fmt: skip
_MAILCHIMP_PREFIXES = (
    "MC:", "MC_", "LIST", "DATE:", "USER:", "HTML:", "IF:", "IFNOT:", "ELSE", "END:", "INTERESTED:",
    "GROUP", "RSS", "FEED", "TWITTER:", "FACEBOOK:", "SOCIAL:", "SHARE:", "SURVEY", "POLL:", "TRANSLATE:",
    "COUPON", "PROMO", "CART", "ORDER", "PRODUCT", "STORE", "BRAND:", "PROFILE", "YOUTUBE:", "VIMEO:",
    "EVENT", "MERGE",
)  # fmt: skip
# Prefixes that change how a field is written: *|UPPER:FNAME|*.
_FORMATS = ("UPPER:", "LOWER:", "TITLE:", "URL:")


def tags_in(*texts: str) -> list[str]:
    """The merge tags that occur in these texts, each once, in order."""
    return list(dict.fromkeys(tag for text in texts for tag in _TAG.findall(text)))


def unknown_tags(tags: Iterable[str], fields: Iterable[AudienceField]) -> list[str]:
    """Those of some merge tags that neither the audience nor MailChimp fills in.

    Recipients see nothing in their place, or the tag itself.
    """
    known = {field.tag for field in fields}
    return [tag for tag in tags if not _is_known(tag, known)]


def render(text: str, values: Mapping[str, str], *, html: bool = True) -> str:
    """Inserts the values of a person into a mail, for the preview.

    Args:
        text: The subject or the HTML of a mail.
        values: {tag: text}; other tags, whose values only MailChimp knows, are kept.
        html: Whether the values must be escaped.
    """

    def value(match: re.Match[str]) -> str:
        tag = match[1]
        if tag in values:
            return escape(values[tag]) if html else values[tag]
        return "#" if tag in _URL_TAGS else match[0]

    return _TAG.sub(value, text)


def _is_known(tag: str, known: set[str]) -> bool:
    field = next((tag.removeprefix(prefix) for prefix in _FORMATS if tag.startswith(prefix)), tag)
    name = field.split(":")[0].split("=")[0].strip()
    return name in known or tag in _MAILCHIMP_TAGS or tag.upper().startswith(_MAILCHIMP_PREFIXES)
