"""Runs the steps of a send up to the filled segment: freeze, check members, subscribe, segment."""

import secrets
import time
from collections.abc import Callable
from typing import Any

from benchmarks.crm import account_id, campaign
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.operation import Operation
from cxmc_ext.services import Services
from cxmc_ext.usecases.sending import audience as audience_steps
from cxmc_ext.usecases.sending import recipients as recipient_steps
from cxmc_ext.usecases.sending import segment as segment_steps
from cxmc_ext.usecases.worker import runner

_STEPS: tuple[Callable[[Any], Any], ...] = (
    recipient_steps.freeze_recipients,
    audience_steps.check_existing_members,
    audience_steps.subscribe_new,
    segment_steps.build_segment,
)


def run(services: Services) -> None:
    session = services.session()
    account = account_id(services)
    now, token = int(time.time()), secrets.token_hex(8)
    mailing = Mailing(account_id=account, campaign_ref=f"{campaign()} {token}", state="preparing")
    session.add(mailing)
    session.flush()
    operation = Operation(
        account_id=account, mailing_id=mailing.id, kind="send", scope=f"mailing:{mailing.id}",
        nonce=token, title_token=token, created_at=now, deadline=now + 36_000,
    )  # fmt: skip
    session.add(operation)
    session.commit()
    context = runner.claim(services, operation.id)
    assert context is not None
    for step in _STEPS:
        context.commit(step=step.__name__)
        step(context)
