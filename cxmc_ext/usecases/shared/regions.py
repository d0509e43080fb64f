"""The editable regions of a template: which of them a form has changed."""

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy.orm import Session

from cxmc_ext.db.queries import template_content
from cxmc_ext.domain.campaigns import SendOrder
from cxmc_ext.domain.rules.regions import clean_region, key_of, missing_regions


def with_edited_regions(session: Session, account_id: int, order: SendOrder) -> SendOrder:
    """Keeps only the regions of an order that differ from the template's own.

    The others are not sent to MailChimp, so that the template's own HTML stays as it is.
    """
    edited = edited_regions(session, account_id, order.template_id, order.regions)
    return replace(order, regions=edited)


def edited_regions(
    session: Session, account_id: int, template_id: int, typed: Mapping[str, str]
) -> dict[str, str]:
    """The typed regions that differ from the template's own; unknown names are left out."""
    content = template_content.facts(session, account_id, template_id) if typed else None
    return changed_regions(typed, content.regions if content else {})


def changed_regions(typed: Mapping[str, str], defaults: Mapping[str, str]) -> dict[str, str]:
    """The same, given the template's own regions."""
    return {
        name: html
        for name, html in typed.items()
        if name in defaults and _as_shown(html) != _as_shown(clean_region(defaults[name]))
    }


def ignored_regions(
    session: Session, account_id: int, template_id: int, regions: Mapping[str, str], html: str
) -> list[str]:
    """The regions that MailChimp has not put into a mail.

    Args:
        session: The database session.
        account_id: The account.
        template_id: The template.
        regions: The edited regions.
        html: The mail.
    """
    if not regions:
        return []
    own = template_content.get_html(session, account_id, template_id)
    content = template_content.facts(session, account_id, template_id)
    return missing_regions(regions, html, own[0] if own else "", content.regions if content else {})


def previewed_fingerprint(
    session: Session, account_id: int, order: SendOrder, edited_at: int
) -> str:
    """The fingerprint of the mail that the preview shows now; "" if it shows none.

    Args:
        session: The database session.
        account_id: The account.
        order: What is sent, with `with_edited_regions`.
        edited_at: When the template was last edited, as far as we know.
    """
    key = key_of(order.regions)
    content = template_content.facts(session, account_id, order.template_id, key)
    return content.fingerprint if content and content.read_at >= edited_at else ""


def _as_shown(html: str) -> str:
    """A browser sends line breaks as two characters and drops the first one of a text area."""
    return html.replace("\r\n", "\n").strip()
