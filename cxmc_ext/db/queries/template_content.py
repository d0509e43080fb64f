"""Queries on the stored content of templates, by the key of the edited regions (`rules.regions.key_of`)."""

from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, delete, select, update
from sqlalchemy.orm import Session

from cxmc_ext.db.models.template_content import TemplateContent
from cxmc_ext.db.statements import execute_rowcount
from cxmc_ext.domain.ports.mailchimp_content import NO_REGIONS
from cxmc_ext.domain.rules.merge_tags import tags_in
from cxmc_ext.domain.rules.regions import fingerprint, key_of

# Content with edited regions is kept this long after it was read.
_KEEP_EDITED = 30 * 86400


class ContentFacts(NamedTuple):
    """What is known of a content, without its HTML."""

    read_at: int
    tags: list[str]
    regions: dict[str, str]
    fingerprint: str


def get_html(
    session: Session, account_id: int, template_id: int, key: str = ""
) -> tuple[str, int] | None:
    """(HTML, when it was read); None when it was never read."""
    statement = select(TemplateContent.html, TemplateContent.read_at).where(
        _is(account_id, template_id, key)
    )
    row = session.execute(statement).one_or_none()
    return (row[0], row[1]) if row else None


def facts(
    session: Session, account_id: int, template_id: int, key: str = ""
) -> ContentFacts | None:
    """What is known of a content, without loading it; None when it was never read."""
    statement = select(
        TemplateContent.read_at,
        TemplateContent.tags,
        TemplateContent.regions,
        TemplateContent.fingerprint,
    ).where(_is(account_id, template_id, key))
    row = session.execute(statement).one_or_none()
    return ContentFacts(row[0], row[1], row[2], row[3]) if row else None


def store(
    session: Session,
    account_id: int,
    template_id: int,
    html: str,
    at: int,
    regions: Mapping[str, str] = NO_REGIONS,
    edited: Mapping[str, str] = NO_REGIONS,
) -> None:
    """Stores the content, replacing what was read before. The caller commits.

    Args:
        session: The database session.
        account_id: The account.
        template_id: The template.
        html: The content.
        at: When it was read.
        regions: The template's own regions.
        edited: The edited regions that the content contains.
    """
    key = key_of(edited)
    values = {
        "html": html,
        "regions": dict(regions),
        "fingerprint": fingerprint(html),
        "tags": tags_in(html),
        "read_at": at,
    }
    mine = _is(account_id, template_id, key)
    if not execute_rowcount(session, update(TemplateContent).where(mine).values(values)):
        row = TemplateContent(
            account_id=account_id, template_id=template_id, regions_key=key, **values
        )
        session.add(row)
    is_outdated = and_(
        TemplateContent.account_id == account_id,
        TemplateContent.regions_key != "",
        TemplateContent.read_at < at - _KEEP_EDITED,
    )
    session.execute(delete(TemplateContent).where(is_outdated))


def _is(account_id: int, template_id: int, key: str) -> ColumnElement[bool]:
    return and_(
        TemplateContent.account_id == account_id,
        TemplateContent.template_id == template_id,
        TemplateContent.regions_key == key,
    )
