"""“Send test” and “Preview”: the asking side. What happens then: steps_trial."""

from sqlalchemy.orm import Session

from cxmc_ext.db.queries import mailings
from cxmc_ext.domain.campaigns import MailingState, SendOrder
from cxmc_ext.domain.errors import Invalid
from cxmc_ext.domain.json_types import Json
from cxmc_ext.domain.operations import OperationKind, Press
from cxmc_ext.domain.problems import Problem
from cxmc_ext.domain.rules.send_form import order_problems, template_problem
from cxmc_ext.domain.rules.test_addresses import parse_test_addresses
from cxmc_ext.services import Services
from cxmc_ext.usecases.operations.requests import Begin, OperationRequest, connected_account, submit
from cxmc_ext.usecases.sending.requests import find_mailing

_FREE = (MailingState.NONE,)


def test_mail_scope(mailing_id: int) -> str:
    return f"test:{mailing_id}"


def preview_scope(account_id: int, template_id: int) -> str:
    return f"preview:{account_id}:{template_id}"


def request_test_mail(services: Services, press: Press, order: SendOrder, typed: str) -> int:
    """Mails the form as it stands to the typed addresses; the form keeps its values.

    :param typed: up to five addresses with commas, semicolons or blanks between them.
    :raises Invalid: per field of the form; test_to: the addresses.
    :raises Conflict: not_active, no_key, key_refused, campaign_gone, already_created or busy.
    """
    session = services.session()
    account = connected_account(services)
    mailing = find_mailing(services, session, account, press)
    addresses = parse_test_addresses(typed)
    trouble = order_problems(order, account.templates, services.clock())
    if isinstance(addresses, Problem):
        raise Invalid({**trouble, "test_to": addresses})
    if trouble:
        raise Invalid(trouble)
    payload: dict[str, Json] = {
        "title": mailing.campaign_title,
        "template": order.template_id,
        "subject": order.subject,
        "from_name": order.from_name,
        "from_email": order.from_email,
        "addresses": list(addresses),
        "count": len(addresses),
    }
    request = OperationRequest(
        press, OperationKind.TEST_MAIL, test_mail_scope(mailing.id), payload=payload
    )
    return submit(services, request, _save_form(mailing.id, order))


def request_preview(services: Services, press: Press, template_id: int) -> int:
    """Reads what the template holds, for everybody who previews it.

    :raises Invalid: template_id.
    :raises Conflict: not_active, no_key, key_refused, campaign_gone or busy.
    """
    session = services.session()
    account = connected_account(services)
    mailing = find_mailing(services, session, account, press)
    trouble = template_problem(template_id, account.templates)
    if trouble:
        raise Invalid({"template_id": trouble})
    payload: dict[str, Json] = {"title": mailing.campaign_title, "template": template_id}
    scope = preview_scope(account.id, template_id)
    return submit(services, OperationRequest(press, OperationKind.PREVIEW, scope, payload=payload))


def save_form(services: Services, press: Press, order: SendOrder) -> None:
    """What stands in the form outlives a look at the preview, however unfinished it is.

    :raises Conflict: not_active, no_key, key_refused or campaign_gone.
    """
    session = services.session()
    account = connected_account(services)
    mailing = find_mailing(services, session, account, press)
    mailings.update_if_state(session, mailing.id, _FREE, **_values(order))
    session.commit()


def _save_form(mailing_id: int, order: SendOrder) -> Begin:
    def begin(session: Session) -> Problem | None:
        kept = mailings.update_if_state(session, mailing_id, _FREE, **_values(order))
        return None if kept else Problem("already_created")

    return begin


def _values(order: SendOrder) -> dict[str, str | int | None]:
    return {
        "subject": order.subject[:300],
        "from_name": order.from_name[:200],
        "from_email": order.from_email[:254],
        "template_id": order.template_id or None,
    }
