"""A Host that raises while a worker needs it: the tab says so, and the work goes on once it does not."""

from contextlib import suppress

import pytest

from cxmc_ext.testing import MemoryHost
from tests.support.raising_host import HOST_METHODS, SECRET, break_method
from tests.support.recruiter import Recruiter

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("frozen_clock")]


@pytest.mark.parametrize("method", HOST_METHODS)
def test_a_send_waits_with_a_message_and_mails_once(
    recruiter: Recruiter, host: MemoryHost, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    recruiter.add("anna@kandidaten.example")
    sent = recruiter.send()
    with monkeypatch.context() as patch:
        break_method(patch, host, method)
        with suppress(RuntimeError):  # rq logs it, and takes the next job
            recruiter.run_once(sent)
        operation = recruiter.operation(sent)
        codes = [problem["code"] for problem in operation.problems or ()]
        assert operation.state == "done" or codes == ["waiting_error"], operation.problems
        assert SECRET not in str(operation.problems)
    recruiter.skip_pauses()
    recruiter.run_workers()
    assert recruiter.operation(sent).state == "done"
    assert recruiter.mailed_addresses == ["anna@kandidaten.example"]
