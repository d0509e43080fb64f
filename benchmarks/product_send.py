"""Runs a whole send, as a worker does after the press: from the freeze to the campaign that is sent."""

import secrets
import sys

from benchmarks.claimed_send import press_send
from benchmarks.crm import campaign
from cxmc_ext.db.queries import mailings
from cxmc_ext.services import Services
from cxmc_ext.usecases.worker import runner


def run(services: Services) -> None:
    operation = press_send(services, f"{campaign()} {secrets.token_hex(8)}")
    mailing_id = operation.mailing_id or 0
    runner.run(services, operation.id)
    mailing = mailings.get(services.session(), mailing_id)
    if mailing.state != "sent":
        sys.exit(f"not sent, but {mailing.state}: {mailing.problems}")
