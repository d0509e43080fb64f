"""The steps of a send up to the filled segment: freeze, read members, push, segment."""

import secrets
import time
from collections.abc import Callable
from typing import Any

from benchmarks.crm import account_id, campaign
from cxmc_ext.db.models import Mailing, Operation
from cxmc_ext.services import Services
from cxmc_ext.usecases import operations, steps_audience, steps_people, steps_segment

_STEPS: tuple[Callable[[Any], Any], ...] = (
    steps_people.freeze_recipients,
    steps_audience.check_existing_members,
    steps_audience.subscribe_new,
    steps_segment.build_segment,
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
    claimed = operations.claim(services, operation.id)  # the steps alone, without the draft
    assert claimed is not None
    for step in _STEPS:
        claimed.commit(step=step.__name__)
        step(claimed)
