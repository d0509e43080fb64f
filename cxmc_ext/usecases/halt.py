"""How a step says that it does not simply go on: it ends the operation, or waits."""

from cxmc_ext.domain.errors import CxmcError
from cxmc_ext.domain.values import MailingState, OperationState, Why


class Halt(CxmcError):
    """The operation ends here. `mailing` overrules what its state makes of the mailing."""

    def __init__(
        self, state: OperationState, *whys: Why, mailing: MailingState | None = None
    ) -> None:
        super().__init__(f"{state}: {', '.join(why.code for why in whys)}")
        self.state = state
        self.whys = whys
        self.mailing = mailing


class Pause(CxmcError):
    """Nothing is wrong, but it is too early to go on; the same step again after `delay` seconds."""

    def __init__(self, delay: float, why: Why) -> None:
        super().__init__(f"{why.code} for {delay:.0f} s")
        self.delay = delay
        self.why = why


def not_ready(code: str, detail: str = "", **values: str) -> Halt:
    return Halt(OperationState.NOT_READY, Why(code, detail, values))


def attention(code: str, detail: str = "", **values: str) -> Halt:
    return Halt(OperationState.ATTENTION, Why(code, detail, values))


def failed(code: str, detail: str = "", **values: str) -> Halt:
    return Halt(OperationState.FAILED, Why(code, detail, values))
