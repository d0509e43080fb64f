"""“Delete campaign” and “Unschedule”: the asking side. What happens then: steps_remove."""

from collections.abc import Collection

from sqlalchemy.orm import Session

from cxmc_ext.db.queries import mailings
from cxmc_ext.domain.values import MailingState, OperationKind, User, Why
from cxmc_ext.services import Services
from cxmc_ext.usecases.ask import Begin, Request, active_account, ask, mailing_scope
from cxmc_ext.usecases.send import find_mailing

_DELETABLE = (
    MailingState.NOT_READY,
    MailingState.ATTENTION,
    MailingState.SCHEDULED,
    MailingState.IN_MAILCHIMP,
)
_SENT = (MailingState.SENDING_INTENT, MailingState.SENDING, MailingState.SENT)


def request_delete(services: Services, actor: User, nonce: str, campaign_ref: str) -> int:
    """Removes the MailChimp campaign and its segment; the form is free again.

    :raises Conflict: already_sent, nothing_to_delete, not_active, campaign_gone or busy.
    """
    return remove(
        services,
        actor,
        nonce,
        campaign_ref,
        OperationKind.DELETE,
        _DELETABLE,
        Why("nothing_to_delete"),
    )


def remove(
    services: Services,
    actor: User,
    nonce: str,
    campaign_ref: str,
    kind: OperationKind,
    states: Collection[MailingState],
    refusal: Why,
) -> int:
    """Asks for a removal from one of these states. The mailing keeps its state until it is gone."""
    session = services.session()
    account = active_account(services)
    mailing = find_mailing(services, session, account, actor, campaign_ref)
    request = Request(actor, nonce, kind, mailing_scope(mailing.id), mailing.id)
    return ask(services, request, _begin(mailing.id, states, refusal))


def _begin(mailing_id: int, states: Collection[MailingState], refusal: Why) -> Begin:
    def begin(session: Session) -> Why | None:
        state = mailings.held(session, mailing_id).state
        if state in states:
            return None
        return Why("already_sent") if state in _SENT else refusal

    return begin
