"""What becomes of an operation after an error, and of one on a scheduled campaign in particular."""

from dataclasses import dataclass, replace

from cxmc_ext.domain.campaigns import MailingState
from cxmc_ext.domain.errors import CxmcError, KeyRefused
from cxmc_ext.domain.operations import OperationKind, OperationState
from cxmc_ext.domain.problems import Problem
from cxmc_ext.usecases.operations.context import AnyContext

# Seconds at most before another attempt.
MAX_DELAY = 60


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of an operation: a final state, or another attempt of the same step after `delay`."""

    problems: tuple[Problem, ...]
    state: OperationState | None = None
    delay: float = 0.0
    mailing_state: MailingState | None = None
    """Overrides what the final state makes of the mailing."""


def again_while_scheduled(context: AnyContext, outcome: Outcome, error: CxmcError) -> Outcome:
    """Another attempt for a late opt-out check that MailChimp refuses, until its deadline.

    A refusal can be a passing fault (observed 2026-11), and without the check MailChimp mails whoever left.
    """
    is_final = isinstance(error, KeyRefused) or context.now >= context.operation.deadline
    if context.operation.kind != OperationKind.LATE_OPT_OUT_CHECK or is_final:
        return outcome
    mailing = context.mailing  # without a send intent it was unscheduled already
    if mailing.state != MailingState.SCHEDULED or mailing.send_intent_at is None:
        return outcome
    return Outcome(outcome.problems, delay=MAX_DELAY)


def still_scheduled(context: AnyContext, outcome: Outcome) -> Outcome:
    """Until “Change time” has unscheduled a campaign, whatever stops it leaves the old time as it is."""
    if outcome.state is None or context.mailing.state != MailingState.SCHEDULED:
        return outcome
    return replace(outcome, state=OperationState.FAILED, mailing_state=MailingState.SCHEDULED)
