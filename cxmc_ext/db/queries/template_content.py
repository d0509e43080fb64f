"""Queries on the stored content of templates."""

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from cxmc_ext.db.models.template_content import TemplateContent
from cxmc_ext.db.statements import execute_rowcount
from cxmc_ext.domain.rules.merge_tags import tags_in


def get_html(session: Session, account_id: int, template_id: int) -> tuple[str, int] | None:
    """(HTML, when it was read); None when it was never read."""
    statement = select(TemplateContent.html, TemplateContent.read_at).where(
        TemplateContent.account_id == account_id, TemplateContent.template_id == template_id
    )
    row = session.execute(statement).one_or_none()
    return (row[0], row[1]) if row else None


def read_at(session: Session, account_id: int, template_id: int) -> int | None:
    """When the content was read, without loading it."""
    statement = select(TemplateContent.read_at).where(
        TemplateContent.account_id == account_id, TemplateContent.template_id == template_id
    )
    return session.execute(statement).scalar_one_or_none()


def tags(session: Session, account_id: int, template_id: int) -> list[str]:
    """The merge tags in the content, without loading it; none if it was never read."""
    statement = select(TemplateContent.tags).where(
        TemplateContent.account_id == account_id, TemplateContent.template_id == template_id
    )
    return session.execute(statement).scalar_one_or_none() or []


def store(session: Session, account_id: int, template_id: int, html: str, at: int) -> None:
    """Stores the content, replacing what was read before. The caller commits."""
    mine = (TemplateContent.account_id == account_id) & (TemplateContent.template_id == template_id)
    values = {"html": html, "tags": tags_in(html), "read_at": at}
    if not execute_rowcount(session, update(TemplateContent).where(mine).values(values)):
        session.add(TemplateContent(account_id=account_id, template_id=template_id, **values))
