"""The mail that was sent, as one recipient got it."""

from dataclasses import dataclass

from cxmc_ext.db.queries import sent_mail
from cxmc_ext.db.queries.tab import CampaignRows
from cxmc_ext.domain.rules.merge_tags import render
from cxmc_ext.services import Services
from cxmc_ext.usecases.screens.mail_tags import written_fields_of
from cxmc_ext.usecases.screens.models import account_of


@dataclass(frozen=True, slots=True)
class SentMailScreen:
    """The mail of one recipient."""

    recipient_id: int
    person_name: str
    """"" for a person who was erased."""
    address: str
    subject: str
    from_name: str
    from_email: str
    sent_at: int | None
    read_at: int


def build_sent_mail(
    services: Services, rows: CampaignRows, recipient_id: int
) -> SentMailScreen | None:
    """Builds the page of a sent mail.

    Args:
        services: The services of the account.
        rows: The campaign's rows (`tab.load_rows`).
        recipient_id: The recipient; 0 for the first one.

    Returns:
        The page; None if the mail is not kept, or was not mailed to this recipient.
    """
    mailing = rows.mailing
    if mailing is None or mailing.mail_read_at is None:
        return None
    person = sent_mail.mailed_person(services.session(), mailing.id, recipient_id)
    if person is None:
        return None
    return SentMailScreen(
        recipient_id=person.id,
        person_name=person.name,
        address=person.address,
        subject=render(mailing.subject, _values(rows, person), html=False),
        from_name=mailing.from_name,
        from_email=mailing.from_email,
        sent_at=mailing.sent_at,
        read_at=mailing.mail_read_at,
    )


def rendered_mail(services: Services, rows: CampaignRows, recipient_id: int) -> str | None:
    """Renders the mail with the values it had for one recipient; of an erased person they are gone.

    Args:
        services: The services of the account.
        rows: The campaign's rows (`tab.load_rows`).
        recipient_id: The recipient; 0 for the first one.

    Returns:
        Untrusted HTML, to be shown in a sandbox only; None as for `build_sent_mail`.
    """
    mailing = rows.mailing
    if mailing is None or mailing.mail_read_at is None:
        return None
    session = services.session()
    html = sent_mail.get_html(session, mailing.id)
    person = sent_mail.mailed_person(session, mailing.id, recipient_id)
    return None if html is None or person is None else render(html, _values(rows, person))


def _values(rows: CampaignRows, person: sent_mail.MailedPerson) -> dict[str, str]:
    """The values as frozen; where there is none, MailChimp wrote the default of the field."""
    known = {str(tag): str(text) for tag, text in (person.merge_values or {}).items() if text}
    defaults = {field.tag: field.fallback for field in written_fields_of(account_of(rows))}
    return {**defaults, **known, "EMAIL": person.address}
