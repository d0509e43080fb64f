"""How a step says that the operation does not go on: it ends here, or the step is tried again later."""

from cxmc_ext.domain.campaigns import MailingState
from cxmc_ext.domain.errors import CxmcError
from cxmc_ext.domain.operations import OperationState
from cxmc_ext.domain.problems import Problem


class StopOperation(CxmcError):
    """The operation ends.

    Args:
        state: The final state of the operation.
        *problems: Why, for the user.
        mailing_state: The state of the mailing, instead of the one that follows from `state`, see `outcomes`.
    """

    def __init__(
        self,
        state: OperationState,
        *problems: Problem,
        mailing_state: MailingState | None = None,
    ) -> None:
        super().__init__(f"{state}: {', '.join(problem.code for problem in problems)}")
        self.state = state
        self.problems = problems
        self.mailing_state = mailing_state


class RetryLater(CxmcError):
    """Nothing is wrong, but it is too early to go on.

    Args:
        delay: Seconds until the same step is tried again.
        problem: What the user is shown meanwhile.
    """

    def __init__(self, delay: float, problem: Problem) -> None:
        super().__init__(f"{problem.code} for {delay:.0f} s")
        self.delay = delay
        self.problem = problem


def not_ready(code: str, detail: str = "", **values: str) -> StopOperation:
    """For the user to correct something; then “Check again”."""
    return StopOperation(OperationState.NOT_READY, Problem(code, detail, values))


def needs_attention(code: str, detail: str = "", **values: str) -> StopOperation:
    """For a person to find out what happened, usually in MailChimp."""
    return StopOperation(OperationState.ATTENTION, Problem(code, detail, values))


def sending_was_stopped() -> StopOperation:
    """An administrator stopped all sending before MailChimp was asked to send."""
    return StopOperation(OperationState.CANCELLED, Problem("sending_was_stopped"))


def failed(code: str, detail: str = "", **values: str) -> StopOperation:
    """For operations on the account, and others that leave the mailing as it is."""
    return StopOperation(OperationState.FAILED, Problem(code, detail, values))
