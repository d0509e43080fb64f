"""Saves the form of a campaign while it is filled in, and finds what was filled in."""

import json
from collections.abc import Mapping

from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.queries import form_drafts
from cxmc_ext.domain.campaigns import MailingState
from cxmc_ext.domain.errors import Conflict, Invalid
from cxmc_ext.domain.form_drafts import FormDraft
from cxmc_ext.domain.operations import Press
from cxmc_ext.domain.people import User
from cxmc_ext.domain.problems import Problem
from cxmc_ext.domain.rules.schedule_times import format_time
from cxmc_ext.services import Services
from cxmc_ext.usecases.operations.requests import active_account
from cxmc_ext.usecases.sending.requests import find_mailing


def save_draft(
    services: Services,
    press: Press,
    values: Mapping[str, str],
    *,
    known_version: int | None = None,
) -> None:
    """Saves what was typed in the form, however incomplete. Commits.

    A draft that another window or user saved in the meantime is not overwritten.

    Args:
        services: The services of the account.
        press: Who saves, on which campaign; its nonce identifies the window.
        values: The text of each field, by name.
        known_version: The version of the draft that the window has seen; None overwrites any.

    Raises:
        Invalid: draft: another window or user has saved something else in the meantime.
        Conflict: not_active, campaign_gone, or already_created.
    """
    session = services.session()
    mailing = find_mailing(services, session, active_account(services), press)
    draft = FormDraft(
        dict(values), press.nonce, services.clock(), press.actor.id, press.actor.name[:200]
    )
    while not _save(services, mailing, draft, known_version):
        session.rollback()
        session.refresh(mailing)
        if mailing.state != MailingState.NONE:
            raise Conflict(Problem("already_created"))
    session.commit()


def find_draft(mailing: Mailing | None) -> FormDraft | None:
    """The draft of a campaign's form; None if nothing is saved."""
    return FormDraft.from_json(mailing.form_draft) if mailing else None


def saved_values(mailing: Mailing | None, user: User | None = None) -> Mapping[str, str]:
    """What the form of a campaign contains: its draft, else what was sent or scheduled last.

    Args:
        mailing: The mailing, if there is one.
        user: Whose form it is. The addresses of a test mail are only shown to who typed them.
    """
    if mailing is None:
        return {}
    draft = FormDraft.from_json(mailing.form_draft)
    if draft is not None:
        is_own = user is not None and draft.saved_by == user.id
        return {name: text for name, text in draft.values.items() if is_own or name != "test_to"}
    if not (mailing.subject or mailing.template_id):
        return {}
    return {
        "subject": mailing.subject,
        "preview_text": mailing.preview_text,
        "from_name": mailing.from_name,
        "from_email": mailing.from_email,
        "template_id": str(mailing.template_id or ""),
        "send_anyway": "yes" if mailing.ignores_frequency_cap else "",
        "regions": json.dumps(mailing.regions) if mailing.regions else "",
        "blocks": json.dumps(mailing.blocks) if mailing.blocks else "",
        "regions_of": str(mailing.template_id or ""),
    }


def _save(
    services: Services, mailing: Mailing, draft: FormDraft, known_version: int | None
) -> bool:
    """False if the row has changed since it was read."""
    stored, version = FormDraft.from_json(mailing.form_draft), mailing.form_draft_version
    is_known = known_version in {None, version} or stored is None or stored.window == draft.window
    if stored is not None and stored.values == draft.values:
        return mailing.state == MailingState.NONE
    if stored is not None and not is_known:
        raise Invalid({"draft": _changed_problem(services, stored, draft)})
    return form_drafts.save(services.session(), mailing.id, version, draft.to_json())


def _changed_problem(services: Services, stored: FormDraft, draft: FormDraft) -> Problem:
    is_same_user = stored.saved_by == draft.saved_by
    time = format_time(stored.saved_at, services.settings.zone)
    values = {"name": stored.saved_by_name, "time": time}
    return Problem("draft_changed_by_you" if is_same_user else "draft_changed", values=values)
