"""How a step says that it does not simply go on: it ends the operation, or waits."""

from cxmc_ext.domain.campaigns import MailingState
from cxmc_ext.domain.errors import CxmcError, MailChimpError
from cxmc_ext.domain.operations import OperationState
from cxmc_ext.domain.problems import Problem


class StopOperation(CxmcError):
    """The operation ends here. `mailing` overrules what its state makes of the mailing."""

    def __init__(
        self, state: OperationState, *whys: Problem, mailing: MailingState | None = None
    ) -> None:
        super().__init__(f"{state}: {', '.join(why.code for why in whys)}")
        self.state = state
        self.problems = whys
        self.mailing_state = mailing


class RetryLater(CxmcError):
    """Nothing is wrong, but it is too early to go on; the same step again after `delay` seconds."""

    def __init__(self, delay: float, why: Problem) -> None:
        super().__init__(f"{why.code} for {delay:.0f} s")
        self.delay = delay
        self.problem = why


def not_ready(code: str, detail: str = "", **values: str) -> StopOperation:
    return StopOperation(OperationState.NOT_READY, Problem(code, detail, values))


def needs_attention(code: str, detail: str = "", **values: str) -> StopOperation:
    return StopOperation(OperationState.ATTENTION, Problem(code, detail, values))


def failed(code: str, detail: str = "", **values: str) -> StopOperation:
    return StopOperation(OperationState.FAILED, Problem(code, detail, values))


def error_text(error: MailChimpError) -> str:
    """Title or detail, and what it says of single fields."""
    fields = "; ".join(f"{name}: {text}" if name else text for name, text in error.fields)
    return " ".join(part for part in (error.detail or error.title, fields) if part)
