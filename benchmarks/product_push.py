"""Runs the steps of a send up to the filled segment: freeze, check members, subscribe, segment."""

import secrets

from benchmarks.claimed_send import claim_send
from benchmarks.crm import campaign
from cxmc_ext.domain.operations import OperationKind
from cxmc_ext.services import Services
from cxmc_ext.usecases.worker.step_tables import STEPS

STEP_NAMES = ("freeze", "existing_members", "subscribe_new", "segment")


def run(services: Services) -> None:
    context = claim_send(services, f"{campaign()} {secrets.token_hex(8)}")
    for name in STEP_NAMES:
        context.commit(step=name)
        STEPS[OperationKind.SEND][name](context)
