"""A pressed and claimed send, whose steps a benchmark runs one by one."""

import secrets
import time

from benchmarks.crm import account_id
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.operation import Operation
from cxmc_ext.services import Services
from cxmc_ext.usecases.operations.context import AnyContext
from cxmc_ext.usecases.worker import runner


def press_send(services: Services, campaign_ref: str) -> Operation:
    """Create a mailing of a campaign with an operation that sends it."""
    session, account = services.session(), account_id(services)
    now, token = int(time.time()), secrets.token_hex(8)
    mailing = Mailing(account_id=account, campaign_ref=campaign_ref, state="preparing")
    session.add(mailing)
    session.flush()
    operation = Operation(
        account_id=account, mailing_id=mailing.id, kind="send", scope=f"mailing:{mailing.id}",
        nonce=token, title_token=token, created_at=now, deadline=now + 36_000,
        remote_account_id="bench",
    )  # fmt: skip
    session.add(operation)
    session.commit()
    return operation


def claim_send(services: Services, campaign_ref: str) -> AnyContext:
    """The same, and claim the operation."""
    context = runner.claim(services, press_send(services, campaign_ref).id)
    assert context is not None
    context.session.commit()
    return context
